//! Why a part of a request was refused: Kafka's code and a sentence for whoever reads the answer.

use crate::handlers::code_of;
use log_client::Error;
use log_model::{ConfigError, InvalidTopicName, KafkaCode};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A part of a request that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: KafkaCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: KafkaCode, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }

    /// The request contradicts itself or the protocol.
    pub(super) fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(KafkaCode::InvalidRequest, message)
    }
}

impl From<KafkaCode> for Refusal {
    fn from(code: KafkaCode) -> Refusal {
        Refusal::new(code, code.message())
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Refusal {
        Refusal::new(error.kafka_code(), error.to_string())
    }
}

impl From<InvalidTopicName> for Refusal {
    fn from(error: InvalidTopicName) -> Refusal {
        Refusal::new(KafkaCode::InvalidTopic, error.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::new(code_of(&error), error.to_string())
    }
}

/// Code and message of an outcome as responses carry them.
pub(super) fn error_fields<T>(outcome: &Result<T, Refusal>) -> (i16, Option<Cow<'static, str>>) {
    match outcome {
        Ok(_) => (KafkaCode::None.as_i16(), None),
        Err(refusal) => (refusal.code.as_i16(), Some(refusal.message.clone().into())),
    }
}

/// The items that occur more than once.
pub(super) fn repeated<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| !seen.insert(item.clone())).collect()
}
