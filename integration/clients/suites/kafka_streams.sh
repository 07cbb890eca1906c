#!/usr/bin/env bash
# An Apache Kafka Streams application with windows and exactly-once v2, killed and restarted under load, every result checked
#
# STREAMS_MINUTES (2) is how long it runs; STREAMS_GROUP_PROTOCOL is classic (default) or streams.
. "$(dirname "$0")/../lib.sh"
[ "${1:-}" = --case ] || need_jars
minutes="${STREAMS_MINUTES:-2}"
case_seconds=$(python3 -c "print(int($minutes * 60) + 240)")

test_every_record_is_copied_and_summed_exactly_once() {
    compile_java "$SCRATCH/classes" Cases.java Clients.java StreamsApp.java StreamsRun.java
    local status=0
    "${java_command[@]}" StreamsRun "$minutes" "$SCRATCH" || status=$?
    cp "$SCRATCH"/application-*.log "$LOGS/"
    return "$status"
}

run_cases "$@"
