//! Collects records by partition and builds batches that fit their topics: the content of one transaction.

use crate::topics::Topic;
use log_client::partition_for_key;
use log_model::{CompressionType, TopicName, TopicPartition};
use log_record::{BatchBuilder, Record, RecordBatch};
use std::collections::BTreeMap;

/// Batches are cut here even where a topic takes larger ones.
const BATCH_BYTES: usize = 1 << 20;
/// What a batch and a record take beside key, value and headers, at most.
const OVERHEAD_BYTES: usize = 61 + 40;

/// The bytes a record takes in a batch of its own, at most.
pub(crate) fn record_bytes(record: &Record) -> usize {
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    let headers: usize = record.headers.iter().map(|header| header.key.len() + length(&header.value) + 10).sum();
    OVERHEAD_BYTES + length(&record.key) + length(&record.value) + headers
}

/// The content of one transaction.
#[derive(Default)]
pub(crate) struct Outbox {
    building: BTreeMap<TopicPartition, BatchBuilder>,
    built: Vec<(TopicPartition, RecordBatch)>,
    bytes: usize,
    /// Moves on with each transaction: records without a key take turns by transaction, so that batches are large.
    turn: i32,
}

impl Outbox {
    /// Adds a record, which must fit the topic. Without a partition the key decides, or whose turn it is.
    pub(crate) fn add(&mut self, name: &TopicName, topic: Topic, partition: Option<i32>, record: &Record) -> Result<(), log_record::Error> {
        let partition = match (partition, &record.key) {
            (Some(partition), _) => partition,
            (None, Some(key)) => partition_for_key(key, topic.partition_count),
            (None, None) => self.turn.rem_euclid(topic.partition_count.max(1)),
        };
        let partition = name.partition(partition);
        let size_bytes = record_bytes(record);
        let most = topic.batch_bytes_max.min(BATCH_BYTES.max(size_bytes));
        let builder = match self.building.get_mut(&partition) {
            Some(builder) => builder,
            None => self.building.entry(partition.clone()).or_insert_with(|| BatchBuilder::new(CompressionType::None)),
        };
        if !builder.is_empty() && builder.size_bytes() + size_bytes > most {
            self.built.push((partition, builder.build()));
        }
        self.bytes += size_bytes;
        builder.append(record)
    }

    /// The bytes it holds, roughly.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// All batches, in order within each partition; it is empty afterwards.
    pub(crate) fn take(&mut self) -> Vec<(TopicPartition, RecordBatch)> {
        let mut batches = std::mem::take(&mut self.built);
        for (partition, builder) in &mut self.building {
            if !builder.is_empty() {
                batches.push((partition.clone(), builder.build()));
            }
        }
        self.bytes = 0;
        self.turn = self.turn.wrapping_add(1);
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use log_model::Timestamp;

    #[test]
    fn batches_fit_their_topic_and_keep_the_order() {
        let name = TopicName::new("t").unwrap();
        let topic = Topic { partition_count: 2, batch_bytes_max: 1000 };
        let mut outbox = Outbox::default();
        for number in 0..100u32 {
            let record = Record::new(Timestamp(1), None, Some(Bytes::from(format!("{number:050}"))));
            outbox.add(&name, topic, None, &record).unwrap();
        }
        let batches = outbox.take();
        assert!(batches.len() > 5 && batches.iter().all(|(partition, batch)| partition.partition == 0 && batch.size_bytes() <= 1000));
        let values: Vec<u32> = batches
            .iter()
            .flat_map(|(_, batch)| batch.records().unwrap())
            .map(|record| std::str::from_utf8(record.unwrap().value.as_ref().unwrap()).unwrap().parse().unwrap())
            .collect();
        assert_eq!(values, (0..100).collect::<Vec<_>>());
        // The next transaction is the other partition's turn; a key decides for itself.
        outbox.add(&name, topic, None, &Record::new(Timestamp(1), None, None)).unwrap();
        outbox.add(&name, topic, Some(0), &Record::new(Timestamp(1), None, None)).unwrap();
        let partitions: Vec<i32> = outbox.take().iter().map(|(partition, _)| partition.partition).collect();
        assert_eq!(partitions, [0, 1]);
        assert_eq!(outbox.size_bytes(), 0);
    }
}
