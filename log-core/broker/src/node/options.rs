//! The limits and periods of an embedded log.

use log_storage::DirectoryOptions;
use std::time::Duration;

/// How an embedded log behaves. The defaults suit a machine with a few GiB of memory.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// The room the data directory may take in memory and in the journal.
    pub directory: DirectoryOptions,
    /// The bytes of batches that are sent but not acknowledged; `send` waits beyond it.
    pub in_flight_bytes_max: usize,
    /// The bytes of one transaction; a larger one is refused. No more than half of the journal counts, because a transaction is one entry of it.
    pub transaction_bytes_max: u64,
    /// Batches are copied into segments when so many bytes were staged since the last time, or at the next interval.
    pub write_behind_bytes: u64,
    /// How often staged batches are copied into segments at the latest.
    pub write_behind_interval: Duration,
    /// How often retention and compaction look at all partitions.
    pub maintenance_interval: Duration,
    /// The size of a segment of the log's own topics when these are made. They are compacted a segment at a time and read when the log opens, so
    /// small ones keep that quick.
    pub internal_segment_bytes: i32,
    /// Whether commit and background loops have threads of their own. Without, they are tasks of the environment's spawner, as a simulation
    /// needs them.
    pub threads: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        EmbeddedOptions {
            directory: DirectoryOptions::default(),
            in_flight_bytes_max: 16 << 20,
            transaction_bytes_max: 128 << 20,
            write_behind_bytes: 32 << 20,
            write_behind_interval: Duration::from_millis(500),
            maintenance_interval: Duration::from_secs(30),
            internal_segment_bytes: 16 << 20,
            threads: true,
        }
    }
}
