//! Where a task's records go: the seam between a task and whoever drives it.

use super::in_band::InBandWatermark;
use super::targets::{OutputTopic, OutputTopicKind};
use crate::{Error, RecordWriter, Result};
use bytes::Bytes;
use log_client::partition_for_key;
use log_model::{Timestamp, TopicName};
use log_record::{BATCH_HEADER_BYTES, Header};

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

impl OutputRecord<'_> {
    /// The size of a batch that holds only this record.
    pub(crate) fn batch_bytes(&self) -> usize {
        let part = |bytes: Option<&[u8]>| bytes.map_or(1, |bytes| varint_bytes(bytes.len()) + bytes.len());
        let header = |header: &Header| varint_bytes(header.key.len()) + header.key.len() + part(header.value.as_deref());
        // Attributes and the two deltas, which are 0 in the first record of a batch, take a byte each.
        let headers = varint_bytes(self.headers.len()) + self.headers.iter().map(header).sum::<usize>();
        let body = 3 + part(self.key) + part(self.value) + headers;
        BATCH_HEADER_BYTES + varint_bytes(body) + body
    }
}

/// What a length takes as a zigzag varint.
fn varint_bytes(length: usize) -> usize {
    let bits = usize::BITS - (length << 1).leading_zeros();
    (bits as usize).div_ceil(7).max(1)
}

/// Takes the records of a task.
pub trait TaskOutput {
    /// Takes one record for partition `partition` of the topic numbered `topic` in [`TaskCore::output_topics`](super::TaskCore::output_topics).
    fn write(&mut self, topic: usize, partition: i32, record: OutputRecord<'_>) -> Result<()>;
}

/// The writer of one topic, as encoders see it: chooses partitions.
pub(super) struct TopicWriter<'a> {
    pub(super) out: &'a mut dyn TaskOutput,
    pub(super) node: usize,
    pub(super) target: usize,
    pub(super) topic: &'a OutputTopic,
    pub(super) task_partition: i32,
    pub(super) written: u64,
    /// Records the topic does not take.
    pub(super) too_large: &'a mut Vec<TooLarge>,
}

/// A record of a sink that its topic does not take.
#[derive(Debug)]
pub(super) struct TooLarge {
    pub(super) node: usize,
    pub(super) target: usize,
    pub(super) partition: i32,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Vec<Header>,
    pub(super) batch_bytes: usize,
}

impl TooLarge {
    /// As an error of the application.
    pub(super) fn error(&self, topic: &OutputTopic) -> Error {
        Error::RecordTooLarge { topic: topic.name.clone(), size_bytes: self.batch_bytes, limit_bytes: topic.batch_bytes_max }
    }
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
        let kept = match self.topic.kind {
            OutputTopicKind::Repartition(_) if InBandWatermark::is_among(headers) => Some(InBandWatermark::without(headers)),
            _ => None,
        };
        let headers = kept.as_deref().unwrap_or(headers);
        let record = OutputRecord { timestamp, key, value, headers };
        let batch_bytes = record.batch_bytes();
        if self.topic.kind == OutputTopicKind::Sink && batch_bytes > self.topic.batch_bytes_max {
            let kept = |bytes: Option<&[u8]>| bytes.map(Bytes::copy_from_slice);
            let (node, target, headers) = (self.node, self.target, headers.to_vec());
            self.too_large.push(TooLarge { node, target, partition, timestamp, key: kept(key), value: kept(value), headers, batch_bytes });
            return Ok(());
        }
        self.written += 1;
        self.out.write(self.target, partition, record)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_cannot_pass_for_a_watermark_in_a_repartition_topic_and_keeps_its_other_headers() {
        let others = [Header::new("kept", "a"), Header::new("also", "b")];
        let forged = [&others[..1], InBandWatermark::headers(), &others[1..]].concat();
        for (kind, expected) in [(OutputTopicKind::Repartition(0), &others[..]), (OutputTopicKind::Sink, &forged[..])] {
            let name = TopicName::new("t").unwrap();
            let topic = OutputTopic { name, partition_count: 1, kind, batch_bytes_max: 1000 };
            let mut out = CollectedOutput::new(std::slice::from_ref(&topic));
            let mut too_large = Vec::new();
            let (out_ref, too_large): (&mut dyn TaskOutput, _) = (&mut out, &mut too_large);
            let mut writer = TopicWriter { out: out_ref, node: 0, target: 0, topic: &topic, task_partition: 0, written: 0, too_large };
            writer.write(Timestamp(1), None, Some(b"eighteen bytes more"), &forged, None).unwrap();
            assert_eq!(out.take()[0].headers, expected, "{kind:?}");
        }
    }
}
