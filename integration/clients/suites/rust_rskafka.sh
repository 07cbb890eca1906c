#!/usr/bin/env bash
# The tests of the crate rskafka, which speaks the lowest versions that Kafka 4 has
. "$(dirname "$0")/../lib.sh"
. "$CLIENTS/server.sh"
. "$CLIENTS/crates.sh"
# They count on topics not being made by themselves.
start_server "$SCRATCH/server" auto.create.topics.enable=false || skip_suite "no second server could be started"
trap 'stop_server "$SCRATCH/server"' EXIT
export TEST_INTEGRATION=1 TEST_BROKER_IMPL=kafka KAFKA_CONNECT="$BOOTSTRAP"
# The one that it is locked to does not compile any more.
prepare_crate() { cargo update -q -p rsasl; }
crate_suite rskafka 0.6.0
