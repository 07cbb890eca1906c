// Round trips with kafkajs: admin calls, records with keys and headers, a group with rebalances, transactions.
// `node kafkajs_client.mjs --list` prints the cases, `node kafkajs_client.mjs NAME` runs one. KAFKAJS is the folder of the package.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const { Kafka, ConfigResourceTypes, CompressionTypes, logLevel } = createRequire(`${process.env.KAFKAJS}/`)('kafkajs')
const kafka = () => new Kafka({ clientId: 'round-trip', brokers: [process.env.BOOTSTRAP], logLevel: logLevel.ERROR, retry: { retries: 8 } })

const fresh = word => `${word}-${Date.now()}-${Math.floor(Math.random() * 1e9)}`
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

async function until(seconds, what, condition) {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition())) {
    assert(Date.now() < deadline, `${what}: not within ${seconds} s`)
    await sleep(100)
  }
}

async function withAdmin(work) {
  const admin = kafka().admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

async function makeTopic(word, numPartitions = 4) {
  const topic = fresh(word)
  await withAdmin(admin => admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }], waitForLeaders: true }))
  return topic
}

async function send(topic, values, options = {}, producerOptions = {}) {
  const producer = kafka().producer({ allowAutoTopicCreation: false, ...producerOptions })
  await producer.connect()
  await producer.send({ topic, messages: values.map(value => ({ key: String(value), value: String(value) })), ...options })
  await producer.disconnect()
}

// Reads a topic with a group of its own until `count` records are there, and a moment longer for those that should not come.
async function readAll(topic, count, readUncommitted = false) {
  const consumer = kafka().consumer({ groupId: fresh('js-reader'), readUncommitted })
  const found = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ partition, message }) => void found.push({ partition, ...message }) })
  await until(30, `${count} records`, () => found.length >= count)
  await sleep(1000)
  await consumer.disconnect()
  return found
}

const cases = {
  async admin_makes_changes_and_removes_topics() {
    const topic = await makeTopic('js-admin', 2)
    await withAdmin(async admin => {
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] }), false, 'a topic that exists was made again')
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await until(10, 'three partitions', async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 3)
      const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
      await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '7200000' }] }] })
      const { resources } = await admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }], includeSynonyms: false })
      assert.equal(resources[0].configEntries[0].configValue, '7200000')
      const cluster = await admin.describeCluster()
      assert.equal(cluster.brokers.length, 1)
      await admin.deleteTopics({ topics: [topic] })
      await until(10, 'the topic is gone', async () => !(await admin.listTopics()).includes(topic))
    })
  },

  async records_keep_keys_and_headers() {
    const topic = await makeTopic('js-round')
    const producer = kafka().producer()
    await producer.connect()
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      await producer.send({ topic, acks: -1, compression, messages: [{ key: 'key', value: `codec ${compression}`, partition: 1, headers: { a: 'b' } }] })
    }
    await producer.send({ topic, messages: [{ key: 'key', value: null, partition: 1 }] })
    await producer.disconnect()
    const found = await readAll(topic, 3)
    assert.deepEqual(found.map(one => one.value && one.value.toString()), ['codec 0', 'codec 1', null])
    assert.deepEqual(found.map(one => one.offset), ['0', '1', '2'])
    assert.equal(found[0].headers.a.toString(), 'b')
    const offsets = await withAdmin(admin => admin.fetchTopicOffsets(topic))
    assert.deepEqual(offsets.map(one => [one.partition, one.low, one.high]).sort(), [[0, '0', '0'], [1, '0', '3'], [2, '0', '0'], [3, '0', '0']])
  },

  async records_are_deleted() {
    const topic = await makeTopic('js-del', 1)
    await send(topic, [...Array(20).keys()])
    await withAdmin(async admin => {
      // It deletes only from topics that it has asked about before.
      assert.equal((await admin.fetchTopicOffsets(topic))[0].high, '20')
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '15' }] })
      assert.equal((await admin.fetchTopicOffsets(topic))[0].low, '15')
    })
    assert.deepEqual((await readAll(topic, 5)).map(one => one.value.toString()), ['15', '16', '17', '18', '19'])
  },

  async a_group_rebalances() {
    const topic = await makeTopic('js-group')
    const groupId = fresh('js-g')
    const seen = []
    const join = async () => {
      const member = { partitions: 0, seen: 0, consumer: kafka().consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500 }) }
      member.consumer.on(member.consumer.events.GROUP_JOIN, ({ payload }) => { member.partitions = (payload.memberAssignment[topic] || []).length })
      await member.consumer.connect()
      await member.consumer.subscribe({ topic, fromBeginning: true })
      await member.consumer.run({ autoCommitInterval: 200, eachMessage: async ({ message }) => { member.seen++; seen.push(message.value.toString()) } })
      return member
    }
    const first = await join()
    await until(30, 'the only member has four', () => first.partitions === 4)
    const second = await join()
    await until(30, 'two have two each', () => first.partitions === 2 && second.partitions === 2)
    await send(topic, [...Array(300).keys()])
    await until(30, '300 records', () => new Set(seen).size === 300)
    assert(first.seen > 0 && second.seen > 0, 'a member got nothing')
    await withAdmin(async admin => {
      const { groups } = await admin.describeGroups([groupId])
      assert.equal(groups[0].state, 'Stable')
      assert.equal(groups[0].members.length, 2)
      assert((await admin.listGroups()).groups.some(one => one.groupId === groupId), 'the group is not listed')
    })
    await second.consumer.disconnect()
    await until(30, 'the one that stays has four', () => first.partitions === 4)
    await send(topic, [...Array(300).keys()].map(number => number + 300))
    await until(30, '600 records', () => new Set(seen).size === 600)
    assert.equal(seen.length, 600, 'records were seen twice')
    await first.consumer.disconnect()
    await withAdmin(async admin => {
      const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
      assert.equal(partitions.reduce((sum, one) => sum + Number(one.offset), 0), 600)
      await admin.deleteGroups([groupId])
    })
  },

  async transactions_move_records_and_offsets_together() {
    const topic = await makeTopic('js-txn', 1)
    const groupId = fresh('js-tg')
    const producer = kafka().producer({ transactionalId: fresh('js-tx'), idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const step of [0, 1, 2, 3]) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [...Array(10).keys()].map(number => ({ value: String(step * 10 + number) })) })
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions: [{ partition: 0, offset: String(step) }] }] })
      await (step % 2 ? transaction.abort() : transaction.commit())
    }
    await producer.disconnect()
    const numbers = async (count, uncommitted) => (await readAll(topic, count, uncommitted)).map(one => Number(one.value))
    assert.deepEqual(await numbers(20, false), [...Array(10).keys(), ...[...Array(10).keys()].map(number => number + 20)])
    assert.equal((await numbers(40, true)).length, 40)
    const offset = async () => (await withAdmin(admin => admin.fetchOffsets({ groupId, topics: [topic] })))[0].partitions[0].offset
    await until(20, 'the group stands at 2', async () => (await offset()) === '2')
  },
}

const wanted = process.argv[2]
if (wanted === '--list') {
  console.log(Object.keys(cases).join('\n'))
} else {
  try {
    await cases[wanted]()
    process.exit(0)
  } catch (error) {
    console.error(error)
    console.error(`fail: ${String(error.message).split('\n')[0]}`)
    process.exit(1)
  }
}
