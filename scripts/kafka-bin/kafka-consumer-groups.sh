#!/usr/bin/env bash
# Kafka's kafka-consumer-groups.sh on `headwater group`, so that scripts that call it run without Java.
set -euo pipefail
option_bootstrap_server=() option_group=() option_topic=() option_all_topics=() option_execute=() option_dry_run=() option_offsets=()
option_to_offset=() option_to_datetime=() option_shift_by=() option_by_duration=() option_from_file=() option_to_earliest=() option_to_latest=()
option_to_current=()
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "list describe reset-offsets" \
    "bootstrap-server group topic to-offset to-datetime shift-by by-duration from-file" \
    "all-topics execute dry-run offsets to-earliest to-latest to-current" "$@"

need_group() { [ ${#option_group[@]} -ge 1 ] || stop "--$action needs --group"; }

case "$action" in
    list) call group list ;;
    describe)
        need_group
        call group describe "${option_group[@]}"
        ;;
    reset-offsets)
        need_group
        where=()
        for topic in "${option_topic[@]}"; do where+=(--topic "$topic"); done
        [ ${#option_all_topics[@]} -eq 0 ] || where+=(--all-topics)
        for name in to-earliest to-latest to-current; do
            variable="option_${name//-/_}"
            [ -z "${!variable:-}" ] || where+=("--$name")
        done
        for name in to-offset to-datetime shift-by by-duration from-file; do
            variable="option_${name//-/_}"
            [ -z "${!variable:-}" ] || where+=("--$name" "${!variable}")
        done
        call group reset "${option_group[0]}" "${where[@]}" ${option_execute[0]:+--execute}
        ;;
esac
