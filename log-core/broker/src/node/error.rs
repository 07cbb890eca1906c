//! What a failure of the storage means to a client of the log.

use log_client::Error;
use log_model::ErrorKind;
use log_storage::Error as StorageError;
use std::error::Error as _;
use std::path::Path;

/// The client's view of a storage error in the data directory at `location`.
pub(crate) fn client_error(location: &Path, error: StorageError) -> Error {
    let kind = error.kind();
    let location = || location.display().to_string();
    match error {
        StorageError::OffsetOutOfRange { partition, offset, log_start, end_offset } => {
            Error::OffsetOutOfRange { partition, offset, log_start, log_end: end_offset }
        }
        StorageError::BatchTooLarge { size_bytes, max_bytes, .. } => Error::TooLarge {
            what: "batch",
            size_bytes: size_bytes as u64,
            limit_bytes: max_bytes as u64,
            fix: "send smaller batches or raise the topic's max.message.bytes",
        },
        StorageError::OutOfOrderSequence { partition, producer_id, expected, found } => {
            Error::OutOfOrderSequence { partition, producer_id: producer_id.0, sequence: found.0, expected: expected.0 }
        }
        StorageError::ProducerFenced { producer_id, found, .. } => {
            Error::Fenced { who: format!("producer {producer_id} with epoch {found}") }
        }
        StorageError::Record(error) => error.into(),
        StorageError::UnknownPartition { partition } => Error::UnknownPartition { partition },
        StorageError::PartitionExists { partition } => Error::TopicExists { topic: partition.topic },
        StorageError::Corrupt { path, position, reason } => {
            Error::Corrupt { what: path.display().to_string(), reason: format!("{reason} (byte {position}); restore it from a copy") }
        }
        StorageError::Missing { path, reason } => Error::Corrupt {
            what: path.display().to_string(),
            reason: format!("it is missing{reason}; put it back from a copy of the data directory"),
        },
        StorageError::Dead { reason } => Error::Closed { reason },
        StorageError::Locked { .. } | StorageError::Busy { .. } => Error::Retry { reason: error.to_string() },
        StorageError::Full { reason, .. } => Error::Full { location: location(), reason },
        StorageError::EntryTooLarge { size_bytes, max_bytes } => {
            Error::TooLarge { what: "entry", size_bytes, limit_bytes: max_bytes, fix: "append less at once or raise journal_files_max" }
        }
        StorageError::Io { .. } | StorageError::Sync { .. } | StorageError::Unreadable { .. } => {
            let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            let reason = format!("{error}{cause}");
            match kind {
                ErrorKind::Full => Error::Full { location: location(), reason },
                ErrorKind::Retry => Error::Retry { reason },
                ErrorKind::Corrupt => Error::Corrupt { what: location(), reason },
                _ => Error::Closed { reason },
            }
        }
        StorageError::InvalidTransactionState { .. } => Error::TransactionState { reason: error.to_string() },
        StorageError::InvalidBatch { .. } | StorageError::UnsupportedVersion { .. } => Error::Invalid { reason: error.to_string() },
    }
}
