//! What an error asks of the caller, and Kafka's error codes.

use std::fmt;

/// What the caller should do about an error. Every error of every crate answers one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Try again after a pause: nothing happened, and the cause may pass.
    Retry,
    /// Somebody with a higher epoch took over: stop and build a new session.
    Fenced,
    /// The request is wrong and will stay wrong: change it.
    Invalid,
    /// The named thing does not exist: create it or correct the name.
    Missing,
    /// A limit is reached (disk, quota, queue): free space or raise the limit, then try again.
    Full,
    /// Stored bytes are damaged: the thing refuses to serve; restore it from a copy.
    Corrupt,
    /// The component has been closed or has failed for good: open a new one.
    Closed,
    /// A broken invariant of ours: report it.
    Bug,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Retry => "retry",
            ErrorKind::Fenced => "fenced",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Missing => "missing",
            ErrorKind::Full => "full",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::Closed => "closed",
            ErrorKind::Bug => "bug",
        })
    }
}

/// Kafka's error codes, as far as the log raises them (Kafka's `Errors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
#[allow(missing_docs, reason = "the names are Kafka's and say what they mean")]
pub enum KafkaCode {
    UnknownServerError = -1,
    None = 0,
    OffsetOutOfRange = 1,
    CorruptMessage = 2,
    UnknownTopicOrPartition = 3,
    MessageTooLarge = 10,
    InvalidTopic = 17,
    RecordListTooLarge = 18,
    IllegalGeneration = 22,
    UnknownMemberId = 25,
    RebalanceInProgress = 27,
    InvalidTimestamp = 32,
    TopicAlreadyExists = 36,
    InvalidPartitions = 37,
    InvalidConfig = 40,
    InvalidRequest = 42,
    OutOfOrderSequenceNumber = 45,
    DuplicateSequenceNumber = 46,
    InvalidProducerEpoch = 47,
    InvalidTxnState = 48,
    KafkaStorageError = 56,
    UnknownProducerId = 59,
    NonEmptyGroup = 68,
    GroupIdNotFound = 69,
    FencedLeaderEpoch = 74,
    UnknownLeaderEpoch = 75,
    InvalidRecord = 87,
    ProducerFenced = 90,
}
