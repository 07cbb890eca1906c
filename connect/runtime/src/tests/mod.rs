//! Worker tests: in simulated time, on a memory log that is slow enough to be interrupted anywhere.

mod errors;
mod exactly_once;
mod face;
mod files;
mod memory_connectors;
mod slow_log;

use crate::{Worker, WorkerOptions};
use connect_api::Plugin;
use log_client::{ConsumerOptions, FetchLimit, Log, NewTopic, OffsetSpec, Position, ProducerOptions};
use log_env::{Env, Sim};
use log_model::{CompressionType, Timestamp, TopicName};
use log_record::{BatchBuilder, OffsetRecord};
use slow_log::slow_log;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A simulated world with a log in it.
pub(super) struct World {
    pub(super) env: Env,
    pub(super) sim: Sim,
    pub(super) log: Arc<dyn Log>,
}

impl World {
    pub(super) fn new(seed: u64) -> World {
        let (env, sim) = Env::simulated(seed);
        let log = slow_log(env.clone());
        World { env, sim, log }
    }

    pub(super) fn start(&self, plugins: &[Plugin]) -> Worker {
        let options = WorkerOptions { offset_flush_interval: std::time::Duration::from_millis(20), ..WorkerOptions::default() };
        self.sim.run_until(Worker::start(self.log.clone(), self.env.clone(), plugins.to_vec(), options)).unwrap()
    }

    pub(super) fn create_topic(&self, name: &str, partition_count: i32) {
        let topic = NewTopic::new(TopicName::new(name).unwrap(), partition_count);
        self.sim.run_until(self.log.admin().create_topic(topic)).unwrap();
    }

    /// Appends records without keys to a partition, a few a batch.
    pub(super) fn produce(&self, name: &str, partition: i32, values: impl Iterator<Item = Option<String>>) {
        let partition = TopicName::new(name).unwrap().partition(partition);
        let values: Vec<_> = values.collect();
        self.sim.run_until(async {
            let producer = self.log.producer(ProducerOptions::default()).await.unwrap();
            for values in values.chunks(7) {
                let mut builder = BatchBuilder::new(CompressionType::None);
                for value in values {
                    builder.append_parts(Timestamp(1), None, value.as_deref().map(str::as_bytes), &[]).unwrap();
                }
                producer.send(&partition, builder.build()).await.unwrap().await.unwrap();
            }
        });
    }

    /// Every record of a topic, by partition.
    pub(super) fn read(&self, name: &str) -> BTreeMap<i32, Vec<OffsetRecord>> {
        self.sim.run_until(async {
            let topic = self.log.admin().describe_topic(&TopicName::new(name).unwrap()).await.unwrap();
            let mut consumer = self.log.consumer(ConsumerOptions::default()).await.unwrap();
            let mut found = BTreeMap::new();
            for partition in topic.partitions {
                let partition = topic.name.partition(partition.partition);
                let end = self.log.admin().find_offset(&partition, OffsetSpec::Latest).await.unwrap().unwrap().offset;
                consumer.assign(&[(partition.clone(), Position::Earliest)]).await.unwrap();
                let records: &mut Vec<OffsetRecord> = found.entry(partition.partition).or_default();
                while consumer.position(&partition).is_none_or(|position| position < end) {
                    for fetched in consumer.poll(FetchLimit::default()).await.unwrap().batches {
                        records.extend(fetched.batch.records().unwrap().map(Result::unwrap));
                    }
                }
            }
            found
        })
    }

    /// The values of a topic as text, partition by partition.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let text = |record: OffsetRecord| String::from_utf8(record.value.clone().unwrap_or_default().to_vec()).unwrap();
        self.read(name).into_values().flatten().map(text).collect()
    }
}

pub(super) fn config(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}
