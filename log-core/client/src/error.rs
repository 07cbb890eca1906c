//! What can go wrong between a client and its log.

use log_model::{ErrorKind, GroupId, InvalidTopicName, KafkaCode, Offset, TopicName, TopicPartition};
use thiserror::Error;

/// The result of a call on a log.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a log; [`Error::kind`] says what to do about it.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The topic does not exist.
    #[error("unknown topic {topic}")]
    UnknownTopic {
        /// Its name.
        topic: TopicName,
    },
    /// The topic exists, the partition does not.
    #[error("unknown partition {partition}")]
    UnknownPartition {
        /// Which.
        partition: TopicPartition,
    },
    /// A topic of this name exists already.
    #[error("topic {topic} already exists")]
    TopicExists {
        /// Its name.
        topic: TopicName,
    },
    /// The name is not a legal topic name.
    #[error(transparent)]
    InvalidTopic(#[from] InvalidTopicName),
    /// The request is wrong and will stay wrong.
    #[error("invalid request: {reason}")]
    Invalid {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The servers do not let this client do it.
    #[error("access to {what} is denied; it takes an ACL that allows it (headwater acl create)")]
    Denied {
        /// Of what, such as a topic.
        what: String,
        /// Kafka's code for it.
        code: KafkaCode,
    },
    /// A position outside the partition's range.
    #[error("offset {offset} of {partition} is out of range {log_start}..{log_end}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The position asked for.
        offset: Offset,
        /// The first offset there is.
        log_start: Offset,
        /// One past the last offset there is.
        log_end: Offset,
    },
    /// A batch or transaction larger than the log takes.
    #[error("{what} of {size_bytes} bytes exceeds the limit of {limit_bytes} bytes; {fix}")]
    TooLarge {
        /// A batch, a record or a transaction.
        what: &'static str,
        /// Its size.
        size_bytes: u64,
        /// The largest allowed.
        limit_bytes: u64,
        /// The setting to change.
        fix: &'static str,
    },
    /// The sequence of an idempotent producer has a gap: an earlier batch was lost.
    #[error("producer {producer_id} sent sequence {sequence} to {partition} where {expected} was expected")]
    OutOfOrderSequence {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: i64,
        /// What came.
        sequence: i32,
        /// What should have come.
        expected: i32,
    },
    /// The batch does not fit the transaction that its producer has begun.
    #[error("{reason}")]
    TransactionState {
        /// What does not fit, and the fix.
        reason: String,
    },
    /// A newer producer with the same transactional id, or a newer member with the same group identity, took over.
    #[error("{who} was fenced by a newer instance")]
    Fenced {
        /// Which producer or group member.
        who: String,
    },
    /// The group rebalanced, and what was to be committed is, or may be, another member's now. Poll for the new assignment.
    #[error("group {group} is rebalancing")]
    Rebalancing {
        /// The group.
        group: GroupId,
    },
    /// No room to store more; the log accepts again once space is freed. Nothing of the request was stored.
    #[error("the log at {location} is full: {reason}; free space and retry")]
    Full {
        /// The data directory.
        location: String,
        /// What the system said.
        reason: String,
    },
    /// Stored bytes are damaged; the partition or directory refuses to serve.
    #[error("{what} is damaged: {reason}")]
    Corrupt {
        /// The partition or file.
        what: String,
        /// Where and how.
        reason: String,
    },
    /// The log has been closed or has failed for good.
    #[error("the log is closed: {reason}")]
    Closed {
        /// Why.
        reason: String,
    },
    /// The call may succeed if repeated.
    #[error("{reason}; try again")]
    Retry {
        /// What stood in the way.
        reason: String,
    },
    /// A broken invariant of ours.
    #[error("internal error: {reason}")]
    Bug {
        /// What was found.
        reason: String,
    },
}

impl Error {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::UnknownTopic { .. } | Error::UnknownPartition { .. } => ErrorKind::Missing,
            Error::TopicExists { .. }
            | Error::InvalidTopic(_)
            | Error::Invalid { .. }
            | Error::Denied { .. }
            | Error::OffsetOutOfRange { .. }
            | Error::TooLarge { .. }
            | Error::OutOfOrderSequence { .. }
            | Error::TransactionState { .. } => ErrorKind::Invalid,
            Error::Fenced { .. } => ErrorKind::Fenced,
            Error::Rebalancing { .. } | Error::Retry { .. } => ErrorKind::Retry,
            Error::Full { .. } => ErrorKind::Full,
            Error::Corrupt { .. } => ErrorKind::Corrupt,
            Error::Closed { .. } => ErrorKind::Closed,
            Error::Bug { .. } => ErrorKind::Bug,
        }
    }

    /// Kafka's code for it.
    pub fn kafka_code(&self) -> KafkaCode {
        match self {
            Error::UnknownTopic { .. } | Error::UnknownPartition { .. } => KafkaCode::UnknownTopicOrPartition,
            Error::TopicExists { .. } => KafkaCode::TopicAlreadyExists,
            Error::InvalidTopic(_) => KafkaCode::InvalidTopic,
            Error::Invalid { .. } => KafkaCode::InvalidRequest,
            Error::Denied { code, .. } => *code,
            Error::OffsetOutOfRange { .. } => KafkaCode::OffsetOutOfRange,
            Error::TooLarge { .. } => KafkaCode::MessageTooLarge,
            Error::OutOfOrderSequence { .. } => KafkaCode::OutOfOrderSequenceNumber,
            Error::TransactionState { .. } => KafkaCode::InvalidTxnState,
            Error::Fenced { .. } => KafkaCode::ProducerFenced,
            Error::Rebalancing { .. } => KafkaCode::RebalanceInProgress,
            Error::Full { .. } | Error::Closed { .. } => KafkaCode::KafkaStorageError,
            Error::Corrupt { .. } => KafkaCode::CorruptMessage,
            Error::Retry { .. } | Error::Bug { .. } => KafkaCode::UnknownServerError,
        }
    }
}

impl From<log_record::Error> for Error {
    fn from(error: log_record::Error) -> Self {
        match error {
            log_record::Error::TooLarge { size_bytes, limit_bytes } => Error::TooLarge {
                what: "batch",
                size_bytes: size_bytes as u64,
                limit_bytes: limit_bytes as u64,
                fix: "send smaller batches or records",
            },
            error => Error::Corrupt { what: "a record batch".into(), reason: error.to_string() },
        }
    }
}
