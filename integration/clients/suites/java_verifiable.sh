#!/usr/bin/env bash
# Apache Kafka's VerifiableProducer and VerifiableConsumer in both protocols with a rebalance, TransactionalMessageCopier, ClientCompatibilityTest
. "$(dirname "$0")/../lib.sh"
[ "${1:-}" = --case ] || need_jars
use_classes "$SCRATCH"

TOOLS=org.apache.kafka.tools

produce() { java_quick $TOOLS.VerifiableProducer --bootstrap-server "$BOOTSTRAP" --topic "$1" --max-messages "$2" --throughput "${3:--1}" --acks -1 --value-prefix "${4:-0}"; }

make_topic() { kafka_tool topics --create --topic "$1" --partitions "$2" --config min.insync.replicas=1 >/dev/null; }

# claim EXPRESSIONS FILE...: Python over the lines of JSON that the tools print into the files, `of(kind)` and `held(file)`; separated by `;`.
claim() {
    python3 - "$@" <<'END'
import json, sys
claims, files = sys.argv[1], sys.argv[2:]
lines = [json.loads(line) for name in files for line in open(name) if line.startswith("{")]
def of(kind): return [line for line in lines if line["name"] == kind]
def held(name):
    """The partitions that one consumer holds, by its lines about what it was given and what was taken."""
    partitions = set()
    for line in map(json.loads, (line for line in open(name) if line.startswith("{"))):
        places = {(one["topic"], one["partition"]) for one in line.get("partitions", []) if "partition" in one}
        if line["name"] == "partitions_assigned": partitions |= places
        if line["name"] == "partitions_revoked": partitions -= places
    return partitions
for claim in claims.split(";"):
    if not eval(claim):
        sys.exit(f"fail: not so: {claim.strip()}; the last line: {json.dumps(lines[-1])[:300] if lines else 'none'}")
END
}

test_verifiable_producer_is_acknowledged() {
    local topic
    topic=$(fresh verify-p)
    make_topic "$topic" 3
    produce "$topic" 20000 >"$SCRATCH/sent"
    claim 'of("tool_data")[0]["acked"] == 20000; len(of("producer_send_success")) == 20000; not of("producer_send_error")' "$SCRATCH/sent"
}

consumer_round() {
    local protocol=$1 topic group first second
    topic=$(fresh "verify-$protocol")
    group=$(fresh "verify-g-$protocol")
    make_topic "$topic" 4
    consume() {
        "${java_command[@]}" $TOOLS.VerifiableConsumer --bootstrap-server "$BOOTSTRAP" --topic "$topic" --group-id "$group" --group-protocol "$protocol" \
            --reset-policy earliest --verbose ${session[@]+"${session[@]}"} >"$SCRATCH/$1" &
    }
    local session=()
    [ "$protocol" = classic ] && session=(--session-timeout 6000)
    produce "$topic" 4000 >"$SCRATCH/sent.1"
    consume one
    first=$!
    wait_for 40 'the first consumer has read 4000' claim 'sum(line["count"] for line in of("records_consumed")) == 4000' "$SCRATCH/one"
    consume two
    second=$!
    wait_for 60 'both have two partitions' claim 'len(held(files[0])) == 2 and len(held(files[1])) == 2' "$SCRATCH/one" "$SCRATCH/two"
    produce "$topic" 4000 -1 1 >"$SCRATCH/sent.2"
    wait_for 40 'both have read 8000' claim 'sum(line["count"] for line in of("records_consumed")) >= 8000' "$SCRATCH/one" "$SCRATCH/two"
    kill "$second"
    wait "$second" || true
    wait_for 60 'the first has four partitions' claim 'len(held(files[0])) == 4' "$SCRATCH/one"
    produce "$topic" 1000 -1 2 >"$SCRATCH/sent.3"
    wait_for 40 'all 9000 are read' claim 'sum(line["count"] for line in of("records_consumed")) >= 9000' "$SCRATCH/one" "$SCRATCH/two"
    kill "$first"
    wait "$first" || true
    claim 'len({(line["partition"], line["offset"]) for line in of("record_data")}) == 9000; len(of("record_data")) == 9000; of("shutdown_complete")' "$SCRATCH/one" "$SCRATCH/two"
    claim 'all(line["success"] for line in of("offsets_committed"))' "$SCRATCH/one" "$SCRATCH/two"
}

test_verifiable_consumers_share_a_classic_group() { consumer_round classic; }

test_verifiable_consumers_share_a_consumer_group() { consumer_round consumer; }

test_transactional_message_copier_copies_exactly_once() {
    local source target group
    source=$(fresh copy-from)
    target=$(fresh copy-to)
    group=$(fresh copy-g)
    make_topic "$source" 2
    make_topic "$target" 2
    produce "$source" 10000 >"$SCRATCH/sent"
    local copier pids=()
    # Two copiers in one group, each aborting now and then: every record arrives once for those who read what is committed.
    for copier in 0 1; do
        "${java_command[@]}" $TOOLS.TransactionalMessageCopier --broker-list "$BOOTSTRAP" --input-topic "$source" --input-partition "$copier" \
            --output-topic "$target" --consumer-group "$group" --transactional-id "$group-$copier" --transaction-size 300 --enable-random-aborts \
            --group-mode --use-group-metadata >"$SCRATCH/copier.$copier" &
        pids+=($!)
    done
    wait_for 90 'the copiers have moved all' all_are_committed "$target" 10000
    # They end by themselves where nothing is left, which one may find sooner than the other.
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" || true
    values "$target" read_committed | sort >"$SCRATCH/copied"
    python3 -c 'import json, sys
for line in open(sys.argv[1]):
    line = json.loads(line) if line.startswith("{") else {}
    if line.get("name") == "producer_send_success": print(line["value"])' "$SCRATCH/sent" | sort >"$SCRATCH/wanted"
    cmp "$SCRATCH/wanted" "$SCRATCH/copied" || fail "copied $(wc -l <"$SCRATCH/copied") records, $(sort -u "$SCRATCH/copied" | wc -l) different ones, of 10000"
}

values() { kafka_tool console-consumer --topic "$1" --from-beginning --isolation-level "$2" --timeout-ms 4000 2>/dev/null; }

all_are_committed() { [ "$(values "$1" read_committed | wc -l)" -ge "$2" ]; }

test_client_compatibility() {
    local topic
    topic=$(fresh compat)
    make_topic "$topic" 1
    java_quick $TOOLS.ClientCompatibilityTest --bootstrap-server "$BOOTSTRAP" --topic "$topic" --num-cluster-nodes 1 \
        --offsets-for-times-supported True --cluster-id-supported True --expect-record-too-large-exception False --create-topics-supported True \
        --describe-acls-supported True --describe-configs-supported True --idempotent-producer-supported True
}

run_cases "$@"
