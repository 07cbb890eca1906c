//! Who makes a change of a partition's files durable.

/// Who makes a change durable.
///
/// One `fdatasync` a file is quickest for a few files; for a thousand partitions one `syncfs` takes a fifteenth of the time (155 ms and
/// 10 ms for 1,000 files of 4 KiB on the reference machine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncing {
    /// Each file and directory is synced on its own; the change is durable on return.
    Each,
    /// The caller syncs the whole file system afterwards, for many partitions at once. Until then nothing may count on the change.
    Whole,
}
