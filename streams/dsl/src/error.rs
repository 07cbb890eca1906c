//! What can be wrong with a program written in the typed API. Found by [`crate::StreamsBuilder::build`], before anything runs.

use crate::serdes::SerdeError;
use log_model::{ErrorKind, InvalidTopicName};
use streams_runtime::topology::TopologyError;
use thiserror::Error;

/// A mistake in a stream program.
#[derive(Clone, Debug, Error)]
pub enum BuildError {
    /// A type has no built-in serde and none was given or inherited.
    #[error("no serde for {part} of type {type_name} at {operation}; give one with {option}")]
    MissingSerde {
        /// `keys` or `values`.
        part: &'static str,
        /// The Rust type.
        type_name: &'static str,
        /// The operation that needs it.
        operation: String,
        /// The option value that takes one.
        option: &'static str,
    },
    /// A name that cannot be a topic's.
    #[error(transparent)]
    TopicName(#[from] InvalidTopicName),
    /// Windows would be forgotten before they close.
    #[error(
        "store {store} keeps its windows {retention_ms} ms, less than their size and grace of {span_ms} ms; raise Materialized::retention"
    )]
    Retention {
        /// The store.
        store: String,
        /// As given.
        retention_ms: i64,
        /// What is needed.
        span_ms: i64,
    },
    /// Two branches of a split have one name: the rows of one would go nowhere.
    #[error("two branches of a split are named {name:?}; give one of them another name")]
    TwoBranches {
        /// The name.
        name: String,
    },
    /// Streams of two builders were combined.
    #[error("{operation} combines streams of two builders; make both with one")]
    TwoBuilders {
        /// The operation.
        operation: &'static str,
    },
    /// The topology itself is wrong.
    #[error(transparent)]
    Topology(#[from] TopologyError),
}

impl BuildError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            BuildError::Topology(error) => error.kind(),
            _ => ErrorKind::Invalid,
        }
    }
}

/// A value on its way out does not serialize: the task cannot go on.
pub(crate) fn not_written(part: &str, error: &SerdeError) -> streams_runtime::Error {
    streams_runtime::Error::failed(format!("{part} does not serialize: {error}"))
}

/// Bytes this program wrote itself (state, a repartition topic) do not deserialize: the serde has changed, or the bytes have.
pub(crate) fn not_read(what: &str, error: &SerdeError) -> streams_runtime::Error {
    streams_runtime::Error::corrupt(what, format!("{error}; if the serde has changed, give the step another name"))
}
