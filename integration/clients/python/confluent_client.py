"""Round trips with confluent-kafka (librdkafka): admin calls, records, groups in both protocols with rebalances, transactions."""

import functools
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType

from cases import BOOTSTRAP, case, expect, expect_equal, fresh, main, wait_for


@functools.cache
def admin():
    # Kept: its answers are awaited after the call that asked.
    return AdminClient({"bootstrap.servers": BOOTSTRAP})


def make_topic(word, partitions=4, config=None):
    name = fresh(word)
    admin().create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1, config=config or {})])[name].result(20)
    return name


def consumer(group, **settings):
    base = {"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    return Consumer({**base, **{key.replace("_", "."): value for key, value in settings.items()}})


def send(topic, values, **settings):
    """Sends the values with themselves as keys; returns (partition, offset) per value as the delivery reports say."""
    placed = {}

    def delivered(error, message):
        expect(error is None, f"delivery: {error}")
        placed[message.value().decode()] = (message.partition(), message.offset())

    producer = Producer({"bootstrap.servers": BOOTSTRAP, **{key.replace("_", "."): value for key, value in settings.items()}})
    for value in values:
        producer.produce(topic, value=str(value), key=str(value), on_delivery=delivered)
        producer.poll(0)
    expect_equal("records left in the queue", producer.flush(30), 0)
    return placed


def read_all(topic, partitions=4, **settings):
    """Every record of a topic, without a group's help."""
    reader = consumer(fresh("reader"), enable_partition_eof=True, **settings)
    reader.assign([TopicPartition(topic, index, OFFSET_BEGINNING) for index in range(partitions)])
    found, ended = [], set()
    deadline = time.monotonic() + 30
    while len(ended) < partitions:
        expect(time.monotonic() < deadline, f"the ends of {partitions} partitions: only {ended}")
        message = reader.poll(1)
        if message is None:
            continue
        if message.error():
            expect_equal("error", message.error().name(), "_PARTITION_EOF")
            ended.add(message.partition())
        else:
            found.append(message)
    reader.close()
    return found


@case
def admin_makes_changes_and_removes_topics():
    client = admin()
    topic = make_topic("cf-admin", 2, {"retention.ms": "3600000"})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    expect_equal("retention.ms", client.describe_configs([resource])[resource].result(20)["retention.ms"].value, "3600000")
    resource.add_incremental_config(ConfigEntry("max.message.bytes", "2000", incremental_operation=AlterConfigOpType.SET))
    client.incremental_alter_configs([resource])[resource].result(20)
    entry = client.describe_configs([resource])[resource].result(20)["max.message.bytes"]
    expect_equal("max.message.bytes", entry.value, "2000")
    client.create_partitions([NewPartitions(topic, 5)])[topic].result(20)
    wait_for(10, "five partitions", lambda: len(client.list_topics(topic, timeout=10).topics[topic].partitions) == 5)
    try:
        client.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)
        expect(False, "a topic that exists was made again")
    except KafkaException as error:
        expect_equal("error", error.args[0].name(), "TOPIC_ALREADY_EXISTS")
    client.delete_topics([topic])[topic].result(20)
    wait_for(10, "the topic is gone", lambda: topic not in client.list_topics(timeout=10).topics)
    cluster = client.describe_cluster().result(20)
    expect_equal("nodes", len(cluster.nodes), 1)
    expect(cluster.cluster_id, "no cluster id")


@case
def records_keep_keys_headers_and_timestamps():
    topic = make_topic("cf-round")
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "compression.type": "zstd"})
    headers = [("a", b"1"), ("a", b"2"), ("none", None)]
    stamp = int(time.time() * 1000) - 5000
    producer.produce(topic, value=b"with", key=b"key", headers=headers, timestamp=stamp, partition=1)
    producer.produce(topic, value=None, key=b"gone", partition=1)
    producer.flush(20)
    first, second = read_all(topic)
    expect_equal("headers", first.headers(), headers)
    expect_equal("timestamp", first.timestamp()[1], stamp)
    expect_equal("key and value", (first.key(), first.value(), first.partition(), first.offset()), (b"key", b"with", 1, 0))
    expect_equal("tombstone", (second.key(), second.value(), second.offset()), (b"gone", None, 1))


@case
def delivery_reports_name_the_offsets_that_are_read():
    topic = make_topic("cf-idem")
    placed = send(topic, range(5000), enable_idempotence=True, linger_ms=5)
    found = {message.value().decode(): (message.partition(), message.offset()) for message in read_all(topic)}
    expect_equal("places", found, placed)


@case
def records_are_deleted_and_offsets_listed():
    client = admin()
    topic = make_topic("cf-del", 1)
    send(topic, range(100))
    place = TopicPartition(topic, 0, 40)
    expect_equal("low watermark", client.delete_records([place])[place].result(20).low_watermark, 40)
    asked = TopicPartition(topic, 0)
    for spec, expected in ((OffsetSpec.earliest(), 40), (OffsetSpec.latest(), 100)):
        result = client.list_offsets({asked: spec}, isolation_level=IsolationLevel.READ_COMMITTED)[asked].result(20)
        expect_equal("offset", result.offset, expected)
    expect_equal("first value", read_all(topic, 1)[0].value(), b"40")


