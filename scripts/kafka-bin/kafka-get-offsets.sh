#!/usr/bin/env bash
# Kafka's kafka-get-offsets.sh on `headwater topic offsets`, so that scripts that call it run without Java: lines topic:partition:offset.
set -euo pipefail
option_bootstrap_server=() option_topic=() option_partitions=() option_time=()
. "$(dirname "$(readlink -f "$0")")/options.sh"
# It has no actions: what there is to do stands for one.
read_options "get" "bootstrap-server topic partitions time" "" --get "$@"

[ ${#option_topic[@]} -eq 1 ] || stop "one --topic is needed"
case "${option_time[0]:-latest}" in
    -1 | latest) place=end ;;
    -2 | earliest) place=beginning ;;
    [0-9]*) place="@${option_time[0]}" ;;
    *) stop "--time is latest, earliest or milliseconds, not ${option_time[0]}" ;;
esac
call topic offsets "${option_topic[0]}${option_partitions[0]:+:${option_partitions[0]}}" --at "$place"
