//! What can go wrong in a format or an operator.

use crate::columns::sql_name;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use log_model::ErrorKind;
use thiserror::Error;

/// The result of a call on an operator or a format.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the SQL operators; [`Error::kind`] says what to do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// The settings of a format do not fit it or the schema.
    #[error("{reason}")]
    Format {
        /// What, and how to mend it.
        reason: String,
    },
    /// A column has a type that cannot be used in this place.
    #[error("type {data_type} cannot be used in {place}; cast it to another type")]
    UnsupportedType {
        /// In SQL's words.
        data_type: String,
        /// Where.
        place: String,
    },
    /// An expression failed for a row that no longer has a place in a source to point to.
    #[error("{expression} failed for row {row}: {reason}")]
    Evaluate {
        /// The expression.
        expression: String,
        /// The row's values.
        row: String,
        /// DataFusion's own words.
        reason: String,
    },
    /// The result of an aggregate leaves the range of its type.
    #[error("{aggregate} is {value}, which does not fit {data_type}; cast its argument to DECIMAL(38,0) or DOUBLE")]
    Overflow {
        /// The aggregate's column.
        aggregate: String,
        /// The exact result.
        value: String,
        /// The type of the column.
        data_type: String,
    },
    /// A row was taken back where rows can only be added.
    #[error("a row was taken back from {place}, which can only take additions")]
    Retraction {
        /// The operator or sink.
        place: &'static str,
    },
    /// A batch outgrows what its layout can address.
    #[error("{what}")]
    TooLarge {
        /// What, and how to mend it.
        what: String,
    },
    /// Stored bytes do not decode.
    #[error("stored {what} is damaged: {reason}")]
    Corrupt {
        /// Which bytes.
        what: &'static str,
        /// What was found.
        reason: String,
    },
    /// The state store failed.
    #[error(transparent)]
    State(#[from] streams_state::Error),
    /// The runtime failed while an operator called it.
    #[error(transparent)]
    Runtime(#[from] streams_runtime::Error),
    /// Arrow refused: the columns do not fit their schema.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// DataFusion refused to prepare an expression.
    #[error(transparent)]
    DataFusion(#[from] DataFusionError),
    /// A broken invariant of ours.
    #[error("internal error: {reason}")]
    Bug {
        /// What was found.
        reason: String,
    },
}

impl Error {
    pub(crate) fn bug(reason: impl Into<String>) -> Error {
        Error::Bug { reason: reason.into() }
    }

    pub(crate) fn corrupt(what: &'static str, reason: impl Into<String>) -> Error {
        Error::Corrupt { what, reason: reason.into() }
    }

    pub(crate) fn unsupported_type(data_type: &DataType, place: impl Into<String>) -> Error {
        Error::UnsupportedType { data_type: sql_name(data_type), place: place.into() }
    }

    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Format { .. }
            | Error::UnsupportedType { .. }
            | Error::Evaluate { .. }
            | Error::Overflow { .. }
            | Error::Retraction { .. }
            | Error::DataFusion(_) => ErrorKind::Invalid,
            Error::TooLarge { .. } => ErrorKind::Full,
            Error::Corrupt { .. } => ErrorKind::Corrupt,
            Error::State(error) => error.kind(),
            Error::Runtime(error) => error.kind(),
            Error::Arrow(_) | Error::Bug { .. } => ErrorKind::Bug,
        }
    }
}

impl From<Error> for streams_runtime::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Runtime(error) => error,
            Error::State(error) => error.into(),
            Error::Corrupt { what, reason } => streams_runtime::Error::corrupt(what, reason),
            Error::Bug { reason } => streams_runtime::Error::bug(reason),
            Error::Arrow(error) => streams_runtime::Error::bug(error.to_string()),
            other => streams_runtime::Error::failed(other.to_string()),
        }
    }
}
