//! What can go wrong in a data directory, and what the caller should do about it.

use log_model::{ErrorKind, Offset, ProducerEpoch, ProducerId, Sequence, TopicPartition};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// The result of a storage call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why storage refused or failed.
#[derive(Debug, Error)]
pub enum Error {
    /// A file could not be synced. Whatever the system says, a full disk too: the pages may be dropped and the next sync succeed, so nothing
    /// is known about them and nothing is tried again.
    #[error("cannot sync {}", path.display())]
    Sync {
        /// The file or directory, or a place on the file system.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file cannot be read. If that is more than a passing shortage, what it holds is as good as damaged.
    #[error("cannot read {} at byte {position}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The byte at which the read began.
        position: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file operation failed: anything but reading what is stored, and syncing.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Bytes that were durable are damaged; nothing is served from them.
    #[error("{} is damaged at byte {position}: {reason}; restore it from a copy", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// The byte at which the damage shows.
        position: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A file or directory that must be there is not.
    #[error("{} is missing{reason}; put it back from a copy of the data directory", path.display())]
    Missing {
        /// The file or directory.
        path: PathBuf,
        /// How that is known, after a comma; or empty.
        reason: &'static str,
    },
    /// An offset outside of what the partition holds.
    #[error("offset {offset} is out of range of {partition}: it holds {log_start} to {end_offset}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The offset asked for.
        offset: Offset,
        /// The first offset there is.
        log_start: Offset,
        /// One past the last offset.
        end_offset: Offset,
    },
    /// A batch larger than the topic allows.
    #[error("batch of {size_bytes} bytes for {partition} exceeds max.message.bytes {max_bytes}; send smaller batches or raise it")]
    BatchTooLarge {
        /// The partition.
        partition: TopicPartition,
        /// The size of the batch.
        size_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// A batch that may not be appended as it is.
    #[error("batch refused by {partition}: {reason}")]
    InvalidBatch {
        /// The partition.
        partition: TopicPartition,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A gap or overlap in the sequence numbers of an idempotent producer.
    #[error("producer {producer_id} sent sequence {found} to {partition} where {expected} was expected; an earlier batch is missing")]
    OutOfOrderSequence {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The next sequence in order.
        expected: Sequence,
        /// The sequence of the batch.
        found: Sequence,
    },
    /// A producer of an older epoch.
    #[error("producer {producer_id} with epoch {found} is fenced from {partition} by epoch {current}; start a new producer")]
    ProducerFenced {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The epoch that holds.
        current: ProducerEpoch,
        /// The epoch of the batch.
        found: ProducerEpoch,
    },
    /// A batch that does not fit the state of its producer's transaction.
    #[error("producer {producer_id} broke its transaction in {partition}: {reason}")]
    InvalidTransactionState {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A batch whose bytes are wrong.
    #[error(transparent)]
    Record(#[from] log_record::Error),
    /// No such partition in this directory.
    #[error("partition {partition} does not exist; create the topic first")]
    UnknownPartition {
        /// The partition asked for.
        partition: TopicPartition,
    },
    /// The partition exists already, possibly of another topic id.
    #[error("partition {partition} exists already; delete its topic first or choose another name")]
    PartitionExists {
        /// The partition to be created.
        partition: TopicPartition,
    },
    /// The journal or the memory is taken by entries that are not yet flushed, or the disk has no room. Nothing was accepted.
    #[error("no room for {needed_bytes} more bytes: {reason}")]
    Full {
        /// The size of what was refused.
        needed_bytes: u64,
        /// Which limit, and what frees room.
        reason: String,
    },
    /// An entry that can never have a place in the journal.
    #[error(
        "an entry of {size_bytes} bytes exceeds {max_bytes} bytes, half of the journal; append less at once or raise journal_files_max"
    )]
    EntryTooLarge {
        /// The size of the entry.
        size_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// The partition is being cut or deleted at this moment.
    #[error("partition {partition} is being changed; try again")]
    Busy {
        /// The partition.
        partition: TopicPartition,
    },
    /// Another process, or another opening in this one, has the directory.
    #[error("data directory {} is in use by {owner}; stop that program or choose another directory", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// The words of the one who holds it.
        owner: String,
    },
    /// The directory was written by a newer program.
    #[error("data directory {} has format version {found}, this program reads up to {supported}; use a newer program", path.display())]
    UnsupportedVersion {
        /// The data directory.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        supported: u32,
    },
    /// A write or sync failed earlier: what is on disk is no longer known, so nothing is served. Open the directory again.
    #[error("data directory is dead since a disk failure: {reason}; mend the disk and start again")]
    Dead {
        /// The failure that killed it.
        reason: String,
    },
}

impl Error {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => ErrorKind::Full,
                io::ErrorKind::NotFound => ErrorKind::Missing,
                _ => ErrorKind::Closed,
            },
            Error::Sync { .. } => ErrorKind::Closed,
            Error::Unreadable { source, .. } if is_shortage(source) => ErrorKind::Retry,
            Error::Unreadable { .. } | Error::Corrupt { .. } | Error::Missing { .. } => ErrorKind::Corrupt,
            Error::OffsetOutOfRange { .. }
            | Error::BatchTooLarge { .. }
            | Error::EntryTooLarge { .. }
            | Error::InvalidBatch { .. }
            | Error::OutOfOrderSequence { .. }
            | Error::InvalidTransactionState { .. } => ErrorKind::Invalid,
            Error::ProducerFenced { .. } => ErrorKind::Fenced,
            Error::Record(error) => error.kind(),
            Error::UnknownPartition { .. } => ErrorKind::Missing,
            Error::PartitionExists { .. } | Error::UnsupportedVersion { .. } => ErrorKind::Invalid,
            Error::Full { .. } => ErrorKind::Full,
            Error::Locked { .. } | Error::Busy { .. } => ErrorKind::Retry,
            Error::Dead { .. } => ErrorKind::Closed,
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }

    pub(crate) fn sync(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Sync { path, source }
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>, position: u64) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Unreadable { path, position, source }
    }
}

/// Linux: the process, or the system, has too many files open.
const TOO_MANY_FILES: [i32; 2] = [24, 23];

/// Whether a failed read tells of the machine's state, not of the file's.
fn is_shortage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
        || error.raw_os_error().is_some_and(|number| TOO_MANY_FILES.contains(&number))
}
