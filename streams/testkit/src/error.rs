//! What can go wrong in a test.

use log_model::{ErrorKind, InvalidTopicName};
use streams_dsl::SerdeError;
use thiserror::Error;

/// An error of the test driver.
#[derive(Clone, Debug, Error)]
pub enum TestError {
    /// The program failed, as it would have in production.
    #[error(transparent)]
    Runtime(#[from] streams_runtime::Error),
    /// The program failed before and has not been started again.
    #[error("the program has failed before: {0}; make a new driver")]
    FailedBefore(String),
    /// A name that cannot be a topic's.
    #[error(transparent)]
    TopicName(#[from] InvalidTopicName),
    /// The program does not read this topic.
    #[error("the program does not read topic {topic}; it reads {known}")]
    UnknownTopic {
        /// The topic.
        topic: String,
        /// Those it reads.
        known: String,
    },
    /// The program has no such store.
    #[error("the program has no store {store}; it has {known}")]
    UnknownStore {
        /// The store.
        store: String,
        /// Those it has.
        known: String,
    },
    /// A row of the test does not serialize, or a record of the program does not deserialize with the test's serdes.
    #[error("{place}: {error}")]
    Serde {
        /// The topic or store.
        place: String,
        /// What is wrong.
        error: SerdeError,
    },
}

impl TestError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            TestError::Runtime(error) => error.kind(),
            TestError::FailedBefore(_) => ErrorKind::Closed,
            TestError::UnknownTopic { .. } | TestError::UnknownStore { .. } => ErrorKind::Missing,
            TestError::TopicName(_) | TestError::Serde { .. } => ErrorKind::Invalid,
        }
    }

    pub(crate) fn serde(place: &str, error: SerdeError) -> TestError {
        TestError::Serde { place: place.to_string(), error }
    }
}

impl From<streams_state::Error> for TestError {
    fn from(error: streams_state::Error) -> Self {
        TestError::Runtime(error.into())
    }
}
