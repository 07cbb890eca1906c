//! One partition: segments in Kafka's file formats, the hot tail in memory, producers, epochs, recovery, retention and compaction.
//!
//! ```text
//! topics/<topic>-<partition>/
//!   <base offset>.log         batches v2, one after the other, without gaps in their offsets; zeros may follow the last (`room`)
//!   <base offset>.index       sparse: offset → position             a cache, checked when followed
//!   <base offset>.timeindex   sparse: timestamp → offset            a cache, checked when followed
//!   <base offset>.txnindex    aborted transactions, if there are any
//!   <offset>.snapshot         producer state just before the offset
//!   unreplayed.batches        what a damaged partition could not take in from the journal; hardly ever there
//!   leader-epoch-checkpoint   text; kept for tools, the recovery point has the same facts
//!   partition.metadata        text: the id of the topic
//! ```
//!
//! The way of a batch: [`prepare`](PartitionLog::prepare) (checked, numbered, staged) → durable in the journal →
//! [`commit`](PartitionLog::commit) (visible, hot) → [`write_behind`](PartitionLog::write_behind) (in a segment) →
//! [`begin_sync`](PartitionLog::begin_sync) … [`finish_sync`](PartitionLog::finish_sync) (durable there, vouched for by a [`RecoveryPoint`]).
//!
//! What always holds, asserted in release builds:
//! - `log start ≤ last stable offset ≤ high watermark ≤ log end`, and `written end ≤ high watermark`;
//! - the log has no gaps: where compaction or a crash of an unsynced topic took records away, a batch without records covers their offsets;
//! - nothing below the recovery point is changed except by whole-segment removal, compaction of segments before the recovery
//!   point's, and truncation, which the caller announces in a checkpoint first;
//! - bytes read from disk are given out only after their CRC, their place in the sequence of offsets and their epoch were checked; the first
//!   damage found closes the partition to readers and producers. What it had accepted still goes its way into the segments, unless the
//!   damage was found on opening: then its files are left alone, and what the journal still had for it is kept beside them.
//!
//! Not here: the journal, checkpoints, locks, threads, clocks.

mod append;
mod compaction;
mod damage;
mod dump;
mod epochs;
mod file_names;
mod filler;
mod folder;
mod hot_tail;
mod indexes;
mod log;
mod offset_index;
mod place;
mod producer_info;
mod producer_snapshot;
mod producer_state;
mod read;
mod recover;
mod recover_producers;
mod recovery_point;
mod replay;
mod retention;
mod room;
mod scan;
mod segment;
mod sync;
mod syncing;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_model;
#[cfg(test)]
mod tests_resting;
#[cfg(test)]
mod tests_room;
mod time_index;
mod transaction_index;
mod truncate;
mod unreplayed;
mod write_behind;

pub use append::{Placed, Prepared};
pub use compaction::{Compacted, CompactionJob, CompactionReport};
pub use damage::Damage;
pub use dump::SmallFile;
pub use epochs::EpochStart;
pub use log::PartitionLog;
pub use place::PartitionPlace;
pub use producer_info::ProducerInfo;
pub use producer_state::AppendOrigin;
pub use read::TimestampOffset;
pub use recovery_point::RecoveryPoint;
pub use retention::{Removed, RetentionPlan, SegmentFacts, decide as decide_retention};
pub use sync::SyncJob;
pub use syncing::Syncing;
pub use transaction_index::AbortedTransaction;
