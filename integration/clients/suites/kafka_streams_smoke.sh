#!/usr/bin/env bash
# Apache Kafka's StreamsSmokeTest with exactly-once v2: its application in two processes, its driver verifies
. "$(dirname "$0")/../lib.sh"
[ "${1:-}" = --case ] || need_jars
case_seconds=480
use_classes "$SCRATCH"

test_its_driver_finds_all_as_it_should_be() {
    local topic one pids=()
    # The names are the program's own: what an earlier run on the same server left is in the way.
    for topic in echo data min min-suppressed min-raw max sum sws-raw sws-suppressed dif cnt avg wcnt tagg fk; do
        kafka_tool topics --delete --if-exists --topic "$topic" >/dev/null 2>&1 || true
    done
    kafka_tool consumer-groups --delete --group SmokeTest >/dev/null 2>&1 || true
    for topic in echo data min min-suppressed min-raw max sum sws-raw sws-suppressed dif cnt avg wcnt tagg fk; do
        kafka_tool topics --create --topic "$topic" --partitions 5 >/dev/null
    done
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
    for one in 1 2; do
        printf 'bootstrap.servers=%s\nprocessing.guarantee=exactly_once_v2\nstate.dir=%s\nsession.timeout.ms=10000\n' "$BOOTSTRAP" "$SCRATCH/state.$one" >"$SCRATCH/$one.properties"
        "${java_command[@]}" org.apache.kafka.streams.tests.StreamsSmokeTest "$SCRATCH/$one.properties" process >"$LOGS/process-$one.log" 2>&1 &
        pids+=($!)
    done
    "${java_command[@]}" org.apache.kafka.streams.tests.StreamsSmokeTest "$SCRATCH/1.properties" run >"$LOGS/driver.log" 2>&1
    expect_match driver "$(grep -E 'SUCCESS|FAILURE|RESULTS' "$LOGS/driver.log")" '^SUCCESS'
    expect_match 'all was processed' "$(cat "$LOGS/driver.log")" 'ALL-RECORDS-DELIVERED|SUCCESS'
    kill "${pids[@]}"
    wait "${pids[@]}" || true
    for one in 1 2; do expect_match "process $one" "$(cat "$LOGS/process-$one.log")" 'SMOKE-TEST-CLIENT-CLOSED'; done
}

run_cases "$@"
