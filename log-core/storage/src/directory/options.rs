//! How much room a data directory may take.

use crate::journal::{JournalOptions, room_of};
use std::time::Duration;

/// So much of the journal only changes of the directory may take, at most: on a full disk they are what frees room.
const RESERVE_BYTES_MAX: u64 = 64 << 10;

/// The limits of a data directory.
///
/// ```
/// use log_storage::DirectoryOptions;
/// let options = DirectoryOptions { hot_bytes_max: 64 << 20, ..DirectoryOptions::default() };
/// assert_eq!(options.journal_file_bytes, 64 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryOptions {
    /// The size of a journal file. Written with zeros once, when made.
    pub journal_file_bytes: u64,
    /// The most journal files, at least 2: when all are in use, whoever appends waits for a checkpoint.
    pub journal_files_max: usize,
    /// A checkpoint is due when so much was appended since the last one. It bounds the time of a restart.
    pub checkpoint_bytes: u64,
    /// A checkpoint is due when anything was appended and so much time has passed: retention and compaction touch only what one vouches for.
    pub checkpoint_interval: Duration,
    /// The memory for recent batches of all partitions, written to segments or not.
    pub hot_bytes_max: u64,
    /// The memory for indexes of segments of which everything is synced. When they take more they are let go, and read again when they are needed.
    pub index_bytes_max: usize,
    /// The memory for staged entries: whoever stages beyond it flushes first.
    pub group_bytes_max: u64,
    /// Up to so many files are synced each on their own in a checkpoint, more by one sync of the whole file system. That one pays for what
    /// other programs have unsynced there too.
    pub sync_each_max: usize,
    /// While the disk has less room than this, appends are refused after it once ran full.
    pub free_bytes_min: u64,
}

impl Default for DirectoryOptions {
    fn default() -> Self {
        DirectoryOptions {
            journal_file_bytes: 64 << 20,
            journal_files_max: 8,
            checkpoint_bytes: 192 << 20,
            checkpoint_interval: Duration::from_secs(30),
            hot_bytes_max: 256 << 20,
            index_bytes_max: 64 << 20,
            group_bytes_max: 32 << 20,
            sync_each_max: 64,
            free_bytes_min: 1 << 20,
        }
    }
}

impl DirectoryOptions {
    /// The largest entry of the journal, a transaction for example: half of the journal at most.
    pub fn entry_bytes_max(&self) -> u64 {
        let journal = self.journal();
        let files = journal.files_max as u64;
        // The file being written stays when a checkpoint frees all others.
        let free_bytes = (files - 1) * room_of(journal.file_bytes) - self.reserve_bytes();
        free_bytes.min(journal.file_bytes * files / 2).min(u64::from(u32::MAX))
    }

    pub(super) fn journal(&self) -> JournalOptions {
        let file_bytes = self.journal_file_bytes.max(4096).next_multiple_of(4096);
        JournalOptions { file_bytes, files_max: self.journal_files_max.max(2) }
    }

    /// What appends leave free in the journal.
    pub(super) fn reserve_bytes(&self) -> u64 {
        (self.journal().file_bytes / 8).min(RESERVE_BYTES_MAX)
    }
}
