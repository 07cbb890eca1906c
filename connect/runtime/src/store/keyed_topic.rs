//! A compacted topic read as a table: the last value of each key.

use crate::topics::ensure_topic;
use bytes::Bytes;
use log_client::{ConsumerOptions, FetchLimit, Log, OffsetSpec, Position, Producer, ProducerOptions, Result, partition_for_key};
use log_env::Env;
use log_model::{CleanupPolicy, CompressionType, Timestamp, TopicConfig, TopicName};
use log_record::{BatchBuilder, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A compacted topic.
#[derive(Clone)]
pub(crate) struct KeyedTopic {
    log: Arc<dyn Log>,
    env: Env,
    name: TopicName,
    partition_count: i32,
    producer: Arc<dyn Producer>,
}

impl KeyedTopic {
    /// Opens the topic and creates it if it is missing.
    pub(crate) async fn open(log: Arc<dyn Log>, env: Env, name: &str, partition_count: i32) -> Result<KeyedTopic> {
        let name = TopicName::new(name)?;
        let config = TopicConfig { cleanup_policy: CleanupPolicy::Compact, ..TopicConfig::default() };
        let topic = ensure_topic(log.admin().as_ref(), &name, partition_count, &config).await?;
        let options = ProducerOptions { client_id: format!("connect-{name}"), transactional_id: None };
        let producer = log.producer(options).await?;
        Ok(KeyedTopic { log, env, name, partition_count: topic.partition_count, producer })
    }

    pub(crate) fn name(&self) -> &TopicName {
        &self.name
    }

    pub(crate) fn partition_count(&self) -> i32 {
        self.partition_count
    }

    /// Everything up to now: the last value of each key, without those that were deleted.
    pub(crate) async fn read(&self) -> Result<BTreeMap<Bytes, Bytes>> {
        let admin = self.log.admin();
        let mut ends = BTreeMap::new();
        for partition in 0..self.partition_count {
            let partition = self.name.partition(partition);
            if let Some(end) = admin.find_offset(&partition, OffsetSpec::Latest).await? {
                ends.insert(partition, end.offset);
            }
        }
        let mut consumer = self.log.consumer(ConsumerOptions { client_id: format!("connect-{}", self.name), ..Default::default() }).await?;
        let assignment: Vec<_> = ends.keys().map(|partition| (partition.clone(), Position::Earliest)).collect();
        consumer.assign(&assignment).await?;
        let mut table = BTreeMap::new();
        loop {
            let poll = consumer.poll(FetchLimit::default()).await?;
            for fetched in &poll.batches {
                let records = fetched.batch.records().map_err(|error| corrupt(&self.name, &error))?;
                for record in records {
                    let record = record.map_err(|error| corrupt(&self.name, &error))?;
                    match (record.record.key, record.record.value) {
                        _ if record.offset < fetched.from => {}
                        (Some(key), Some(value)) => _ = table.insert(key, value),
                        (Some(key), None) => _ = table.remove(&key),
                        (None, _) => {}
                    }
                }
            }
            let is_done = ends.iter().all(|(partition, end)| consumer.position(partition).is_some_and(|position| position >= *end));
            if is_done {
                consumer.close().await?;
                return Ok(table);
            }
            if poll.batches.is_empty() {
                consumer.ready().await;
            }
        }
    }

    /// Writes entries durably, in order; `None` deletes a key. Entries of one partition are written all or none.
    pub(crate) async fn write(&self, entries: Vec<(Bytes, Option<Bytes>)>) -> Result<()> {
        let now = Timestamp(self.env.clock.wall_ms());
        let mut builders = BTreeMap::new();
        for (key, value) in entries {
            let partition = partition_for_key(&key, self.partition_count);
            let builder = builders.entry(partition).or_insert_with(|| BatchBuilder::new(CompressionType::None));
            builder
                .append(&Record::new(now, Some(key), value))
                .map_err(|error| log_client::Error::Invalid { reason: error.to_string() })?;
        }
        let mut deliveries = Vec::new();
        for (partition, mut builder) in builders {
            deliveries.push(self.producer.send(&self.name.partition(partition), builder.build()).await?);
        }
        for delivery in deliveries {
            delivery.await?;
        }
        Ok(())
    }
}

fn corrupt(name: &TopicName, error: &log_record::Error) -> log_client::Error {
    log_client::Error::Corrupt { what: format!("topic {name}"), reason: error.to_string() }
}
