#!/usr/bin/env bash
# Kafka's kafka-configs.sh for topics, brokers and groups on `headwater config`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "describe alter" "bootstrap-server entity-type entity-name topic broker group add-config delete-config command-config" \
    "all entity-default" "" "$@"

type="${option_entity_type[0]:-}" name="${option_entity_name[0]:-}"
for short in topic broker group; do
    variable="option_$short"
    [ -z "${!variable:-}" ] || { type="${short}s"; name=${!variable}; }
done
case "$type" in
    topics) what="topic $name" ;;
    brokers) what="broker $name" ;;
    groups) what="group $name" ;;
    "") stop "--entity-type is needed" ;;
    *) stop "--entity-type $type: only topics, brokers and groups are configured here" ;;
esac
case "$type:$name" in
    topics:?*) of=("$name") ;;
    topics:) [ "$action" = describe ] || stop "--entity-name is needed"; lines_into of call topic list --names --internal ;;
    brokers:?*) of=(--node "$name") ;;
    brokers:) [ -n "${option_entity_default:-}" ] || stop "--entity-name or --entity-default is needed"; of=(--nodes) ;;
    groups:?*) of=(--group "$name") ;;
    *) stop "--entity-name is needed" ;;
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
    describe) [ ${#of[@]} -eq 0 ] || call config describe --kafka "${of[@]}" ${option_all[0]:+--all} ;;
    alter)
        changes=()
        for list in "${option_add_config[@]}"; do
            while read -r entry; do changes+=(--set "$entry"); done < <(entries "$list")
        done
        for list in "${option_delete_config[@]}"; do
            while read -r entry; do changes+=(--unset "$entry"); done < <(entries "$list")
        done
        [ ${#changes[@]} -gt 0 ] || stop "--alter needs --add-config or --delete-config"
        # Kafka's tool sets whatever it is told: nodes keep what they do not know, as it may be a plug-in's.
        [ "$type" != brokers ] || changes+=(--unlisted)
        call config alter "${of[@]}" "${changes[@]}" >/dev/null
        if [ "$what" = "broker " ]; then
            echo "Completed updating default config for brokers in the cluster."
        else
            echo "Completed updating config for $what."
        fi
        ;;
esac
