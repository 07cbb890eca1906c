#!/usr/bin/env bash
# Apache Kafka Connect in distributed mode: two workers, a file source with exactly-once and a file sink, steered through REST, one worker killed
. "$(dirname "$0")/../lib.sh"
need curl
[ "${1:-}" = --case ] || need_jars
case_seconds=300
use_classes "$SCRATCH"

free_port() { python3 -c 'import socket
one = socket.socket()
one.bind(("127.0.0.1", 0))
print(one.getsockname()[1])'; }

# NAME: sets port_NAME and pid_NAME.
start_worker() {
    local name=$1 port
    port=$(free_port)
    cat >"$SCRATCH/$name.properties" <<END
bootstrap.servers=$BOOTSTRAP
group.id=$group
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.storage.topic=$group-configs
offset.storage.topic=$group-offsets
status.storage.topic=$group-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
offset.storage.partitions=4
status.storage.replication.factor=1
status.storage.partitions=2
exactly.once.source.support=enabled
offset.flush.interval.ms=1000
consumer.isolation.level=read_committed
connector.client.config.override.policy=All
session.timeout.ms=6000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=2000
plugin.discovery=service_load
listeners=http://127.0.0.1:$port
END
    # Its own log level: an error of the worker must be seen.
    java -Dorg.slf4j.simpleLogger.defaultLogLevel=info "${java_options[@]:0:4}" -cp "$JARS/*" org.apache.kafka.connect.cli.ConnectDistributed \
        "$SCRATCH/$name.properties" >"$LOGS/$name.log" 2>&1 &
    eval "pid_$name=$! port_$name=$port"
    wait_for 90 "worker $name answers" answers "$port"
}

answers() { curl -sf "http://127.0.0.1:$1/connectors" >/dev/null; }

rest() { curl -sS --fail-with-body -H 'Content-Type: application/json' "$@"; }

# PORT CONNECTOR: `RUNNING RUNNING` when the connector and its only task run.
states() { rest "http://127.0.0.1:$1/connectors/$2/status" 2>/dev/null | python3 -c 'import json, sys
status = json.load(sys.stdin)
print(status["connector"]["state"], *[task["state"] for task in status["tasks"]])' 2>/dev/null; }

runs() { [ "$(states "$1" "$2")" = 'RUNNING RUNNING' ]; }

workers_in_use() { for one in source sink; do rest "http://127.0.0.1:$1/connectors/$one/status"; done | grep -o '"worker_id":"[^"]*"' | sort -u | wc -l; }

both_work() { [ "$(workers_in_use "$1")" = 2 ] && runs "$1" source && runs "$1" sink; }

one_works() { [ "$(workers_in_use "$1")" = 1 ] && runs "$1" source && runs "$1" sink; }

arrived() { [ "$(sort -u "$SCRATCH/output" 2>/dev/null | wc -l)" -ge "$1" ]; }

lines() { seq "$1" "$2" | sed 's/^/line /'; }

test_a_file_is_copied_through_a_topic() {
    local group topic
    group=$(fresh connect)
    topic="$group-lines"
    kafka_tool topics --create --topic "$topic" --partitions 1 >/dev/null
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
    start_worker one
    lines 1 3000 >"$SCRATCH/input"
    rest -X PUT "http://127.0.0.1:$port_one/connectors/source/config" -d '{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasks.max": "1", "file": "'"$SCRATCH/input"'", "topic": "'"$topic"'", "exactly.once.support": "required"}'
    rest -X PUT "http://127.0.0.1:$port_one/connectors/sink/config" -d '{"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "tasks.max": "1", "file": "'"$SCRATCH/output"'", "topics": "'"$topic"'"}'
    wait_for 60 'the source runs' runs "$port_one" source
    wait_for 60 'the sink runs' runs "$port_one" sink
    wait_for 60 '3000 lines have arrived' arrived 3000
    cmp "$SCRATCH/input" "$SCRATCH/output" || fail 'the copy differs'

    start_worker two
    wait_for 90 'both workers have something to do' both_work "$port_one"
    # What is written while the tasks move arrives as well.
    lines 3001 4000 >>"$SCRATCH/input"
    wait_for 60 '4000 lines have arrived' arrived 4000

    rest -X PUT "http://127.0.0.1:$port_one/connectors/source/pause"
    wait_for 30 'the source pauses' paused "$port_one"
    rest -X PUT "http://127.0.0.1:$port_one/connectors/source/resume"
    wait_for 30 'the source resumes' runs "$port_one" source

    kill -9 "$pid_one"
    lines 4001 5000 >>"$SCRATCH/input"
    wait_for 120 'the other worker does all' one_works "$port_two"
    wait_for 60 '5000 lines have arrived' arrived 5000
    # The sink may write lines twice when it is killed; the source is exactly-once.
    kafka_tool console-consumer --topic "$topic" --from-beginning --isolation-level read_committed --timeout-ms 5000 2>/dev/null >"$SCRATCH/topic"
    cmp "$SCRATCH/input" "$SCRATCH/topic" || fail "the topic holds $(wc -l <"$SCRATCH/topic") lines, $(sort -u "$SCRATCH/topic" | wc -l) different ones, of 5000"
    expect_equal 'lines of the sink' "$(sort -u "$SCRATCH/output" | md5sum)" "$(sort "$SCRATCH/input" | md5sum)"
    expect_match 'offsets of the source' "$(rest "http://127.0.0.1:$port_two/connectors/source/offsets")" '"position": ?[0-9]+'
    expect_match 'offsets of the sink' "$(rest "http://127.0.0.1:$port_two/connectors/sink/offsets")" '"kafka_offset": ?[0-9]+'

    rest -X DELETE "http://127.0.0.1:$port_two/connectors/source"
    rest -X DELETE "http://127.0.0.1:$port_two/connectors/sink"
    kill "$pid_two"
    wait "$pid_two" || true
    # The killed worker's own log ends where it was killed; neither may have logged an error before.
    expect_no_match "the workers' logs" "$(cat "$LOGS/one.log" "$LOGS/two.log")" '\] ERROR '
}

paused() { [[ "$(states "$1" source)" == 'PAUSED PAUSED' ]]; }

run_cases "$@"
