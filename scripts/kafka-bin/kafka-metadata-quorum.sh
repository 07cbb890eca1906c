#!/usr/bin/env bash
# Kafka's kafka-metadata-quorum.sh on `headwater cluster`, so that scripts that call it run without Java. Controllers cannot be added or removed.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/options.sh"
read_command "describe" "status replication human-readable" "$@"
read_options "status replication" "bootstrap-server command-config" "human-readable" "" "${rest[@]}"

if [ "$action" = status ]; then
    [ ${#option_human_readable[@]} -eq 0 ] || stop "--human-readable goes with --replication"
    call cluster --kafka quorum-status
elif [ ${#option_human_readable[@]} -gt 0 ]; then
    call cluster --kafka quorum-ages
else
    call cluster --kafka quorum-replication
fi
