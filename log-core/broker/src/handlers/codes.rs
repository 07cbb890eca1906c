//! Which of Kafka's codes says what went wrong.

use log_client::Error;
use log_model::{ErrorKind, KafkaCode};

/// The code for an error of the log.
pub(crate) fn code_of(error: &Error) -> KafkaCode {
    match error {
        Error::UnknownTopic { .. } | Error::UnknownPartition { .. } => KafkaCode::UnknownTopicOrPartition,
        Error::TopicExists { .. } => KafkaCode::TopicAlreadyExists,
        Error::OffsetOutOfRange { .. } => KafkaCode::OffsetOutOfRange,
        Error::TooLarge { what: "batch", .. } => KafkaCode::MessageTooLarge,
        Error::TooLarge { .. } => KafkaCode::RecordListTooLarge,
        Error::OutOfOrderSequence { .. } => KafkaCode::OutOfOrderSequenceNumber,
        Error::TransactionState { .. } => KafkaCode::InvalidTxnState,
        _ => match error.kind() {
            ErrorKind::Retry => KafkaCode::NotLeaderOrFollower,
            ErrorKind::Fenced => KafkaCode::InvalidProducerEpoch,
            ErrorKind::Invalid => KafkaCode::InvalidRequest,
            ErrorKind::Missing => KafkaCode::UnknownTopicOrPartition,
            ErrorKind::Full | ErrorKind::Corrupt => KafkaCode::KafkaStorageError,
            ErrorKind::Closed => KafkaCode::NotLeaderOrFollower,
            ErrorKind::Bug => KafkaCode::UnknownServerError,
        },
    }
}
