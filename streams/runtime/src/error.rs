//! What can go wrong in a topology and its tasks.

use crate::WrongPayload;
use crate::topology::TopologyError;
use log_model::{ErrorKind, TopicName, TopicPartition};
use thiserror::Error;

/// The result of a call on the runtime.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the streams runtime; [`Error::kind`] says what to do about it.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] log_client::Error),
    /// A record batch does not decode, or records do not fit in one.
    #[error(transparent)]
    Record(#[from] log_record::Error),
    /// A state store failed.
    #[error(transparent)]
    State(#[from] streams_state::Error),
    /// The topology is wrong.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// Rows of another type than the operator takes.
    #[error("the topology is wired wrongly: {0}")]
    Payload(#[from] WrongPayload),
    /// An operator, decoder or encoder cannot go on with this input.
    #[error("{reason}")]
    Failed {
        /// What, with the value, and how to mend it.
        reason: String,
    },
    /// Stored bytes (a batch, a window, a row of state) do not decode.
    #[error("{what} is damaged: {reason}")]
    Corrupt {
        /// Which bytes.
        what: String,
        /// What was found.
        reason: String,
    },
    /// A record could not be processed and its source has no dead-letter topic.
    #[error(
        "record {partition}@{offset} cannot be processed: {reason}; name a dead-letter topic for the source to go on without such records"
    )]
    Undeliverable {
        /// Where it was read.
        partition: TopicPartition,
        /// Its offset.
        offset: i64,
        /// Why.
        reason: String,
    },
    /// A record of the application is larger than the topic it is for takes.
    #[error(
        "a record of {size_bytes} bytes where topic {topic} takes {limit_bytes}; raise its max.message.bytes and start the application again"
    )]
    RecordTooLarge {
        /// The topic.
        topic: TopicName,
        /// The size of a batch with this record alone.
        size_bytes: usize,
        /// What the topic takes.
        limit_bytes: usize,
    },
    /// The state directory is used by another instance.
    #[error("the state directory {directory} is in use by {owner}; stop that instance or choose another state directory")]
    StateInUse {
        /// The directory.
        directory: String,
        /// The other one's own words.
        owner: String,
    },
    /// An option has a value the runtime cannot work with.
    #[error("invalid streams option {option}: {reason}")]
    InvalidOption {
        /// Its name.
        option: &'static str,
        /// What it takes.
        reason: String,
    },
    /// The application has been stopped.
    #[error("the application {application} has been stopped")]
    Stopped {
        /// Its id.
        application: String,
    },
    /// A broken invariant of ours.
    #[error("internal error: {reason}")]
    Bug {
        /// What was found.
        reason: String,
    },
    /// The same, with the node in which it happened.
    #[error("{node}: {error}")]
    AtNode {
        /// The node's name.
        node: String,
        /// What happened there.
        error: Box<Error>,
    },
}

impl Error {
    /// An operator cannot go on with this input.
    pub fn failed(reason: impl Into<String>) -> Error {
        Error::Failed { reason: reason.into() }
    }

    /// Stored bytes do not decode.
    pub fn corrupt(what: impl Into<String>, reason: impl Into<String>) -> Error {
        Error::Corrupt { what: what.into(), reason: reason.into() }
    }

    /// A broken invariant of ours.
    pub fn bug(reason: impl Into<String>) -> Error {
        Error::Bug { reason: reason.into() }
    }

    /// The same error, saying in which node it happened.
    pub fn at_node(self, node: &str) -> Error {
        match self {
            named @ Error::AtNode { .. } => named,
            error => Error::AtNode { node: node.to_string(), error: Box::new(error) },
        }
    }

    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Log(error) => error.kind(),
            Error::Record(error) => error.kind(),
            Error::State(error) => error.kind(),
            Error::Topology(error) => error.kind(),
            Error::Payload(_) | Error::Bug { .. } => ErrorKind::Bug,
            Error::Failed { .. }
            | Error::Undeliverable { .. }
            | Error::RecordTooLarge { .. }
            | Error::InvalidOption { .. }
            | Error::StateInUse { .. } => ErrorKind::Invalid,
            Error::Corrupt { .. } => ErrorKind::Corrupt,
            Error::Stopped { .. } => ErrorKind::Closed,
            Error::AtNode { error, .. } => error.kind(),
        }
    }
}
