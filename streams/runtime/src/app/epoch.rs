//! The records of one epoch as batches, by topic and partition, until they are committed.

use crate::Result;
use crate::task::{OutputRecord, OutputTopic, TaskOutput};
use log_model::{CompressionType, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};

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
        let builder = self.builders[topic][partition as usize].get_or_insert_with(|| BatchBuilder::new(CompressionType::None));
        let before = if builder.is_empty() { 0 } else { builder.size_bytes() };
        builder.append_parts(record.timestamp, record.key, record.value, record.headers)?;
        let after = builder.size_bytes();
        self.open_bytes += after - before;
        if after >= self.batch_bytes {
            self.open_bytes -= after;
            let batch = builder.build();
            self.finished_bytes += batch.size_bytes();
            let partition = self.topics[topic].name.partition(partition);
            self.finished.push(EpochBatch { topic, partition, batch });
        }
        Ok(())
    }
}
