#!/usr/bin/env bash
# TransactionalMessageCopier (transactions v2) and VerifiableProducer while a server of their own is killed and started again, KILLS times
. "$(dirname "$0")/../lib.sh"
. "$CLIENTS/server.sh"
[ "${1:-}" = --case ] || need_jars
use_classes "$SCRATCH"

TOOLS=org.apache.kafka.tools
RECORDS=12000
KILLS="${KILLS:-20}"
# A kill every second or two, the time of starting again, and what the clients need to find their way back.
case_seconds=$((120 + KILLS * 8))

# The client says of a transaction which protocol it speaks only in its log: with v2 (the feature transaction.version 2) it adds no partitions.
speaks_v2() { kafka_tool features describe 2>/dev/null | grep -qE 'transaction.version.*FinalizedVersionLevel: 2'; }

# Kills the server in the middle of whatever it does, and starts it again on the same directory and port.
kill_and_start() {
    local port=${BOOTSTRAP##*:} pid
    pid=$(cat "$SCRATCH/server/pid")
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    SERVER_PORT=$port start_server "$SCRATCH/server" "${settings[@]}"
}

# copy_until_told NUMBER: a copier that is started again when it gives up, as whoever runs one would; the newest of an id fences the one before.
copy_until_told() {
    until [ -f "$SCRATCH/enough" ]; do
        "${java_command[@]}" $TOOLS.TransactionalMessageCopier --broker-list "$BOOTSTRAP" --input-topic from --input-partition "$1" --output-topic to \
            --consumer-group copiers --transactional-id "copier-$1" --transaction-size 100 --enable-random-aborts --group-mode --use-group-metadata || true
    done >>"$SCRATCH/copier.$1" 2>>"$SCRATCH/copier.$1.errors"
}

values() { kafka_tool console-consumer --topic "$1" --from-beginning --isolation-level read_committed --timeout-ms 8000 2>/dev/null; }

all_are_committed() { [ "$(values to | wc -l)" -ge "$1" ]; }

test_every_record_is_copied_exactly_once() {
    settings=(transaction.state.log.replication.factor=1)
    SERVER=headwater start_server "$SCRATCH/server" "${settings[@]}"
    trap 'touch "$SCRATCH/enough"; stop_server "$SCRATCH/server"; kill $(jobs -p) 2>/dev/null || true' EXIT
    speaks_v2 || fail 'the server does not say that it speaks transactions v2'
    kafka_tool topics --create --topic from --partitions 2 >/dev/null
    kafka_tool topics --create --topic to --partitions 2 >/dev/null
    "${java_command[@]}" $TOOLS.VerifiableProducer --bootstrap-server "$BOOTSTRAP" --topic from --max-messages "$RECORDS" --acks -1 \
        --throughput $((RECORDS / (KILLS * 2 + 5))) --value-prefix 0 >"$SCRATCH/sent" &
    local producer=$! copier killed pids=()
    for copier in 0 1; do
        copy_until_told "$copier" &
        pids+=($!)
    done
    for killed in $(seq "$KILLS"); do
        # At no fixed point of what goes on: the seconds of the clock differ from run to run.
        sleep "$(python3 -c 'import random; print(random.uniform(0.3, 2.5))')"
        kill_and_start || fail "the server did not start after kill $killed: $(tail -3 "$SCRATCH/server/server.log")"
    done
    wait "$producer" || true
    sent_values | sort >"$SCRATCH/acknowledged"
    wait_for 90 "the copiers have moved all that was acknowledged" all_are_committed "$(wc -l <"$SCRATCH/acknowledged")"
    touch "$SCRATCH/enough"
    pkill -P "$(IFS=,; echo "${pids[*]}")" java || true
    wait "${pids[@]}" || true
    # What was acknowledged is there; what is there was copied, once: a producer that heard nothing may have been heard.
    values from | sort >"$SCRATCH/stored"
    values to | sort >"$SCRATCH/copied"
    local lost
    lost=$(comm -23 "$SCRATCH/acknowledged" "$SCRATCH/stored" | wc -l)
    expect_equal 'acknowledged records that are gone' "$lost" 0
    expect_equal 'records stored twice' "$(uniq -d "$SCRATCH/stored" | wc -l)" 0
    cmp "$SCRATCH/stored" "$SCRATCH/copied" || fail "$(wc -l <"$SCRATCH/stored") stored, $(wc -l <"$SCRATCH/copied") copied, $(uniq -d "$SCRATCH/copied" | wc -l) of them twice"
    echo "$(wc -l <"$SCRATCH/copied") records through $KILLS kills; copiers started $(cat "$SCRATCH"/copier.? | grep -c startup_complete || true) times"
}

sent_values() {
    python3 -c 'import json, sys
for line in open(sys.argv[1]):
    line = json.loads(line) if line.startswith("{") else {}
    if line.get("name") == "producer_send_success": print(line["value"])' "$SCRATCH/sent"
}

run_cases "$@"
