#!/usr/bin/env bash
# Kafka's kafka-get-offsets.sh on `headwater topic offsets`, so that scripts that call it run without Java: lines topic:partition:offset. Names of topics
# are regular expressions of bash.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
# It has no actions: what there is to do stands for one.
read_options "get" "bootstrap-server topic partitions time topic-partitions command-config" "exclude-internal-topics" "" --get "$@"

case "${option_time[0]:-latest}" in
    -1 | latest) place=end ;;
    -2 | earliest) place=beginning ;;
    [0-9]*) place="@${option_time[0]}" ;;
    *) stop "--time is latest, earliest or milliseconds, not ${option_time[0]}" ;;
esac

# What is meant: a regular expression for the topic, the first partition, and one past the last (or nothing).
regexes=() firsts=() ends=()
add() {
    local range=${2:-}
    regexes+=("${1:-.*}")
    case "$range" in
        "") firsts+=(0) ends+=("") ;;
        *-*) firsts+=("${range%%-*}") ends+=("${range#*-}") ;;
        *) firsts+=("$range") ends+=($((range + 1))) ;;
    esac
}
if [ ${#option_topic_partitions[@]} -gt 0 ]; then
    [ ${#option_topic[@]} -eq 0 ] && [ ${#option_partitions[@]} -eq 0 ] || stop "--topic-partitions goes without --topic and --partitions"
    IFS=, read -r -a patterns <<<"${option_topic_partitions[0]}"
    for pattern in "${patterns[@]}"; do
        range=""
        [[ "$pattern" != *:* ]] || range=${pattern##*:}
        [[ "$range" =~ ^([0-9]*|[0-9]*-[0-9]*)$ ]] || stop "$pattern: partitions are N, N-M, N- or -M"
        add "${pattern%%:*}" "$range"
    done
elif [ ${#option_partitions[@]} -gt 0 ]; then
    IFS=, read -r -a numbers <<<"${option_partitions[0]}"
    for number in "${numbers[@]}"; do
        [[ "$number" =~ ^[0-9]+$ ]] || stop "--partitions are numbers, not $number"
        add "${option_topic[0]:-}" "$number"
    done
else
    add "${option_topic[0]:-}"
fi

internal=(--internal)
[ ${#option_exclude_internal_topics[@]} -eq 0 ] || internal=()
lines_into all call topic list --names "${internal[@]}"
topics=()
for topic in "${all[@]}"; do
    for regex in "${regexes[@]}"; do
        if [[ "$topic" =~ ^($regex)$ ]]; then topics+=("$topic"); break; fi
    done
done
offsets=() after=()
if [ ${#topics[@]} -gt 0 ]; then
    lines_into offsets call topic offsets "${topics[@]}" --at "$place"
    # A time after which there is no record has no offset.
    if [[ "$place" == @* ]]; then lines_into after call topic offsets "${topics[@]}" --at end; fi
fi

found=no
for index in "${!offsets[@]}"; do
    IFS=: read -r topic partition _ <<<"${offsets[index]}"
    for one in "${!regexes[@]}"; do
        [[ "$topic" =~ ^(${regexes[one]})$ ]] || continue
        [ "$partition" -ge "${firsts[one]:-0}" ] && { [ -z "${ends[one]}" ] || [ "$partition" -lt "${ends[one]}" ]; } || continue
        found=yes
        [ "${offsets[index]}" = "${after[index]:-}" ] || printf '%s\n' "${offsets[index]}"
        break
    done
done
if [ "$found" = no ]; then
    echo "Error occurred: Could not match any topic-partitions with the specified filters" >&2
    exit 1
fi
