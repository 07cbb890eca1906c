//! What can go wrong in a connector or a converter, and what the worker makes of it.
//!
//! [`Error::kind`] decides: `Retry` and `Full` are tried again in place; `Invalid` about one record ([`Error::Data`]) goes through the connector's
//! error policy (fail, skip, dead letter); everything else ends the task, which the worker restarts with back-off if that can help.

use crate::ConfigError;
use log_model::ErrorKind;
use thiserror::Error;

/// The result of a call on a connector.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a connector or converter.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// Options that cannot be used (Kafka's `ConfigException`).
    #[error("{}", crate::config::join(.0))]
    Config(Vec<ConfigError>),
    /// This record cannot be used; others may (Kafka's `DataException`).
    #[error("{reason}")]
    Data {
        /// What is wrong with it.
        reason: String,
    },
    /// The cause may pass: the same call will be made again (Kafka's `RetriableException`).
    #[error("{reason}")]
    Retriable {
        /// What stood in the way.
        reason: String,
    },
    /// No room: the same call will be made again until there is.
    #[error("{place} is full: {reason}; free space and it continues by itself")]
    Full {
        /// The directory or device.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Something of the outside world is missing or refuses.
    #[error("cannot {action} {place}: {reason}")]
    Outside {
        /// What was attempted: `read`, `create`, `rename`.
        action: &'static str,
        /// On what.
        place: String,
        /// What the system said, and how to mend it.
        reason: String,
    },
    /// The task cannot go on (Kafka's `ConnectException`).
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: String,
    },
    /// A broken invariant of the connector.
    #[error("internal error: {reason}")]
    Bug {
        /// What was found.
        reason: String,
    },
}

impl Error {
    /// An [`Error::Data`].
    pub fn data(reason: impl Into<String>) -> Error {
        Error::Data { reason: reason.into() }
    }

    /// An [`Error::Retriable`].
    pub fn retriable(reason: impl Into<String>) -> Error {
        Error::Retriable { reason: reason.into() }
    }

    /// An [`Error::Failed`].
    pub fn failed(reason: impl Into<String>) -> Error {
        Error::Failed { reason: reason.into() }
    }

    /// From an I/O error on `place`: a full disk becomes [`Error::Full`], anything else [`Error::Outside`].
    pub fn io(action: &'static str, place: impl std::fmt::Display, error: &std::io::Error) -> Error {
        use std::io::ErrorKind as Io;
        let place = place.to_string();
        match error.kind() {
            Io::StorageFull | Io::QuotaExceeded => Error::Full { place, reason: error.to_string() },
            Io::NotFound => Error::Outside { action, place, reason: "it does not exist; create it or correct the name".into() },
            Io::PermissionDenied => Error::Outside { action, place, reason: "permission denied; change its owner or mode".into() },
            _ => Error::Outside { action, place, reason: error.to_string() },
        }
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Config(_) | Error::Data { .. } => ErrorKind::Invalid,
            Error::Retriable { .. } => ErrorKind::Retry,
            Error::Full { .. } => ErrorKind::Full,
            Error::Outside { .. } => ErrorKind::Missing,
            Error::Failed { .. } => ErrorKind::Closed,
            Error::Bug { .. } => ErrorKind::Bug,
        }
    }

    /// The class Kafka Connect would throw, for the header `__connect.errors.exception.class.name`.
    pub fn kafka_class(&self) -> &'static str {
        match self {
            Error::Config(_) => "org.apache.kafka.common.config.ConfigException",
            Error::Data { .. } => "org.apache.kafka.connect.errors.DataException",
            Error::Retriable { .. } | Error::Full { .. } => "org.apache.kafka.connect.errors.RetriableException",
            Error::Outside { .. } | Error::Failed { .. } | Error::Bug { .. } => "org.apache.kafka.connect.errors.ConnectException",
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Error {
        Error::Config(vec![error])
    }
}

impl From<Vec<ConfigError>> for Error {
    fn from(errors: Vec<ConfigError>) -> Error {
        Error::Config(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn io_errors_say_how_to_mend_them() {
        let missing = Error::io("read", "/data/in.log", &io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(missing.to_string(), "cannot read /data/in.log: it does not exist; create it or correct the name");
        let full = Error::io("write", "/data", &io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.kind(), ErrorKind::Full);
    }
}
