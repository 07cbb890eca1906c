#!/usr/bin/env bash
# The tests of the crate rdkafka
. "$(dirname "$0")/../lib.sh"
. "$CLIENTS/server.sh"
. "$CLIENTS/crates.sh"
# They count on three partitions, which is a setting of the server, and some of them on port 9092.
if port_is_free 9092; then SERVER_PORT=9092; fi
start_server "$SCRATCH/server" num.partitions=3 || skip_suite "no second server could be started"
trap 'stop_server "$SCRATCH/server"' EXIT
export KAFKA_HOST="$BOOTSTRAP" KAFKA_VERSION=4.3.1
crate_suite rdkafka 0.39.0 --features tokio,zstd
