//! The records of one epoch as batches, by topic and partition, until they are committed.
//!
//! What always holds: no batch is larger than its topic takes.

use crate::task::{OutputRecord, OutputTopic, TaskOutput};
use crate::{Error, Result};
use log_model::{CompressionType, TopicPartition};
use log_record::{BATCH_HEADER_BYTES, BatchBuilder, RecordBatch};

/// What the deltas of timestamp and offset take more, at most, in a record that is not the first of its batch.
const DELTA_BYTES: usize = 13;

/// A finished batch and where it goes.
#[derive(Clone, Debug)]
pub(super) struct EpochBatch {
    /// The topic's number in the task.
    pub(super) topic: usize,
    pub(super) partition: TopicPartition,
    pub(super) batch: RecordBatch,
}

/// The output of one task since its last commit.
#[derive(Debug)]
pub(super) struct EpochOutput {
    topics: Vec<OutputTopic>,
    /// By topic, then by partition.
    builders: Vec<Vec<Option<BatchBuilder>>>,
    finished: Vec<EpochBatch>,
    finished_bytes: usize,
    open_bytes: usize,
    batch_bytes: usize,
}

impl EpochOutput {
    pub(super) fn new(topics: &[OutputTopic], batch_bytes: usize) -> Self {
        let builders = topics.iter().map(|topic| (0..topic.partition_count).map(|_| None).collect()).collect();
        EpochOutput { topics: topics.to_vec(), builders, finished: Vec::new(), finished_bytes: 0, open_bytes: 0, batch_bytes }
    }

    /// Bytes of records since the last commit.
    pub(super) fn size_bytes(&self) -> usize {
        self.finished_bytes + self.open_bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size_bytes() == 0
    }

    /// All batches of the epoch, in the order of their records within each partition. Empty afterwards.
    pub(super) fn take(&mut self) -> Vec<EpochBatch> {
        for (topic, builders) in self.builders.iter_mut().enumerate() {
            for (partition, builder) in builders.iter_mut().enumerate() {
                if let Some(builder) = builder
                    && !builder.is_empty()
                {
                    let partition = self.topics[topic].name.partition(partition as i32);
                    self.finished.push(EpochBatch { topic, partition, batch: builder.build() });
                }
            }
        }
        (self.finished_bytes, self.open_bytes) = (0, 0);
        std::mem::take(&mut self.finished)
    }
}

impl TaskOutput for EpochOutput {
    fn write(&mut self, topic: usize, partition: i32, record: OutputRecord<'_>) -> Result<()> {
        let limit_bytes = self.topics[topic].batch_bytes_max;
        let size_bytes = record.batch_bytes();
        if size_bytes > limit_bytes {
            return Err(Error::RecordTooLarge { topic: self.topics[topic].name.clone(), size_bytes, limit_bytes });
        }
        let builder = self.builders[topic][partition as usize].get_or_insert_with(|| BatchBuilder::new(CompressionType::None));
        let mut before = if builder.is_empty() { 0 } else { builder.size_bytes() };
        if before > 0 && before + size_bytes - BATCH_HEADER_BYTES + DELTA_BYTES > limit_bytes {
            let batch = builder.build();
            self.finish(topic, partition, batch, before);
            before = 0;
        }
        let builder = self.builders[topic][partition as usize].get_or_insert_with(|| BatchBuilder::new(CompressionType::None));
        builder.append_parts(record.timestamp, record.key, record.value, record.headers)?;
        let after = builder.size_bytes();
        self.open_bytes += after - before;
        if after >= self.batch_bytes {
            let batch = builder.build();
            self.finish(topic, partition, batch, after);
        }
        Ok(())
    }
}

impl EpochOutput {
    /// Takes over a batch that was counted as `open_bytes` so far.
    fn finish(&mut self, topic: usize, partition: i32, batch: RecordBatch, open_bytes: usize) {
        self.open_bytes -= open_bytes;
        self.finished_bytes += batch.size_bytes();
        let partition = self.topics[topic].name.partition(partition);
        self.finished.push(EpochBatch { topic, partition, batch });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::OutputTopicKind;
    use log_model::{Timestamp, TopicName};
    use proptest::prelude::*;

    fn output(batch_bytes_max: usize, batch_bytes: usize) -> EpochOutput {
        let name = TopicName::new("t").unwrap();
        let topic = OutputTopic { name, partition_count: 1, kind: OutputTopicKind::Repartition(0), batch_bytes_max };
        EpochOutput::new(&[topic], batch_bytes)
    }

    proptest! {
        #[test]
        fn no_batch_is_larger_than_its_topic_takes_and_none_is_lost(
            sizes in prop::collection::vec(0usize..900, 1..60), times in prop::collection::vec(any::<i32>(), 60),
        ) {
            let mut out = output(1000, 700);
            for (size, time) in sizes.iter().zip(&times) {
                let value = vec![b'x'; *size];
                let record = OutputRecord { timestamp: Timestamp(i64::from(*time)), key: None, value: Some(&value), headers: &[] };
                out.write(0, 0, record).unwrap();
            }
            let batches = out.take();
            prop_assert!(out.is_empty());
            prop_assert!(batches.iter().all(|batch| batch.batch.size_bytes() <= 1000));
            let found: Vec<usize> = batches
                .iter()
                .flat_map(|batch| batch.batch.records().unwrap())
                .map(|record| record.unwrap().value.as_ref().unwrap().len())
                .collect();
            prop_assert_eq!(found, sizes);
        }
    }

    #[test]
    fn a_record_that_never_fits_says_what_to_raise() {
        let value = [b'x'; 1000];
        let record = OutputRecord { timestamp: Timestamp(1), key: None, value: Some(&value), headers: &[] };
        let error = output(1000, 700).write(0, 0, record).unwrap_err();
        assert!(error.to_string().contains("where topic t takes 1000; raise its max.message.bytes"), "{error}");
    }
}
