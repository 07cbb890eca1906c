//! What can go wrong while a statement is executed.

use log_model::{ErrorKind, InvalidTopicName};
use sql_planner::ParsedStatement;
use thiserror::Error;

/// The result of a call on the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the SQL engine; [`Error::kind`] says what to do about it and [`Error::report`] is the text for a person.
#[derive(Debug, Error)]
pub enum Error {
    /// The statement is wrong; the error knows the place.
    #[error(transparent)]
    Statement(#[from] sql_planner::Error),
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] log_client::Error),
    /// A running query refused or failed.
    #[error(transparent)]
    Streams(#[from] streams_runtime::Error),
    /// A format or operator refused.
    #[error(transparent)]
    Operators(#[from] sql_operators::Error),
    /// A connector refused or failed.
    #[error("connector {name}: {error}")]
    Connector {
        /// The connector.
        name: String,
        /// What happened.
        error: connect_api::Error,
    },
    /// A query failed while it ran.
    #[error("query {name} has failed: {reason}")]
    Query {
        /// The relation it fills.
        name: String,
        /// Why.
        reason: String,
    },
    /// The catalog holds something this version does not understand.
    #[error("the catalog topic {topic} holds a damaged or newer entry at offset {offset}: {reason}")]
    Catalog {
        /// The topic.
        topic: String,
        /// The entry's offset.
        offset: i64,
        /// What was found.
        reason: String,
    },
    /// DataFusion or Arrow failed while a batch SELECT ran.
    #[error("{reason}")]
    Execution {
        /// Its words.
        reason: String,
    },
    /// The engine has been stopped.
    #[error("the SQL engine has been stopped")]
    Stopped,
}

impl Error {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Statement(error) => error.kind(),
            Error::Log(error) => error.kind(),
            Error::Streams(error) => error.kind(),
            Error::Operators(error) => error.kind(),
            Error::Connector { error, .. } => error.kind(),
            Error::Query { .. } | Error::Stopped => ErrorKind::Closed,
            Error::Execution { .. } => ErrorKind::Invalid,
            Error::Catalog { .. } => ErrorKind::Corrupt,
        }
    }

    /// The same error with its place in the script.
    pub(crate) fn located(self, parsed: &ParsedStatement) -> Error {
        match self {
            Error::Statement(error) => Error::Statement(parsed.locate(error)),
            other => other,
        }
    }

    /// The whole message for a person, several lines without a final newline.
    pub fn report(&self) -> String {
        match self {
            Error::Statement(error) => error.report(),
            other => other.to_string(),
        }
    }
}

impl From<InvalidTopicName> for Error {
    fn from(error: InvalidTopicName) -> Self {
        Error::Statement(sql_planner::Error::invalid(error.to_string()))
    }
}

impl From<log_record::Error> for Error {
    fn from(error: log_record::Error) -> Self {
        Error::Streams(error.into())
    }
}
