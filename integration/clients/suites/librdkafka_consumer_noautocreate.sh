#!/usr/bin/env bash
# librdkafka's own tests that want a broker without automatic topic creation, groups in the consumer protocol
. "$(dirname "$0")/../lib.sh"
. "$CLIENTS/server.sh"
. "$CLIENTS/librdkafka/run.sh"
# The setting is fixed when a server starts, so these have a server of their own.
start_server "$SCRATCH/server" auto.create.topics.enable=false || skip_suite "no second server could be started"
trap 'stop_server "$SCRATCH/server"' EXIT
librdkafka_suite noautocreate consumer
