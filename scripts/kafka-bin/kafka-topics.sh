#!/usr/bin/env bash
# Kafka's kafka-topics.sh on `headwater topic`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "create delete list describe alter" "bootstrap-server topic partitions replication-factor config" \
    "if-exists if-not-exists exclude-internal" "" "$@"

need_topic() { [ ${#option_topic[@]} -eq 1 ] || stop "--$action needs one --topic"; }

# The topics there are.
known() { if [ ${#option_exclude_internal[@]} -gt 0 ]; then call topic list --names; else call topic list --names --internal; fi; }

# matching NAME: the topics whose whole name matches; for Kafka it is a regular expression, or several with commas.
matching() {
    local all found status=0
    all=$(known) || exit 1
    found=$(grep -Px -- "(?:${1//,/|})" <<<"$all") || status=$?
    [ "$status" -le 1 ] || exit 1
    [ -z "$found" ] || printf '%s\n' "$found"
}

# is_pattern NAME: it has what no name has. A dot alone is part of a name here.
is_pattern() { [[ "$1" == *[^a-zA-Z0-9._-]* ]]; }

# Puts the topics in the place of patterns. A pattern without any ends the shim: with 0 if --if-exists was given.
expand_topics() {
    local name found all=()
    for name in "${option_topic[@]}"; do
        if is_pattern "$name"; then
            lines_into found matching "$name"
            if [ ${#found[@]} -eq 0 ]; then
                [ ${#option_if_exists[@]} -eq 0 ] || exit 0
                fail_command "Topic '$name' does not exist as expected"
            fi
            all+=("${found[@]}")
        else
            all+=("$name")
        fi
    done
    option_topic=("${all[@]}")
}

fail_command() {
    echo "Error while executing topic command : $*" >&2
    exit 1
}

case "$action" in
    create)
        need_topic
        case "${option_replication_factor[0]:-1}" in
            1 | -1) ;;
            *) fail_command "Replication factor: ${option_replication_factor[0]} larger than available brokers: 1." ;;
        esac
        settings=()
        for one in "${option_config[@]}"; do settings+=(--config "$one"); done
        call topic create "${option_topic[0]}" ${option_partitions[0]:+--partitions "${option_partitions[0]}"} "${settings[@]}" \
            ${option_if_not_exists[0]:+--if-not-exists} >/dev/null
        echo "Created topic ${option_topic[0]}."
        ;;
    delete)
        need_topic
        expand_topics
        call topic delete "${option_topic[@]}" ${option_if_exists[0]:+--if-exists} >/dev/null
        ;;
    alter)
        need_topic
        [ ${#option_partitions[@]} -eq 1 ] || stop "--alter needs --partitions"
        expand_topics
        for topic in "${option_topic[@]}"; do
            lines_into described call topic describe --kafka "$topic"
            now=$(sed -n 's/.*PartitionCount: \([0-9]*\).*/\1/p' <<<"${described[0]}")
            [ "$now" != "${option_partitions[0]}" ] || fail_command "Topic already has $now partition(s)."
            call topic alter "$topic" --partitions "${option_partitions[0]}" >/dev/null
        done
        ;;
    list)
        if [ ${#option_topic[@]} -gt 0 ]; then matching "$(IFS=,; printf '%s' "${option_topic[*]}")"; else known; fi
        ;;
    describe)
        expand_topics
        [ ${#option_topic[@]} -gt 0 ] || { lines_into option_topic known; [ ${#option_topic[@]} -gt 0 ] || exit 0; }
        call topic describe --kafka "${option_topic[@]}"
        ;;
esac
