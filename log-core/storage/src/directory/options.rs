//! How much room a data directory may take.

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
    /// A checkpoint is due when so much was journaled since the last one. It bounds the time of a restart.
    pub checkpoint_bytes: u64,
    /// The memory for recent batches of all partitions, written to segments or not.
    pub hot_bytes_max: u64,
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
            hot_bytes_max: 256 << 20,
            group_bytes_max: 32 << 20,
            sync_each_max: 64,
            free_bytes_min: 1 << 20,
        }
    }
}
