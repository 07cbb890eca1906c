#!/usr/bin/env bash
# Kafka's kafka-configs.sh for topics on `headwater config`, so that scripts that call it run without Java.
set -euo pipefail
option_bootstrap_server=() option_entity_type=() option_entity_name=() option_topic=() option_add_config=() option_delete_config=() option_all=()
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "describe alter" "bootstrap-server entity-type entity-name topic add-config delete-config" "all" "$@"

topic="${option_topic[0]:-${option_entity_name[0]:-}}"
case "${option_entity_type[0]:-topics}" in
    topics) [ -n "$topic" ] || stop "--entity-name is needed" ;;
    *) stop "--entity-type ${option_entity_type[0]}: only topics are configured here" ;;
esac

# `a=1,b=[2,3]` as lines a=1 and b=2,3: a comma within brackets belongs to the value.
entries() {
    local text=$1 entry="" depth=0 index letter
    for ((index = 0; index < ${#text}; index++)); do
        letter=${text:index:1}
        case "$letter" in
            '[') depth=1 ;;
            ']') depth=0 ;;
            ',') if [ "$depth" = 0 ]; then printf '%s\n' "$entry"; entry=""; else entry+=$letter; fi ;;
            *) entry+=$letter ;;
        esac
    done
    [ -z "$entry" ] || printf '%s\n' "$entry"
}

case "$action" in
    describe) call config describe "$topic" ${option_all[0]:+--all} ;;
    alter)
        changes=()
        for list in "${option_add_config[@]}"; do
            while read -r entry; do changes+=(--set "$entry"); done < <(entries "$list")
        done
        for list in "${option_delete_config[@]}"; do
            while read -r entry; do changes+=(--unset "$entry"); done < <(entries "$list")
        done
        [ ${#changes[@]} -gt 0 ] || stop "--alter needs --add-config or --delete-config"
        call config alter "$topic" "${changes[@]}" >/dev/null
        echo "Completed updating config for topic $topic."
        ;;
esac
