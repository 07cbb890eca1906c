#!/usr/bin/env bash
# Our command-line shims beside Apache Kafka's tools: the same question, the same lines
. "$(dirname "$0")/../lib.sh"
if [ "${1:-}" != --case ]; then
    need_jars
    [ -n "${HEADWATER:-}" ] || skip_suite "the shims are ours, and so is the program that they need"
fi

t() { kafka_tool "$@" 2>"$SCRATCH/stderr" || fail "$* left with $?: $(tail -3 "$SCRATCH/stderr")"; }

shim() {
    local tool=$1
    shift
    "$ROOT/scripts/kafka-bin/kafka-$tool.sh" --bootstrap-server "$BOOTSTRAP" "$@" 2>"$SCRATCH/stderr" \
        || fail "kafka-$tool.sh $* left with $?: $(tail -3 "$SCRATCH/stderr")"
}

# Both must answer alike. What they say to people goes to stderr and is not compared.
alike() { expect_equal "$*" "$(shim "$@")" "$(t "$@")"; }

# A topic with four records of two keys, and a group that has read them.
prepare() {
    shim topics --create --topic "$1" --partitions 3 --config retention.ms=3600000 >/dev/null
    printf 'a:1\nb:2\na:3\nb:4\n' | shim console-producer --topic "$1" --reader-property parse.key=true --reader-property key.separator=:
    shim console-consumer --topic "$1" --group "$1-group" --from-beginning --max-messages 4 >/dev/null
}

test_topics() {
    local topic moment
    topic=$(fresh shim-topic)
    prepare "$topic"
    alike topics --list
    alike topics --describe --topic "$topic"
    alike get-offsets --topic "$topic"
    for moment in earliest latest -1 -2 0 "$(date +%s)000" 99999999999999; do alike get-offsets --topic "$topic" --time "$moment"; done
    alike get-offsets --topic "$topic" --partitions 0,2
    alike get-offsets --topic-partitions "$topic:1,$topic:2-3"
    alike get-offsets --topic-partitions "$topic:-2"
    alike get-offsets --topic-partitions "$topic:1-,shim-none.*"
    alike get-offsets --topic "shim-topic.*" --exclude-internal-topics
    alike topics --describe --topic "$topic" --exclude-internal
    # Kafka's tool lists partitions in the order of its hash table.
    expect_equal 'log-dirs --describe' "$(shim log-dirs --describe --topic-list "$topic" | in_order)" "$(t log-dirs --describe --topic-list "$topic" | in_order)"
}

# The same lines, each list of JSON in them sorted.
in_order() {
    python3 -c 'import json, sys
def sort(value):
    if isinstance(value, dict): return {key: sort(one) for key, one in value.items()}
    if isinstance(value, list): return sorted(map(sort, value), key=json.dumps)
    return value
for line in sys.stdin: print(json.dumps(sort(json.loads(line))) if line.startswith("{") else line, end="\n" if line.startswith("{") else "")'
}

test_records() {
    local topic
    topic=$(fresh shim-records)
    prepare "$topic"
    alike console-consumer --topic "$topic" --partition 0 --offset earliest --timeout-ms 3000 --formatter-property print.key=true \
        --formatter-property print.offset=true --formatter-property print.timestamp=true --formatter-property print.headers=true
    printf '{"partitions":[{"topic":"%s","partition":0,"offset":-1}],"version":1}' "$topic" >"$SCRATCH/delete.json"
    alike delete-records --offset-json-file "$SCRATCH/delete.json"
}

test_groups() {
    local topic
    topic=$(fresh shim-groups)
    prepare "$topic"
    alike consumer-groups --describe --group "$topic-group"
    alike consumer-groups --describe --group "$topic-group" --members
    alike consumer-groups --describe --group "$topic-group" --state
    alike consumer-groups --reset-offsets --group "$topic-group" --topic "$topic:0" --to-earliest --dry-run
    expect_equal delete "$(shim consumer-groups --delete --group "$topic-group")" "Deletion of requested consumer groups ('$topic-group') was successful."
    if t consumer-groups --list | grep -qx "$topic-group"; then fail "the group is still listed"; fi
}

