//! Keeping the last value of each key: the log cleaner.
//!
//! Three steps, so that the long one needs no lock: [`PartitionLog::plan_compaction`](super::PartitionLog::plan_compaction) decides and
//! collects, [`CompactionJob::run`] rewrites segments beside the old ones, and
//! [`PartitionLog::install_compaction`](super::PartitionLog::install_compaction) swaps them in.
//!
//! What always holds: offsets, order, and the offset range and producer of every batch that is kept stay as they were; runs of removed
//! batches become fillers, so the log has no gaps; the active segment, anything unsynced and anything at or above the last stable offset is
//! never touched. Source: Kafka's `Cleaner` and `LogCleanerManager`, KIP-534 for tombstones.

mod install;
mod offset_map;
mod plan;
mod retained;
mod rewrite;
#[cfg(test)]
mod tests;
mod transactions;

pub use install::CompactionReport;
pub(super) use install::finish_swaps;
pub use plan::CompactionJob;
pub use rewrite::Compacted;
