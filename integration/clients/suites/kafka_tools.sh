#!/usr/bin/env bash
# Apache Kafka's command-line tools, their answers checked
. "$(dirname "$0")/../lib.sh"
[ "${1:-}" = --case ] || need_jars

t() { kafka_tool "$@" 2>"$SCRATCH/stderr" || fail "$* left with $?: $(tail -3 "$SCRATCH/stderr")"; }

# The tool must refuse, and say so.
refused() {
    local expected=$1 answer
    shift
    if answer=$(kafka_tool "$@" 2>&1); then fail "$* was not refused: $answer"; fi
    expect_match "$*" "$answer" "$expected"
}

node_id() { t cluster list-endpoints | awk '$1 ~ /^[0-9]+$/ {print $1; exit}'; }

make_topic() { t topics --create --topic "$1" --partitions "$2" >/dev/null; }

send_numbers() { seq 0 $(($2 - 1)) | sed 's/.*/k&:v&/' | t console-producer --topic "$1" --reader-property parse.key=true --reader-property key.separator=:; }

test_topics() {
    local topic answer
    topic=$(fresh tool-topic)
    expect_equal create "$(t topics --create --topic "$topic" --partitions 3 --replication-factor 1 --config retention.ms=3600000)" "Created topic $topic."
    t topics --list | grep -qx "$topic" || fail "$topic is not listed"
    answer=$(t topics --describe --topic "$topic")
    expect_match describe "$answer" "Topic: $topic	TopicId: [A-Za-z0-9_-]{22}	PartitionCount: 3	ReplicationFactor: 1	Configs: .*retention.ms=3600000"
    expect_match partition "$answer" "Partition: 2	Leader: [0-9]+	Replicas: [0-9]+	Isr: [0-9]+"
    t topics --alter --topic "$topic" --partitions 5
    expect_match alter "$(t topics --describe --topic "$topic")" 'PartitionCount: 5'
    refused 'already exists' topics --create --topic "$topic"
    t topics --create --if-not-exists --topic "$topic"
    refused 'Unknown topic config name: no.such' topics --create --topic "$topic-x" --config no.such=1
    t topics --delete --topic "$topic"
    wait_for 10 "$topic is gone" is_gone "$topic"
    refused 'does not exist as expected' topics --describe --topic "$topic"
}

is_gone() { ! kafka_tool topics --list 2>/dev/null | grep -qx "$1"; }

test_configs() {
    local topic node
    topic=$(fresh tool-config)
    make_topic "$topic" 1
    t configs --entity-type topics --entity-name "$topic" --alter --add-config 'max.message.bytes=2000,cleanup.policy=[compact,delete]' >/dev/null
    local answer
    answer=$(t configs --entity-type topics --entity-name "$topic" --describe)
    expect_match 'set number' "$answer" 'max.message.bytes=2000 .*DYNAMIC_TOPIC_CONFIG:max.message.bytes=2000'
    expect_match 'set list' "$answer" 'cleanup.policy=compact,delete'
    t configs --entity-type topics --entity-name "$topic" --alter --delete-config max.message.bytes >/dev/null
    expect_no_match unset "$(t configs --entity-type topics --entity-name "$topic" --describe)" 'max.message.bytes'
    expect_match default "$(t configs --entity-type topics --entity-name "$topic" --describe --all)" 'max.message.bytes=1048588'
    refused 'InvalidConfigurationException' configs --entity-type topics --entity-name "$topic" --alter --add-config max.message.bytes=-5
    node=$(node_id)
    expect_match broker "$(t configs --entity-type brokers --entity-name "$node" --describe --all)" 'num.partitions=4 '
    t configs --entity-type users --entity-name tool-user --alter --add-config producer_byte_rate=1024 >/dev/null
    expect_match quota "$(t configs --entity-type users --entity-name tool-user --describe)" 'producer_byte_rate=1024'
    t configs --entity-type users --entity-name tool-user --alter --delete-config producer_byte_rate >/dev/null
}

test_console_producer_and_consumer() {
    local topic group answer
    topic=$(fresh tool-console)
    group=$(fresh tool-cg)
    make_topic "$topic" 1
    send_numbers "$topic" 50
    answer=$(t console-consumer --topic "$topic" --from-beginning --max-messages 50 --timeout-ms 20000 --formatter-property print.key=true --formatter-property print.offset=true)
    expect_equal count "$(wc -l <<<"$answer")" 50
    expect_match last "$answer" $'^Offset:49\tk49\tv49$'
    t console-consumer --topic "$topic" --group "$group" --command-property auto.offset.reset=earliest --max-messages 20 --timeout-ms 20000 >/dev/null
    answer=$(t console-consumer --topic "$topic" --group "$group" --command-property auto.offset.reset=earliest --command-property group.protocol=consumer --max-messages 30 --timeout-ms 20000)
    expect_equal 'where the group went on' "$(head -1 <<<"$answer")" v20
    expect_equal 'to the end' "$(tail -1 <<<"$answer")" v49
}

