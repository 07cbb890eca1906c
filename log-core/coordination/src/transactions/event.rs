//! What the machine is told: requests with their answer's token, and what became of its commands.
//!
//! Versions are those of the request the event stands for; they decide the protocol and which error codes the client knows.

use super::command::PersistId;
use super::state::ProducerIdAndEpoch;
use log_model::{KafkaCode, ProducerEpoch, ProducerId, TopicPartition};

/// Names a request until its response leaves; chosen by the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A producer asks who it is. Answered by [`Response::ProducerId`](super::Response::ProducerId).
    InitProducerId(InitProducerId),
    /// Partitions become part of a transaction. Answered by [`Response::Added`](super::Response::Added).
    AddPartitions(AddPartitions),
    /// A transaction ends. Answered by [`Response::Ended`](super::Response::Ended).
    EndTxn(EndTxn),
    /// What a `Persist` command asked for has its place in the log: whatever is written from now on comes after it.
    Persisted(PersistId),
    /// Nothing of what a `Persist` command asked for was or will be written. Its requests are answered with `code`, the state is as
    /// before, and retries succeed once the cause has passed.
    PersistFailed {
        /// The command.
        id: PersistId,
        /// What the waiting requests are told; `CoordinatorNotAvailable` lets every client try again.
        code: KafkaCode,
    },
    /// All records have been replayed. Transactions whose end was decided but not carried out are completed.
    Loaded,
    /// The time named by `next_deadline_ms` has come; does no harm at other times.
    Tick,
}

/// Who asks for a producer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client of the Kafka protocol.
    Client,
    /// A producer within this process. It keeps its transactions aside and commits each as one entry, so the coordinator never sees them:
    /// its timeout is not judged and its transactional id does not expire while the process lives.
    Embedded,
}

/// The request `InitProducerId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitProducerId {
    /// Whom to answer.
    pub token: Token,
    /// The request's version, 0 to 5.
    pub version: i16,
    /// `None` for a producer that is only idempotent.
    pub transactional_id: Option<String>,
    /// When to abort an idle transaction.
    pub transaction_timeout_ms: i32,
    /// The id the producer has, or [`ProducerId::NONE`] (KIP-360, version 3 and later).
    pub producer_id: ProducerId,
    /// The epoch the producer has, or [`ProducerEpoch::NONE`].
    pub producer_epoch: ProducerEpoch,
    /// Where the request comes from.
    pub origin: Origin,
}

/// What puts a partition into a transaction, with the version of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedBy {
    /// `AddPartitionsToTxn`: protocol 1 up to version 3; from 4 on sent by brokers for protocol 2.
    AddPartitionsToTxn(i16),
    /// `AddOffsetsToTxn`: protocol 1.
    AddOffsetsToTxn(i16),
    /// `Produce` from version 12 on: protocol 2.
    Produce(i16),
    /// `TxnOffsetCommit` from version 5 on: protocol 2.
    TxnOffsetCommit(i16),
}

/// Partitions for a transaction; the first ones begin it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddPartitions {
    /// Whom to answer.
    pub token: Token,
    /// The request behind it.
    pub by: AddedBy,
    /// The transactional id.
    pub transactional_id: String,
    /// Who the producer says it is.
    pub producer: ProducerIdAndEpoch,
    /// The partitions, known to exist; for a group's offsets the partition of `__consumer_offsets` that keeps them.
    pub partitions: Vec<TopicPartition>,
}

/// The request `EndTxn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndTxn {
    /// Whom to answer.
    pub token: Token,
    /// The request's version, 0 to 5; from 5 on it is protocol 2.
    pub version: i16,
    /// The transactional id.
    pub transactional_id: String,
    /// Who the producer says it is.
    pub producer: ProducerIdAndEpoch,
    /// Commit, or abort.
    pub committed: bool,
}
