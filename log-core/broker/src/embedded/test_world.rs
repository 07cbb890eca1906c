//! A log in a simulated world, and small steps in it, for the tests of this crate.

use crate::embedded::contract_tests::small;
use crate::{EmbeddedLog, EmbeddedOptions};
use log_client::{
    Consumer, ConsumerOptions, Error, FetchLimit, GroupMetadata, Log, NewTopic, OffsetAndMetadata, OffsetSpec, Position, Producer,
    ProducerOptions,
};
use log_env::{Env, Sim, SimDisk};
use log_model::{CompressionType, GroupId, Offset, Timestamp, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use std::sync::Arc;

/// A log in a simulated world.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) env: Env,
    options: EmbeddedOptions,
    log: Option<EmbeddedLog>,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        World::with(seed, small(false))
    }

    pub(crate) fn with(seed: u64, options: EmbeddedOptions) -> World {
        World::on(seed, SimDisk::new(), options)
    }

    pub(crate) fn on(seed: u64, disk: SimDisk, options: EmbeddedOptions) -> World {
        let (env, sim) = Env::simulated_on(seed, disk);
        let log = EmbeddedLog::open(env.clone(), "data", options.clone()).unwrap();
        World { sim, env, options, log: Some(log) }
    }

    pub(crate) fn log(&self) -> &EmbeddedLog {
        self.log.as_ref().unwrap()
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.sim.run_until(future)
    }

    /// The machine loses power; what was not synced may be there or not.
    pub(crate) fn power_cut(self, seed: u64) -> World {
        World::on(seed, self.sim.disk.crash(self.env.random.as_ref()), self.options.clone())
    }

    /// The log is closed and opened again.
    pub(crate) fn reopened(mut self, seed: u64) -> World {
        self.log.take().unwrap().close().unwrap();
        World::on(seed, self.sim.disk.clone(), self.options.clone())
    }
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

pub(crate) fn batch(value: &str) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    builder.append_parts(Timestamp(1), None, Some(value.as_bytes()), &[]).unwrap();
    builder.build()
}

pub(crate) async fn create(log: &EmbeddedLog, name: &str) -> TopicPartition {
    log.admin().create_topic(NewTopic::new(topic(name), 1)).await.unwrap();
    topic(name).partition(0)
}

pub(crate) async fn transactional(log: &EmbeddedLog, id: &str) -> Arc<dyn Producer> {
    log.producer(ProducerOptions { transactional_id: Some(id.into()), ..Default::default() }).await.unwrap()
}

pub(crate) async fn send(producer: &Arc<dyn Producer>, partition: &TopicPartition, value: &str) -> Result<Offset, Error> {
    producer.send(partition, batch(value)).await?.await
}

pub(crate) async fn reader(log: &EmbeddedLog, partition: &TopicPartition) -> Box<dyn Consumer> {
    let mut consumer = log.consumer(ConsumerOptions::default()).await.unwrap();
    consumer.assign(&[(partition.clone(), Position::Earliest)]).await.unwrap();
    consumer
}

/// Everything a reader finds.
pub(crate) async fn batches(log: &EmbeddedLog, partition: &TopicPartition) -> Vec<RecordBatch> {
    let mut reader = reader(log, partition).await;
    let end = log.admin().find_offset(partition, OffsetSpec::Latest).await.unwrap().unwrap().offset;
    let mut batches = Vec::new();
    // A poll may find nothing but what compaction left of removed records, and go past it.
    while reader.position(partition).is_some_and(|position| position < end) {
        let poll = reader.poll(FetchLimit::default()).await.unwrap();
        batches.extend(poll.batches.into_iter().map(|fetched| fetched.batch));
    }
    batches
}

pub(crate) async fn values(log: &EmbeddedLog, partition: &TopicPartition) -> Vec<String> {
    let records = batches(log, partition).await.into_iter().flat_map(|batch| batch.records().unwrap());
    records.map(|record| String::from_utf8(record.unwrap().value.clone().unwrap().to_vec()).unwrap()).collect()
}

pub(crate) fn unmanaged() -> GroupMetadata {
    GroupMetadata::unmanaged(GroupId::new("app"))
}

pub(crate) fn position(offset: i64) -> OffsetAndMetadata {
    OffsetAndMetadata { metadata: "mine".into(), ..OffsetAndMetadata::at(Offset(offset)) }
}
