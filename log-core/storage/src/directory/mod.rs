//! The data directory as a whole: all partitions, the journal they share, and the checkpoint that ties both together.
//!
//! Locks, in the order in which they may be taken together: maintenance, topics, checkpoint, commit, partitions (by name), staging. Files are synced
//! while only the first four are held, so that staging and reading go on meanwhile.

mod append;
mod change;
mod checkpoint;
mod data_directory;
mod flush;
mod health;
mod maintain;
mod options;
mod read;
mod recovery;
mod sealed_file;
mod slot;
mod syncer;
mod topics;
mod truncate;
mod types;
mod write_behind;

pub use data_directory::DataDirectory;
pub use options::DirectoryOptions;
pub use types::{AppendOutcome, Durable, Fetched, Isolation, Maintained, PartitionInfo, PartitionOffsets, Staged};
