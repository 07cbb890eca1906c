#!/usr/bin/env bash
# Kafka's DumpLogSegments reads the segments, indexes, transaction indexes and producer snapshots that a server of its own leaves behind
. "$(dirname "$0")/../lib.sh"
need_jars
[ "$SERVER" = headwater ] || skip_suite "the files are of headwater server"
. "$CLIENTS/server.sh"

# A server with records, transactions, positions and groups, stopped in order.
write_files() {
    local run="$SCRATCH/server" topic
    mkdir -p "$run"
    start_server "$run"
    "$HEADWATER" bench produce plain --records 20000 --partitions 2 --bootstrap "$BOOTSTRAP"
    "$HEADWATER" bench produce zipped --records 20000 -z zstd --bootstrap "$BOOTSTRAP"
    for topic in plain zipped; do "$HEADWATER" consume "$topic" -e -G readers --bootstrap "$BOOTSTRAP" >/dev/null; done
    java -cp "$JARS/*" org.apache.kafka.tools.TransactionalMessageCopier --broker-list "$BOOTSTRAP" --input-topic plain --input-partition 0 \
        --output-topic copied --consumer-group copier --transactional-id copier --transaction-size 500 --enable-random-aborts --max-messages 5000
    stop_server "$run"
}

test_every_file_is_read_without_complaint() {
    write_files
    local files answer="$SCRATCH/dump"
    files=$(find "$SCRATCH/server/data/topics" \( -name '*.log' -o -name '*.index' -o -name '*.timeindex' -o -name '*.txnindex' -o -name '*.snapshot' \) \
        -size +0 | paste -sd,)
    java -Xmx512m -cp "$JARS/*" org.apache.kafka.tools.DumpLogSegments --deep-iteration --files "$files" >"$answer" 2>&1
    expect_match markers "$(grep -c endTxnMarker "$answer")" '^[1-9]'
    expect_equal complaints "$(grep -iE 'mismatch|corrupt|exception|non-consecutive|isvalid: false' "$answer" | head -3)" ''
}

run_cases "$@"
