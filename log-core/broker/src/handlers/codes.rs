//! Which of Kafka's codes says what went wrong.

use log_client::Error;
use log_model::{ErrorKind, KafkaCode};

/// The code for an error of the log.
pub(crate) fn code_of(error: &Error) -> KafkaCode {
    match error {
        Error::UnknownTopic { .. } | Error::UnknownPartition { .. } => KafkaCode::UnknownTopicOrPartition,
        Error::TopicExists { .. } => KafkaCode::TopicAlreadyExists,
        Error::Denied { code, .. } => *code,
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

/// What a coordinator says of an error of the log (`CoordinatorOperationExceptionHelper`): what stands in the way of the log stands in the way of
/// the coordinator, and clients look for it again.
pub(super) fn coordinator_code(error: &Error) -> KafkaCode {
    match code_of(error) {
        KafkaCode::NotLeaderOrFollower | KafkaCode::KafkaStorageError => KafkaCode::CoordinatorNotAvailable,
        KafkaCode::MessageTooLarge | KafkaCode::RecordListTooLarge => KafkaCode::InvalidCommitOffsetSize,
        code => code,
    }
}
