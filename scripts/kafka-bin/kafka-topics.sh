#!/usr/bin/env bash
# Kafka's kafka-topics.sh on `headwater topic`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "create delete list describe alter" "bootstrap-server topic partitions replication-factor config" \
    "if-exists if-not-exists exclude-internal" "" "$@"

need_topic() { [ ${#option_topic[@]} -eq 1 ] || stop "--$action needs one --topic"; }

case "$action" in
    create)
        need_topic
        case "${option_replication_factor[0]:-1}" in
            1 | -1) ;;
            *) echo "Error while executing topic command : Replication factor: ${option_replication_factor[0]} larger than available brokers: 1." >&2; exit 1 ;;
        esac
        settings=()
        for one in "${option_config[@]}"; do settings+=(--config "$one"); done
        call topic create "${option_topic[0]}" ${option_partitions[0]:+--partitions "${option_partitions[0]}"} "${settings[@]}" \
            ${option_if_not_exists[0]:+--if-not-exists} >/dev/null
        echo "Created topic ${option_topic[0]}."
        ;;
    delete)
        need_topic
        call topic delete "${option_topic[0]}" ${option_if_exists[0]:+--if-exists} >/dev/null
        ;;
    alter)
        need_topic
        [ ${#option_partitions[@]} -eq 1 ] || stop "--alter needs --partitions"
        call topic alter "${option_topic[0]}" --partitions "${option_partitions[0]}" >/dev/null
        ;;
    list)
        if [ ${#option_exclude_internal[@]} -gt 0 ]; then call topic list --names; else call topic list --names --internal; fi
        ;;
    describe)
        [ ${#option_topic[@]} -gt 0 ] || { lines_into option_topic call topic list --names --internal; [ ${#option_topic[@]} -gt 0 ] || exit 0; }
        call topic describe --kafka "${option_topic[@]}"
        ;;
esac
