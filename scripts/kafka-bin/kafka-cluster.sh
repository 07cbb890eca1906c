#!/usr/bin/env bash
# Kafka's kafka-cluster.sh on `headwater cluster`, so that scripts that call it run without Java. A single node cannot be unregistered.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_command "cluster-id list-endpoints" "include-fenced-brokers" "$@"
read_options "$command" "bootstrap-server config command-config" "include-fenced-brokers" "" "--$command" "${rest[@]}"

case "$command" in
    cluster-id) call cluster --kafka id ;;
    list-endpoints) call cluster --kafka endpoints ;;
esac
