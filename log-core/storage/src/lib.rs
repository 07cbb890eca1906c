//! One data directory: journal, segments, indexes, recovery, retention, compaction.
//!
//! ```text
//! headwater.lock        who has the directory open
//! headwater.version     format of the directory; a newer one is refused
//! checkpoint            per partition what its files hold durably, and where the journal is replayed from
//! journal/<seq>.journal preallocated files of 512-byte sectors; every acknowledged batch goes here first, all partitions mixed
//! topics/<topic>-<n>/   one partition: segments and indexes in Kafka's layout
//! ```
//!
//! A [`DataDirectory`] is synchronous, starts no threads, reads no clock, and may be called from many threads at once.
//! A batch is *staged* (numbered, in memory), *flushed* (in the journal on stable storage, visible), *written behind* (in its segment's
//! page cache) and finally covered by a *checkpoint* (segment synced, journal space free again).

mod directory;
mod error;
mod journal;
pub mod partition;

pub use directory::{
    AppendOutcome, DataDirectory, DirectoryOptions, Durable, Fetched, Isolation, Maintained, PartitionInfo, PartitionOffsets, Staged,
};
pub use error::{Error, Result};