test_configs() {
    local topic node
    topic=$(fresh shim-configs)
    prepare "$topic"
    node=$(t cluster list-endpoints | awk '$1 ~ /^[0-9]+$/ {print $1; exit}')
    alike configs --describe --entity-type topics --entity-name "$topic"
    alike configs --describe --all --entity-type topics --entity-name "$topic"
    alike configs --describe --all --entity-type brokers --entity-name "$node"
    alike configs --describe --entity-type brokers --entity-default
    alike configs --alter --entity-type topics --entity-name "$topic" --add-config 'retention.ms=5000,cleanup.policy=[compact,delete]'
    alike configs --alter --entity-type topics --entity-name "$topic" --delete-config retention.ms
    alike configs --alter --entity-type brokers --entity-name "$node" --add-config log.retention.ms=600000000,shim.plug.in=1
    alike configs --describe --entity-type brokers --entity-name "$node"
    alike configs --alter --entity-type brokers --entity-name "$node" --delete-config log.retention.ms,shim.plug.in
    alike configs --alter --entity-type brokers --entity-default --add-config log.retention.ms=600000000
    alike configs --describe --entity-type brokers --entity-default
    alike configs --alter --entity-type brokers --entity-default --delete-config log.retention.ms
    alike configs --alter --entity-type groups --entity-name "$topic-group" --add-config consumer.session.timeout.ms=50000
    alike configs --describe --entity-type groups --entity-name "$topic-group"
}

test_acls() {
    local topic
    topic=$(fresh shim-acls)
    shim acls --add --allow-principal User:alice --operation Read --topic "$topic" --allow-host 10.0.0.1 >/dev/null
    alike acls --list --topic "$topic"
    alike acls --list --principal User:alice --topic "$topic"
    shim acls --remove --allow-principal User:alice --operation Read --topic "$topic" --allow-host 10.0.0.1 --force
    alike acls --list --topic "$topic"
    # The second time it is there already.
    local ours theirs rule=(--deny-principal User:eve --operation Write --resource-pattern-type prefixed)
    ours=$(shim acls --add "${rule[@]}" --topic "$topic")
    theirs=$(t acls --add "${rule[@]}" --topic "$topic-theirs")
    expect_equal add "$ours" "${theirs//"$topic-theirs"/"$topic"}"
    alike acls --add "${rule[@]}" --topic "$topic"
    alike acls --list --topic "$topic" --resource-pattern-type any
    alike acls --list --topic "$topic-more" --resource-pattern-type match
    shim acls --remove --topic "$topic" --resource-pattern-type prefixed --force
    alike acls --list --topic "$topic" --resource-pattern-type any
}

# Numbers that grow while one looks, and the room that they take.
still() { sed -E 's/-?[0-9]+ ms ago|[0-9]{2,}|HighWatermark: +[0-9]+/N/g; s/ +/ /g'; }

test_cluster() {
    expect_equal cluster-id "$(shim cluster cluster-id)" "$(t cluster cluster-id)"
    expect_equal list-endpoints "$(shim cluster list-endpoints)" "$(t cluster list-endpoints)"
    expect_equal 'list-endpoints with all' "$(shim cluster list-endpoints --include-fenced-brokers)" "$(t cluster list-endpoints --include-fenced-brokers)"
    local how
    for how in --status --replication '--replication --human-readable'; do
        # shellcheck disable=SC2086 # two options
        expect_equal "describe $how" "$(shim metadata-quorum describe $how | still)" "$(t metadata-quorum describe $how | still)"
    done
}

test_transactions() {
    local topic id partition
    topic=$(fresh shim-transactions)
    prepare "$topic"
    id="$topic-copy"
    shim topics --create --topic "$topic-out" --partitions 3 >/dev/null
    # It copies the four records in transactions of two and ends.
    java_quick org.apache.kafka.tools.TransactionalMessageCopier --broker-list "$BOOTSTRAP" --transactional-id "$id" --input-topic "$topic" \
        --output-topic "$topic-out" --input-partition 0 --consumer-group "$id" --transaction-size 2 --max-messages -1 >"$LOGS/copier.log" 2>&1 \
        || fail "the copier left with $?: $(tail -1 "$LOGS/copier.log")"
    expect_match list "$(shim transactions list)" "^$id	"
    alike transactions list
    alike transactions list --transactional-id-pattern "$topic-.*"
    alike transactions list --transactional-id-pattern none
    alike transactions list --duration-filter 0
    alike transactions describe --transactional-id "$id"
    for partition in 0 1 2; do
        alike transactions describe-producers --topic "$topic" --partition "$partition"
        alike transactions describe-producers --topic "$topic-out" --partition "$partition"
    done
}

run_cases "$@"
