//! Why a value could not be turned into bytes or back.

use thiserror::Error;

/// A value that does not serialize, or bytes that do not deserialize.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not {expected}: {reason}")]
pub struct SerdeError {
    /// What was expected, with its article: `a 64-bit integer`.
    pub expected: &'static str,
    /// What was found.
    pub reason: String,
}

impl SerdeError {
    /// An error that says what was expected and what was found.
    pub fn new(expected: &'static str, reason: impl Into<String>) -> Self {
        SerdeError { expected, reason: reason.into() }
    }
}
