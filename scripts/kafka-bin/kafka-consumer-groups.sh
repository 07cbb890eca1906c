#!/usr/bin/env bash
# Kafka's kafka-consumer-groups.sh on `headwater group`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "list describe reset-offsets delete delete-offsets" \
    "bootstrap-server group topic to-offset to-datetime shift-by by-duration from-file timeout command-config" \
    "all-groups all-topics execute dry-run offsets members verbose to-earliest to-latest to-current" "state type" "$@"

need_group() { [ ${#option_group[@]} -ge 1 ] || stop "--$action needs --group"; }

# The groups that are meant, as arguments.
groups() { if [ -n "${option_all_groups:-}" ]; then printf '%s\n' --all; else need_group; printf '%s\n' "${option_group[@]}"; fi; }

case "$action" in
    list)
        columns=()
        [ -z "${option_state+x}" ] || columns+=("--state=${option_state[0]}")
        [ -z "${option_type+x}" ] || columns+=("--type=${option_type[0]}")
        call group list --kafka "${columns[@]}"
        ;;
    describe)
        mapfile -t names < <(groups)
        what=()
        [ -z "${option_members:-}" ] || what+=(--members ${option_verbose:+--verbose})
        [ -z "${option_state+x}" ] || what+=(--state)
        call group describe --kafka "${names[@]}" "${what[@]}"
        ;;
    delete)
        mapfile -t names < <(groups)
        [ "${names[0]}" != --all ] || lines_into names call group list --names
        call group delete "${names[@]}" >/dev/null
        quoted=$(printf ", '%s'" "${names[@]}")
        echo "Deletion of requested consumer groups (${quoted#, }) was successful."
        ;;
    delete-offsets)
        need_group
        topics=()
        for topic in "${option_topic[@]}"; do topics+=(--topic "$topic"); done
        call group delete-offsets "${option_group[0]}" "${topics[@]}" >/dev/null
        echo "Request succeeded for deleting offsets from group ${option_group[0]}."
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
        call group reset --kafka "${option_group[0]}" "${where[@]}" ${option_execute[0]:+--execute}
        ;;
esac
