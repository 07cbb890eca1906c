//! The role that reads batches, by itself or as a member of a group.

use crate::Result;
use async_trait::async_trait;
use futures::future::BoxFuture;
use log_model::{GroupId, LeaderEpoch, Offset, TopicName, TopicPartition};
use log_record::RecordBatch;

/// Whether records of open transactions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Only decided records; aborted ones never.
    #[default]
    ReadCommitted,
    /// Everything acknowledged.
    ReadUncommitted,
}

/// Where a consumer starts in a partition for which the group has committed nothing, or whose committed offset is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the first record there is.
    #[default]
    Earliest,
    /// After the last.
    Latest,
    /// Fail with `OffsetOutOfRange`.
    Fail,
}

/// How a consumer behaves.
#[derive(Clone, Debug, Default)]
pub struct ConsumerOptions {
    /// The name in logs and metrics.
    pub client_id: String,
    /// The group for `subscribe`, committed positions and fencing.
    pub group: Option<GroupId>,
    /// What to show.
    pub isolation: Isolation,
    /// Where to start.
    pub reset: OffsetReset,
}

/// Where to read a partition from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The first record there is.
    Earliest,
    /// After the last record.
    Latest,
    /// This offset.
    At(Offset),
    /// What the consumer's group committed, else by [`OffsetReset`].
    Committed,
}

/// A committed position: the offset of the next record to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetAndMetadata {
    /// The next record to read.
    pub offset: Offset,
    /// The epoch of the record before it.
    pub leader_epoch: LeaderEpoch,
    /// The application's own words, up to 4096 bytes.
    pub metadata: String,
}

impl OffsetAndMetadata {
    /// A position without epoch and metadata.
    pub fn at(offset: Offset) -> Self {
        OffsetAndMetadata { offset, leader_epoch: LeaderEpoch::NONE, metadata: String::new() }
    }
}

/// Who commits positions: fences members of older generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// The group.
    pub group: GroupId,
    /// The generation; -1 for a consumer that assigns itself.
    pub generation: i32,
    /// The member; empty for a consumer that assigns itself.
    pub member: String,
}

impl GroupMetadata {
    /// For a consumer that assigns itself: no fencing by the group.
    pub fn unmanaged(group: GroupId) -> Self {
        GroupMetadata { group, generation: -1, member: String::new() }
    }
}

/// How much one poll may return.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimit {
    /// Bytes over all partitions; at least one batch is returned if there is one.
    pub max_bytes: usize,
    /// Bytes of one partition, likewise.
    pub max_partition_bytes: usize,
}

impl Default for FetchLimit {
    fn default() -> Self {
        FetchLimit { max_bytes: 8 << 20, max_partition_bytes: 1 << 20 }
    }
}

/// A batch read from a partition.
#[derive(Clone, Debug)]
pub struct FetchedBatch {
    /// Where it is from.
    pub partition: TopicPartition,
    /// The batch, as stored. Never a control batch.
    pub batch: RecordBatch,
    /// The position before this batch: skip records below it (a position may lie inside a batch).
    pub from: Offset,
    /// One past the last record readers of this isolation may see, at the time of the read: the lag is its distance from the position.
    pub end: Offset,
}

/// A changed assignment. A partition on both sides is that of a topic that was deleted and created anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebalance {
    /// To be given up: no more records of them come. Nobody else is given them before this consumer polls again or leaves, so what was read can be
    /// brought to its end and committed first; after that commits for them are refused.
    pub revoked: Vec<TopicPartition>,
    /// Newly ours, positioned by [`Position::Committed`].
    pub assigned: Vec<TopicPartition>,
}

/// What a poll found.
#[derive(Clone, Debug, Default)]
pub struct Poll {
    /// Batches, in offset order within a partition. Empty if there is nothing now.
    pub batches: Vec<FetchedBatch>,
    /// The partitions whose position this poll left at the end of what readers may see. Of others nothing is said: they have more, or were not looked at
    /// because they are paused, the poll was full, or it ended early.
    pub at_end: Vec<TopicPartition>,
    /// Set when the group gave or took partitions; the batches already follow the new assignment. When it took some there are no batches, so that work on
    /// them does not keep waiting who gets what was taken: the next poll gives it up.
    pub rebalance: Option<Rebalance>,
}

/// Reads batches. Owned by one task.
///
/// ```
/// use log_client::memory::MemoryLog;
/// use log_client::{Consumer, ConsumerOptions, FetchLimit, Log, NewTopic, OffsetAndMetadata, ProducerOptions};
/// use log_model::{CompressionType, GroupId, Timestamp, TopicName};
/// use log_record::BatchBuilder;
///
/// # futures::executor::block_on(async {
/// # let log = MemoryLog::new();
/// # let clicks = TopicName::new("clicks")?;
/// # log.admin().create_topic(NewTopic::new(clicks.clone(), 1)).await?;
/// # let mut batch = BatchBuilder::new(CompressionType::None);
/// # batch.append_parts(Timestamp(0), None, Some(b"a click"), &[])?;
/// # log.producer(ProducerOptions::default()).await?.send(&clicks.partition(0), batch.build()).await?.await?;
/// let group = GroupId::new("counters");
/// let mut consumer = log.consumer(ConsumerOptions { group: Some(group.clone()), ..Default::default() }).await?;
/// consumer.subscribe(&[clicks.clone()]).await?;
/// consumer.ready().await;
/// let mut done = Vec::new();
/// for fetched in consumer.poll(FetchLimit::default()).await?.batches {
///     done.push((fetched.partition, OffsetAndMetadata::at(fetched.batch.next_offset())));
/// }
/// consumer.commit(done).await?;
/// assert_eq!(log.admin().committed(&group).await?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Consumer: Send {
    /// Joins the group and shares the topics' partitions among its members. Errors: no group in the options, unknown topic.
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()>;

    /// Reads exactly these partitions, replacing any earlier assignment; no group membership.
    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()>;

    /// The partitions being read.
    fn assignment(&self) -> Vec<TopicPartition>;

    /// Returns what is there now, without waiting, and moves the positions past it. Takes turns among partitions.
    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll>;

    /// Resolves when a poll may return something that the last one did not. Cancel safe; may resolve early, never misses.
    fn ready(&self) -> BoxFuture<'static, ()>;

    /// Moves the position of an assigned partition.
    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()>;

    /// The next offset to read.
    fn position(&self, partition: &TopicPartition) -> Option<Offset>;

    /// Stops (`true`) or resumes reading some assigned partitions.
    fn pause(&mut self, partitions: &[TopicPartition], paused: bool);

    /// Commits positions of the group, durably. Errors: fenced or rebalancing, or no group.
    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()>;

    /// For [`crate::Producer::send_offsets`].
    fn group_metadata(&self) -> Option<GroupMetadata>;

    /// Leaves the group at once. Dropping the consumer does the same.
    async fn close(&mut self) -> Result<()>;
}