test_consumer_groups() {
    local topic group answer
    topic=$(fresh tool-group)
    group=$(fresh tool-g)
    make_topic "$topic" 1
    send_numbers "$topic" 30
    t console-consumer --topic "$topic" --group "$group" --from-beginning --max-messages 30 --timeout-ms 20000 >/dev/null
    t consumer-groups --list | grep -qx "$group" || fail "$group is not listed"
    expect_match state "$(t consumer-groups --list --state)" "^$group +Empty"
    expect_match describe "$(t consumer-groups --describe --group "$group" --offsets)" "^$group +$topic +0 .* 30 +30 +0 "
    answer=$(t consumer-groups --reset-offsets --group "$group" --topic "$topic" --to-offset 10 --execute)
    expect_match reset "$answer" "^$group +$topic +0 +10"
    expect_match lag "$(t consumer-groups --describe --group "$group" --offsets)" "^$group +$topic +0 .* 10 +30 +20 "
    expect_match plan "$(t consumer-groups --reset-offsets --group "$group" --topic "$topic" --to-earliest --dry-run)" "^$group +$topic +0 +0"
    expect_match 'delete offsets' "$(t consumer-groups --delete-offsets --group "$group" --topic "$topic")" "^$topic +0 +Successful"
    t consumer-groups --reset-offsets --group "$group" --topic "$topic" --to-latest --execute >/dev/null
    expect_match delete "$(t consumer-groups --delete --group "$group")" "Deletion of requested consumer groups.*was successful"
    # The tool leaves with 0 and prints the error.
    expect_match 'a group that is gone' "$(kafka_tool consumer-groups --describe --group "$group" 2>&1)" 'GroupIdNotFoundException|does not exist'
}

test_groups() {
    local topic group
    topic=$(fresh tool-groups)
    group=$(fresh tool-gg)
    make_topic "$topic" 1
    send_numbers "$topic" 1
    t console-consumer --topic "$topic" --group "$group" --from-beginning --max-messages 1 --timeout-ms 20000 >/dev/null
    expect_match list "$(t groups --list)" "^$group +(Classic|Consumer) +consumer"
}

test_acls() {
    local topic answer
    topic=$(fresh tool-acl)
    t acls --add --allow-principal User:alice --operation Read --operation Write --topic "$topic" >/dev/null
    t acls --add --deny-principal User:bob --operation All --group "$topic" --resource-pattern-type prefixed >/dev/null
    answer=$(t acls --list)
    expect_match 'of the topic' "$answer" "resourceType=TOPIC, name=$topic, patternType=LITERAL"
    expect_match 'of the group' "$answer" "resourceType=GROUP, name=$topic, patternType=PREFIXED"
    expect_match entry "$(t acls --list --topic "$topic")" 'principal=User:alice, host=\*, operation=READ, permissionType=ALLOW'
    t acls --remove --force --topic "$topic" >/dev/null
    t acls --remove --force --group "$topic" --resource-pattern-type prefixed >/dev/null
    expect_no_match removed "$(t acls --list)" "name=$topic,"
}

test_get_offsets_and_delete_records() {
    local topic
    topic=$(fresh tool-offset)
    make_topic "$topic" 2
    seq 1 9 | t console-producer --topic "$topic"
    expect_equal latest "$(t get-offsets --topic "$topic" --time latest | awk -F: '{sum += $3} END {print NR, sum}')" '2 9'
    expect_equal earliest "$(t get-offsets --topic "$topic" --time earliest | sort | tr '\n' ' ')" "$topic:0:0 $topic:1:0 "
    make_topic "$topic-1" 1
    seq 1 9 | t console-producer --topic "$topic-1"
    printf '{"partitions": [{"topic": "%s", "partition": 0, "offset": 4}], "version": 1}' "$topic-1" >"$SCRATCH/delete.json"
    expect_match 'delete records' "$(t delete-records --offset-json-file "$SCRATCH/delete.json")" "partition: $topic-1-0	low_watermark: 4"
    expect_equal 'the new start' "$(t get-offsets --topic "$topic-1" --time earliest)" "$topic-1:0:4"
}

