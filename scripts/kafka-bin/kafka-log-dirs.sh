#!/usr/bin/env bash
# Kafka's kafka-log-dirs.sh on `headwater cluster log-dirs`, so that scripts that call it run without Java.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_options "describe" "bootstrap-server topic-list broker-list command-config" "" "" "$@"

of=()
IFS=, read -r -a topics <<<"${option_topic_list[0]:-}"
for topic in "${topics[@]}"; do of+=(--topic "$topic"); done
IFS=, read -r -a nodes <<<"${option_broker_list[0]:-}"
for node in "${nodes[@]}"; do of+=(--node "$node"); done
call cluster log-dirs --kafka "${of[@]}"