def group_round(protocol, **settings):
    """Two members share a topic, one leaves, the other goes on; every record is seen, and after a commit only once."""
    topic, group = make_topic(f"cf-{protocol}"), fresh("cf-g")
    if protocol == "classic":
        settings.update(session_timeout_ms=6000, heartbeat_interval_ms=500)
    members = [consumer(group, group_protocol=protocol, **settings) for _ in range(2)]
    seen = []

    def poll(which):
        for member in which:
            message = member.poll(0.1)
            if message is not None:
                expect(message.error() is None, f"poll: {message.error()}")
                seen.append(message.value().decode())

    def assigned():
        return sorted(len(member.assignment()) for member in members)

    def shared():
        poll(members)
        return assigned() == [2, 2]

    def all_seen(count, which):
        poll(which)
        return len(set(seen)) >= count

    for member in members:
        member.subscribe([topic])
    wait_for(40, f"two partitions each, not {assigned()}", shared)
    send(topic, range(300))
    wait_for(30, "300 records", lambda: all_seen(300, members))
    for member in members:
        member.commit(asynchronous=False)
    description = admin().describe_consumer_groups([group])[group].result(20)
    expect_equal("state", description.state.name, "STABLE")
    expect_equal("members", len(description.members), 2)
    members[1].close()
    wait_for(40, "the one that stays has all partitions", lambda: poll(members[:1]) is None and len(members[0].assignment()) == 4)
    send(topic, range(300, 600))
    wait_for(30, "600 records", lambda: all_seen(600, members[:1]))
    members[0].commit(asynchronous=False)
    members[0].close()
    expect_equal("records seen twice", len(seen) - len(set(seen)), 0)
    client = admin()
    offsets = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(20)
    expect_equal("committed", sum(place.offset for place in offsets.topic_partitions), 600)
    expect(group in [listed.group_id for listed in client.list_consumer_groups().result(20).valid], "the group is not listed")
    client.delete_consumer_groups([group])[group].result(20)


@case
def classic_group_rebalances():
    group_round("classic")


@case
def classic_group_rebalances_cooperatively():
    group_round("classic", partition_assignment_strategy="cooperative-sticky")


@case
def consumer_group_rebalances():
    group_round("consumer")


@case
def consumer_group_rebalances_with_the_range_assignor():
    group_round("consumer", group_remote_assignor="range")


@case
def transactions_move_records_and_offsets_together():
    source, target, group = make_topic("cf-src", 1), make_topic("cf-dst", 1), fresh("cf-tg")
    send(source, range(100))
    reader = consumer(group, session_timeout_ms=6000)
    reader.subscribe([source])
    writer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": fresh("cf-tx"), "transaction.timeout.ms": 20000})
    writer.init_transactions(30)
    batches, moved = 0, 0
    while moved < 100:
        batch = [message for message in reader.consume(10, timeout=5)]
        expect(batch, f"no records after {moved}")
        writer.begin_transaction()
        for message in batch:
            writer.produce(target, value=message.value(), key=message.key())
        writer.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), 30)
        batches += 1
        if batches % 3 == 2:
            # The whole step is undone: its records are not seen, and it starts again where the group stands.
            writer.flush(20)
            writer.abort_transaction(30)
            for place in reader.committed(reader.assignment(), timeout=20):
                reader.seek(TopicPartition(place.topic, place.partition, max(place.offset, 0)))
        else:
            writer.commit_transaction(30)
            moved += len(batch)
    committed = [int(message.value()) for message in read_all(target, 1, isolation_level="read_committed")]
    expect_equal("committed records", committed, list(range(100)))
    every = read_all(target, 1, isolation_level="read_uncommitted")
    expect(len(every) > 100, f"only {len(every)} records with the aborted ones")
    expect_equal("offset of the group", reader.committed(reader.assignment(), timeout=20)[0].offset, 100)
    reader.close()


@case
def an_older_producer_of_the_same_transactional_id_is_fenced():
    topic, name = make_topic("cf-fence", 1), fresh("cf-ftx")
    first, second = (Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": name}) for _ in range(2))
    first.init_transactions(30)
    first.begin_transaction()
    first.produce(topic, value=b"old")
    first.flush(20)
    second.init_transactions(30)
    second.begin_transaction()
    second.produce(topic, value=b"new")
    second.commit_transaction(30)
    try:
        first.commit_transaction(30)
        expect(False, "the older producer committed")
    except KafkaException as error:
        expect(error.args[0].name() in ("_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"), f"not fenced: {error}")
    expect_equal("committed", [m.value() for m in read_all(topic, 1, isolation_level="read_committed")], [b"new"])


main()