test_log_dirs() {
    local topic answer
    topic=$(fresh tool-dirs)
    make_topic "$topic" 1
    send_numbers "$topic" 100
    answer=$(t log-dirs --describe --topic-list "$topic" | grep '^{')
    python3 - "$topic" "$answer" <<'END' || fail "log dirs: $answer"
import json, sys
topic, answer = sys.argv[1], json.loads(sys.argv[2])
(partition,) = [p for broker in answer["brokers"] for folder in broker["logDirs"] for p in folder["partitions"]]
assert partition["partition"] == topic + "-0" and partition["size"] > 0 and not partition["isFuture"], partition
END
}

test_transactions() {
    local topic id
    topic=$(fresh tool-txn)
    id=$(fresh tool-tx)
    make_topic "$topic" 1
    make_topic "$topic-to" 1
    send_numbers "$topic" 10
    java_quick org.apache.kafka.tools.TransactionalMessageCopier --broker-list "$BOOTSTRAP" --input-topic "$topic" --input-partition 0 \
        --output-topic "$topic-to" --consumer-group "$id" --transactional-id "$id" --transaction-size 5 --max-messages 10 --use-group-metadata >/dev/null
    expect_match list "$(t transactions list)" "^$id *	[0-9]+ +	[0-9]+ +	CompleteCommit"
    expect_match describe "$(t transactions describe --transactional-id "$id")" "[0-9]+ +	$id *	[0-9]+ +	.*CompleteCommit"
    expect_match producers "$(t transactions describe-producers --topic "$topic-to" --partition 0)" '^[0-9]+ +	[0-9]+ +	'
    expect_no_match hanging "$(t transactions find-hanging --topic "$topic-to")" "^$topic-to"
}

test_broker_api_versions() {
    local answer
    answer=$(t broker-api-versions)
    expect_match broker "$answer" "^$BOOTSTRAP \(id: [0-9]+ rack: .*\) -> \("
    expect_match produce "$answer" 'Produce\(0\): 0 to 13 \[usable: 13\]'
    expect_match fetch "$answer" 'Fetch\(1\): 4 to 18 \[usable: 18\]'
    expect_match 'api versions' "$answer" 'ApiVersions\(18\): 0 to 4 \[usable: 4\]'
    expect_match 'consumer groups' "$answer" 'ConsumerGroupHeartbeat\(68\): 0 to 1 \[usable: 1\]'
    expect_no_match controller "$answer" 'Vote\(52\): [0-9]'
}

test_cluster_quorum_and_features() {
    local id
    id=$(t cluster cluster-id | sed -n 's/^Cluster ID: //p')
    expect_match 'cluster id' "$id" '^.{16,}$'
    expect_match endpoints "$(t cluster list-endpoints)" "${BOOTSTRAP#*:}"
    expect_match quorum "$(t metadata-quorum describe --status)" "^ClusterId: +$id"
    expect_match voters "$(t metadata-quorum describe --status)" '^CurrentVoters: +\[\{"id": [0-9]+'
    expect_match replication "$(t metadata-quorum describe --replication)" '	Leader'
    expect_match features "$(t features describe)" 'Feature: transaction.version\s.*FinalizedVersionLevel: 2'
}

test_reassign_partitions_and_leader_election() {
    local topic node
    topic=$(fresh tool-move)
    make_topic "$topic" 2
    node=$(node_id)
    expect_match list "$(t reassign-partitions --list)" 'No partition reassignments found.'
    printf '{"topics": [{"topic": "%s"}], "version": 1}' "$topic" >"$SCRATCH/topics.json"
    expect_match generate "$(t reassign-partitions --generate --topics-to-move-json-file "$SCRATCH/topics.json" --broker-list "$node")" "\"topic\":\"$topic\",\"partition\":1,\"replicas\":\[$node\]"
    printf '{"version": 1, "partitions": [{"topic": "%s", "partition": 0, "replicas": [%s]}]}' "$topic" "$node" >"$SCRATCH/plan.json"
    expect_match execute "$(t reassign-partitions --execute --reassignment-json-file "$SCRATCH/plan.json")" "Successfully started partition reassignment for $topic-0"
    expect_match verify "$(t reassign-partitions --verify --reassignment-json-file "$SCRATCH/plan.json")" "Reassignment of partition $topic-0 is completed"
    expect_match election "$(t leader-election --election-type preferred --topic "$topic" --partition 0)" "Valid replica already elected for partitions.*$topic-0"
}

run_cases "$@"
