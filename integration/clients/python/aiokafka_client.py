"""Round trips with aiokafka, which speaks low versions of everything: admin calls, records, a group with rebalances, transactions."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import ProducerFenced, TopicAlreadyExistsError

from cases import BOOTSTRAP, case, expect, expect_equal, fresh, main


class Admin:
    """`async with Admin() as client`."""

    async def __aenter__(self):
        self.client = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        await self.client.start()
        return self.client

    async def __aexit__(self, *error):
        await self.client.close()


async def make_topic(word, partitions=4):
    name = fresh(word)
    async with Admin() as client:
        await client.create_topics([NewTopic(name, partitions, 1)])
    return name


async def until(seconds, what, condition):
    deadline = time.monotonic() + seconds
    while not await condition():
        expect(time.monotonic() < deadline, f"{what}: not within {seconds} s")


async def send(topic, values, **settings):
    """Sends the values with themselves as keys; returns (partition, offset) per value."""
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, **settings) as producer:
        sent = [(value, await producer.send(topic, str(value).encode(), key=str(value).encode())) for value in values]
        placed = {value: await future for value, future in sent}
    return {str(value): (place.partition, place.offset) for value, place in placed.items()}


async def read_all(topic, partitions=4, **settings):
    places = [TopicPartition(topic, index) for index in range(partitions)]
    found = []
    async with AIOKafkaConsumer(bootstrap_servers=BOOTSTRAP, enable_auto_commit=False, **settings) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)

        async def at_the_end():
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(records)
            return all([await consumer.position(place) >= ends[place] for place in places])

        await until(30, f"the ends {ends}", at_the_end)
    return found


@case
async def admin_makes_changes_and_removes_topics():
    topic = await make_topic("aio-admin", 2)
    async with Admin() as client:
        try:
            answer = await client.create_topics([NewTopic(topic, 2, 1)])
            expect_equal("error code of the second creation", answer.topic_errors[0][1], TopicAlreadyExistsError.errno)
        except TopicAlreadyExistsError:
            pass
        await client.create_partitions({topic: NewPartitions(3)})

        async def has_three():
            return len((await client.describe_topics([topic]))[0]["partitions"]) == 3

        await until(10, "three partitions", has_three)
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "7200000"})])
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        expect_equal("retention.ms", settings["retention.ms"], "7200000")
        await client.delete_topics([topic])

        async def is_gone():
            return topic not in await client.list_topics()

        await until(10, "the topic is gone", is_gone)


@case
async def records_keep_keys_headers_and_timestamps():
    topic = await make_topic("aio-round")
    stamp = int(time.time() * 1000) - 5000
    headers = [("a", b"1"), ("a", b"2")]
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec) as producer:
            await producer.send_and_wait(topic, (codec or "none").encode() * 100, key=b"key", partition=1, timestamp_ms=stamp, headers=headers)
    found = await read_all(topic)
    expect_equal("values", [record.value[:4] for record in found], [b"none", b"gzip", b"snap", b"lz4l", b"zstd"])
    expect_equal("headers", {record.headers for record in found}, {tuple(headers)})
    expect_equal("timestamps", {record.timestamp for record in found}, {stamp})
    async with AIOKafkaConsumer(bootstrap_servers=BOOTSTRAP) as consumer:
        place = TopicPartition(topic, 1)
        times = await consumer.offsets_for_times({place: stamp})
        expect_equal("offset of the time", (times[place].offset, times[place].timestamp), (0, stamp))


@case
async def idempotent_records_lie_where_the_answers_say():
    topic = await make_topic("aio-idem")
    placed = await send(topic, range(2000), enable_idempotence=True)
    found = {record.value.decode(): (record.partition, record.offset) for record in await read_all(topic)}
    expect_equal("places", found, placed)


@case
async def a_group_rebalances():
    topic, group = await make_topic("aio-group"), fresh("aio-g")

    async def member():
        one = AIOKafkaConsumer(topic, bootstrap_servers=BOOTSTRAP, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                               session_timeout_ms=6000, heartbeat_interval_ms=500)
        await one.start()
        return one

    members = [await member()]
    seen = []

    async def poll():
        for one in members:
            for records in (await one.getmany(timeout_ms=100)).values():
                seen.extend(record.value.decode() for record in records)

    async def shared():
        await poll()
        return sorted(len(one.assignment()) for one in members) == [4 // len(members)] * len(members)

    await until(30, "the only member has four", shared)
    members.append(await member())
    await until(30, "two have two each", shared)
    await send(topic, range(300))

    def all_seen(count):
        async def condition():
            await poll()
            return len(set(seen)) >= count
        return condition

    await until(30, "300 records", all_seen(300))
    for one in members:
        await one.commit()
    await members.pop().stop()
    await until(30, "the one that stays has four", shared)
    await send(topic, range(300, 600))
    await until(30, "600 records", all_seen(600))
    await members[0].commit()
    expect_equal("records seen twice", len(seen) - len(set(seen)), 0)
    async with Admin() as client:
        expect(group in [listed[0] for listed in await client.list_consumer_groups()], "the group is not listed")
        offsets = await client.list_consumer_group_offsets(group)
        expect_equal("committed", sum(place.offset for place in offsets.values()), 600)
    await members[0].stop()


def stands_at(reader, place, offset):
    async def condition():
        return (await reader.committed(place) or 0) == offset
    return condition


@case
async def transactions_move_records_and_offsets_together():
    source, target, group = await make_topic("aio-src", 1), await make_topic("aio-dst", 1), fresh("aio-tg")
    await send(source, range(50))
    place = TopicPartition(source, 0)
    async with AIOKafkaConsumer(source, bootstrap_servers=BOOTSTRAP, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False) as reader, \
            AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=fresh("aio-tx")) as writer:
        step, moved = 0, 0
        while moved < 50:
            batch = (await reader.getmany(timeout_ms=5000, max_records=10)).get(place, [])
            expect(batch, f"no records after {moved}")
            step += 1
            await writer.begin_transaction()
            for record in batch:
                await writer.send(target, record.value)
            await writer.send_offsets_to_transaction({place: batch[-1].offset + 1}, group)
            if step % 3 == 2:
                await writer.abort_transaction()
                # Where the group stands is known a moment after the answer to the commit before.
                await until(20, f"the group stands at {moved}", stands_at(reader, place, moved))
                reader.seek(place, moved)
            else:
                await writer.commit_transaction()
                moved += len(batch)
        await until(20, "the group stands at 50", stands_at(reader, place, 50))
    found = [int(record.value) for record in await read_all(target, 1, isolation_level="read_committed")]
    expect_equal("committed records", found, list(range(50)))
    expect(len(await read_all(target, 1)) > 50, "the aborted records are gone from the log")


@case
async def an_older_producer_of_the_same_transactional_id_is_fenced():
    topic, name = await make_topic("aio-fence", 1), fresh("aio-ftx")
    old = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=name)
    await old.start()
    await old.begin_transaction()
    await old.send_and_wait(topic, b"old")
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=name) as new:
        async with new.transaction():
            await new.send_and_wait(topic, b"new")
    try:
        await asyncio.wait_for(old.commit_transaction(), 30)
        expect(False, "the older producer committed")
    except ProducerFenced:
        pass
    try:
        await asyncio.wait_for(old.stop(), 10)
    except (ProducerFenced, asyncio.TimeoutError):
        pass
    expect_equal("committed", [r.value for r in await read_all(topic, 1, isolation_level="read_committed")], [b"new"])


main()
