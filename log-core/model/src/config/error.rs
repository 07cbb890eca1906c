//! A refused configuration entry: names the key, the value and what the key takes.

use crate::{ErrorKind, KafkaCode};
use thiserror::Error;

/// A refused configuration entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The key is not one of ours.
    #[error("unknown {subject} configuration {key:?}{}", hint(nearest))]
    UnknownKey {
        /// What is configured: a topic, a group or a broker.
        subject: &'static str,
        /// The key given.
        key: String,
        /// The known key that resembles it most.
        nearest: Option<&'static str>,
    },
    /// The value does not fit the key.
    #[error("invalid value {value:?} for {subject} configuration {key}: {reason}")]
    InvalidValue {
        /// What is configured: a topic, a group or a broker.
        subject: &'static str,
        /// The key given.
        key: &'static str,
        /// The value given.
        value: String,
        /// What the key takes.
        reason: String,
    },
    /// Items were to be added to or taken from a value that is no list.
    #[error("{subject} configuration {key} takes one value, not a list")]
    NotAList {
        /// What is configured: a topic, a group or a broker.
        subject: &'static str,
        /// The key given.
        key: &'static str,
    },
    /// Two entries contradict each other.
    #[error("{subject} configuration {key} does not fit {other}: {reason}")]
    Conflict {
        /// What is configured: a topic, a group or a broker.
        subject: &'static str,
        /// The one key.
        key: &'static str,
        /// The other key.
        other: &'static str,
        /// What holds between them.
        reason: String,
    },
}

impl ConfigError {
    /// What the caller should do: change the entry.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    /// The code Kafka answers with.
    pub fn kafka_code(&self) -> KafkaCode {
        KafkaCode::InvalidConfig
    }
}

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}
