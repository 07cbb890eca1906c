#!/usr/bin/env bash
# Kafka's kafka-get-offsets.sh on `headwater topic offsets`, so that scripts that call it run without Java: lines topic:partition:offset.
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
if [ ${#option_topic_partitions[@]} -gt 0 ]; then
    IFS=, read -r -a topics <<<"${option_topic_partitions[0]}"
elif [ ${#option_topic[@]} -gt 0 ]; then
    topics=("${option_topic[0]}")
else
    internal=(--internal)
    [ -z "${option_exclude_internal_topics:-}" ] || internal=()
    lines_into topics call topic list --names "${internal[@]}"
    [ ${#topics[@]} -gt 0 ] || exit 0
fi
if [ ${#option_partitions[@]} -gt 0 ]; then topics=("${topics[@]/%/:${option_partitions[0]}}"); fi
call topic offsets "${topics[@]}" --at "$place"
