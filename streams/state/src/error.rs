//! What can go wrong in a state store.

use log_model::ErrorKind;
use thiserror::Error;

/// The result of a call on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a state store.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// RocksDB refused or failed.
    #[error("state store {store}: {reason}")]
    Storage {
        /// The store's directory or name.
        store: String,
        /// RocksDB's own words.
        reason: String,
    },
    /// The disk is full. Nothing is lost: the changelog has what the store has not; free space and open the store again.
    #[error("state store {store}: the disk is full: {reason}; free space")]
    Full {
        /// The store's directory or name.
        store: String,
        /// RocksDB's own words.
        reason: String,
    },
    /// Stored bytes do not decode: the store must be deleted; it is rebuilt from its changelog.
    #[error("state store {store} holds a damaged entry: {reason}; delete its directory, it is rebuilt from the log")]
    Corrupt {
        /// The store's directory or name.
        store: String,
        /// What was found.
        reason: String,
    },
}

impl Error {
    /// Bytes of an unnamed store that do not decode; the store's name is added by whoever knows it.
    pub(crate) fn damaged(reason: impl Into<String>) -> Error {
        Error::Corrupt { store: "entry".to_string(), reason: reason.into() }
    }

    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Storage { .. } => ErrorKind::Closed,
            Error::Full { .. } => ErrorKind::Full,
            Error::Corrupt { .. } => ErrorKind::Corrupt,
        }
    }
}
