//! Where a task's records go: the seam between a task and whoever drives it.

use super::targets::OutputTopic;
use crate::{Error, RecordWriter, Result};
use bytes::Bytes;
use log_client::partition_for_key;
use log_model::{Timestamp, TopicName};
use log_record::Header;

/// A record on its way out.
#[derive(Clone, Copy, Debug)]
pub struct OutputRecord<'a> {
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// The key's bytes.
    pub key: Option<&'a [u8]>,
    /// The value's bytes.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a [Header],
}

/// Takes the records of a task.
pub trait TaskOutput {
    /// Takes one record for partition `partition` of the topic numbered `topic` in [`TaskCore::output_topics`](super::TaskCore::output_topics).
    fn write(&mut self, topic: usize, partition: i32, record: OutputRecord<'_>) -> Result<()>;
}

/// The writer of one topic, as encoders see it: chooses partitions.
pub(super) struct TopicWriter<'a> {
    pub(super) out: &'a mut dyn TaskOutput,
    pub(super) target: usize,
    pub(super) topic: &'a OutputTopic,
    pub(super) task_partition: i32,
    pub(super) written: u64,
}

impl RecordWriter for TopicWriter<'_> {
    fn write(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
        partition: Option<i32>,
    ) -> Result<()> {
        let count = self.topic.partition_count;
        let partition = match (partition, key) {
            (Some(partition), _) if (0..count).contains(&partition) => partition,
            (Some(partition), _) => {
                return Err(Error::failed(format!("topic {} has {count} partitions, not partition {partition}", self.topic.name)));
            }
            (None, _) if count == 1 => 0,
            (None, Some(key)) => partition_for_key(key, count),
            (None, None) => self.task_partition % count,
        };
        self.written += 1;
        self.out.write(self.target, partition, OutputRecord { timestamp, key, value, headers })
    }
}

/// A record that a task wrote, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedRecord {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// The key's bytes.
    pub key: Option<Bytes>,
    /// The value's bytes.
    pub value: Option<Bytes>,
    /// The headers, in order.
    pub headers: Vec<Header>,
}

/// Keeps what a task writes, in order: for tests and drivers without a log.
#[derive(Clone, Debug)]
pub struct CollectedOutput {
    topics: Vec<OutputTopic>,
    records: Vec<CollectedRecord>,
}

impl CollectedOutput {
    /// For a task with these [`output_topics`](super::TaskCore::output_topics).
    pub fn new(topics: &[OutputTopic]) -> Self {
        CollectedOutput { topics: topics.to_vec(), records: Vec::new() }
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<CollectedRecord> {
        std::mem::take(&mut self.records)
    }
}

impl TaskOutput for CollectedOutput {
    fn write(&mut self, topic: usize, partition: i32, record: OutputRecord<'_>) -> Result<()> {
        self.records.push(CollectedRecord {
            topic: self.topics[topic].name.clone(),
            partition,
            timestamp: record.timestamp,
            key: record.key.map(Bytes::copy_from_slice),
            value: record.value.map(Bytes::copy_from_slice),
            headers: record.headers.to_vec(),
        });
        Ok(())
    }
}
