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
    local topic
    topic=$(fresh shim-topic)
    prepare "$topic"
    alike topics --list
    alike topics --describe --topic "$topic"
    alike get-offsets --topic "$topic"
    alike get-offsets --topic "$topic" --time earliest
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
}

test_acls() {
    local topic
    topic=$(fresh shim-acls)
    shim acls --add --allow-principal User:alice --operation Read --topic "$topic" --allow-host 10.0.0.1 >/dev/null
    alike acls --list --topic "$topic"
    alike acls --list --principal User:alice --topic "$topic"
    shim acls --remove --allow-principal User:alice --operation Read --topic "$topic" --allow-host 10.0.0.1 --force
    alike acls --list --topic "$topic"
}

run_cases "$@"
