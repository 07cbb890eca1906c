//! The role that looks after topics: creates, describes and deletes them, finds offsets, forgets old records.

use crate::{OffsetAndMetadata, Result};
use async_trait::async_trait;
use log_model::{GroupId, LeaderEpoch, Offset, Timestamp, TopicConfig, TopicId, TopicName, TopicPartition};
use std::collections::BTreeMap;

/// A topic to create.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// Its name.
    pub name: TopicName,
    /// How many partitions, at least 1; or [`NewTopic::DEFAULT_PARTITIONS`].
    pub partition_count: i32,
    /// Its configuration.
    pub config: TopicConfig,
}

impl NewTopic {
    /// As many partitions as the log gives a topic by itself: `num.partitions` of a server, 1 in a directory or in memory.
    pub const DEFAULT_PARTITIONS: i32 = -1;

    /// A topic with the default configuration.
    pub fn new(name: TopicName, partition_count: i32) -> Self {
        NewTopic { name, partition_count, config: TopicConfig::default() }
    }

    /// The same with another configuration.
    pub fn with_config(mut self, config: TopicConfig) -> Self {
        self.config = config;
        self
    }
}

/// One partition as the log sees it. `log_start ≤ last_stable ≤ high_watermark ≤ log_end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionInfo {
    /// The partition's index.
    pub partition: i32,
    /// The first offset there is.
    pub log_start: Offset,
    /// Everything below is decided: readers at read_committed stop here.
    pub last_stable: Offset,
    /// Everything below is acknowledged.
    pub high_watermark: Offset,
    /// The bytes its records take in the log; 0 where a log over a network is not told.
    pub size_bytes: u64,
}

/// A topic as the log sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: TopicName,
    /// Its id.
    pub id: TopicId,
    /// Its configuration.
    pub config: TopicConfig,
    /// Its partitions, by index from 0.
    pub partitions: Vec<PartitionInfo>,
}

/// Which offset of a partition is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first there is.
    Earliest,
    /// One past the last that readers may see.
    Latest,
    /// The first record whose timestamp is at or after this one.
    AtOrAfter(Timestamp),
    /// The record with the largest timestamp.
    MaxTimestamp,
}

/// The answer to an [`OffsetSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetAndTimestamp {
    /// The offset.
    pub offset: Offset,
    /// The record's timestamp; [`Timestamp::NONE`] for earliest and latest.
    pub timestamp: Timestamp,
    /// The leader epoch of the record.
    pub leader_epoch: LeaderEpoch,
}

/// Looks after topics. All effects are durable when a call returns.
///
/// ```
/// use log_client::memory::MemoryLog;
/// use log_client::{Log, NewTopic, OffsetSpec};
/// use log_model::{Offset, TopicConfig, TopicName};
///
/// # futures::executor::block_on(async {
/// let admin = MemoryLog::new().admin();
/// let visits = TopicName::new("visits")?;
/// let config = TopicConfig::from_entries([("retention.ms", "86400000")])?;
/// admin.create_topic(NewTopic::new(visits.clone(), 4).with_config(config)).await?;
/// admin.add_partitions(&visits, 8).await?;
/// assert_eq!(admin.describe_topic(&visits).await?.partitions.len(), 8);
/// let end = admin.find_offset(&visits.partition(7), OffsetSpec::Latest).await?;
/// assert_eq!(end.map(|end| end.offset), Some(Offset(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Admin: Send + Sync {
    /// Creates a topic. Errors: it exists, or the partition count is below 1.
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription>;

    /// Deletes a topic and its records. Errors: it does not exist.
    async fn delete_topic(&self, topic: &TopicName) -> Result<()>;

    /// All topics, internal ones included, by name.
    async fn list_topics(&self) -> Result<Vec<TopicName>>;

    /// One topic. Errors: it does not exist.
    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription>;

    /// Replaces a topic's configuration.
    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()>;

    /// Adds partitions up to `partition_count`; never removes any.
    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()>;

    /// Forgets all records below an offset; the partition starts there from now on. Returns the new start.
    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset>;

    /// Finds an offset; `None` where no record answers the question.
    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>>;

    /// All consumer groups that committed something or have members.
    async fn list_groups(&self) -> Result<Vec<GroupId>>;

    /// What a group has committed, by partition.
    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>>;
}
