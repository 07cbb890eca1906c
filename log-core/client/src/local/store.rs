//! What [`crate::local::LocalConsumer`] asks of the log behind it.

use crate::local::{GroupRegistry, Wakeups};
use crate::{GroupMetadata, Isolation, OffsetAndMetadata, Result};
use async_trait::async_trait;
use log_model::{GroupId, Offset, TopicId, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;

/// The limits of a partition now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionBounds {
    /// Of the topic: another id under the same name is another topic.
    pub topic_id: TopicId,
    /// The first offset there is.
    pub log_start: Offset,
    /// One past the last decided record.
    pub last_stable: Offset,
    /// One past the last acknowledged record.
    pub high_watermark: Offset,
}

impl PartitionBounds {
    /// One past the last record that a reader of this isolation may see.
    pub fn end(&self, isolation: Isolation) -> Offset {
        match isolation {
            Isolation::ReadCommitted => self.last_stable,
            Isolation::ReadUncommitted => self.high_watermark,
        }
    }
}

/// What to read of one partition.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// The first offset wanted; it may lie inside a batch.
    pub from: Offset,
    /// What may be shown.
    pub isolation: Isolation,
    /// How many bytes of batches to return.
    pub max_bytes: usize,
    /// Whether the first batch is returned even if it is larger.
    pub at_least_one: bool,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Application batches in offset order, each with a record at or after `from` possible.
    pub batches: Vec<RecordBatch>,
    /// Where to read on: beyond what was returned and what was left out (control batches, aborted transactions).
    pub next: Offset,
}

/// A log in this process, as its consumers see it. No call but [`LocalStore::commit_offsets`] waits for a disk to sync.
#[async_trait]
pub trait LocalStore: Send + Sync + 'static {
    /// Errors: the log is closed.
    fn check_open(&self) -> Result<()> {
        Ok(())
    }

    /// How many partitions a topic has. Errors: it does not exist.
    fn partition_count(&self, topic: &TopicName) -> Result<i32>;

    /// The limits of a partition. Errors: it does not exist.
    fn bounds(&self, partition: &TopicPartition) -> Result<PartitionBounds>;

    /// Reads batches. Errors: `OffsetOutOfRange`, or the partition is damaged or gone.
    fn read(&self, partition: &TopicPartition, request: ReadRequest) -> Result<Fetched>;

    /// What a group has committed for a partition.
    fn committed_offset(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata>;

    /// Commits positions durably. Errors: the group fences the caller, a partition does not exist, or the log cannot store them.
    async fn commit_offsets(&self, by: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()>;

    /// The groups with members in this process.
    fn groups(&self) -> &Arc<GroupRegistry>;

    /// Whom to wake when a partition grows.
    fn wakeups(&self) -> &Wakeups;
}
