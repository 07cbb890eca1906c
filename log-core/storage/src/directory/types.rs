//! What the calls of a data directory give back.

use log_model::{LeaderEpoch, Offset, TopicConfig, TopicId, TopicPartition};
use log_record::RecordBatch;

/// Where the batches of one partition went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendOutcome {
    /// The offset of the first record; of the original, if the producer sent it before.
    pub base_offset: Offset,
    /// The offset of the last record.
    pub last_offset: Offset,
    /// Whether all batches had been appended before and none was appended now.
    pub is_duplicate: bool,
}

/// An entry that is numbered but not yet on stable storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "acknowledge it once a flush has reached its lsn"]
pub struct Staged {
    /// The entry, and the original of every duplicate in it, is durable and visible once a flush gives this or more.
    pub lsn: u64,
    /// One outcome a partition, sorted by partition.
    pub results: Vec<(TopicPartition, AppendOutcome)>,
}

/// How far the journal is on stable storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durable {
    /// Everything staged with this lsn or a lower one may be acknowledged.
    pub lsn: u64,
}

/// How far a reader sees: Kafka's `isolation.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Everything durable.
    ReadUncommitted,
    /// Nothing at or beyond the first open transaction.
    ReadCommitted,
}

/// Batches read, and the partition's offsets at that moment.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Whole batches; the first may begin before the offset asked for, and one may hold no records.
    pub batches: Vec<RecordBatch>,
    /// The first offset that may be read.
    pub log_start: Offset,
    /// Everything below is decided.
    pub last_stable: Offset,
    /// One past the last offset that may be read.
    pub high_watermark: Offset,
}

/// The offsets of one partition at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionOffsets {
    /// The id of its topic.
    pub topic_id: TopicId,
    /// The epoch in which it appends now.
    pub leader_epoch: LeaderEpoch,
    /// The first offset that may be read.
    pub log_start: Offset,
    /// Everything below is decided.
    pub last_stable: Offset,
    /// One past the last offset that may be read.
    pub high_watermark: Offset,
}

/// The state of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionInfo {
    /// The id of its topic.
    pub topic_id: TopicId,
    /// The configuration of its topic.
    pub config: TopicConfig,
    /// The first offset that may be read.
    pub log_start: Offset,
    /// Everything below is decided.
    pub last_stable: Offset,
    /// One past the last offset that may be read.
    pub high_watermark: Offset,
    /// One past the last offset given out.
    pub log_end: Offset,
    /// The bytes of its batches, in segments or waiting for them.
    pub size_bytes: u64,
    /// The number of its segments.
    pub segment_count: usize,
    /// Why it refuses to serve, if it does.
    pub damage: Option<String>,
}

/// What maintenance did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Segments removed because they are too old or too many.
    pub segments_removed: u64,
    /// Partitions compacted.
    pub partitions_compacted: u64,
    /// Idempotent producers forgotten after a day of silence.
    pub producers_expired: u64,
}
