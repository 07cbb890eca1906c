//! What the machine asks for: responses, and records with markers that become one entry of the log.

use super::event::Token;
use super::record::Record;
use log_model::{KafkaCode, ProducerEpoch, ProducerId, TopicPartition};

/// One thing to do. Commands of one call are carried out in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Answer a request. The answer may rest on what was reported as persisted, so it leaves once all of that is durable.
    Respond {
        /// The request.
        token: Token,
        /// Its answer.
        response: Response,
    },
    /// Write records and markers, all or nothing, in one entry; then answer.
    ///
    /// The runtime reports [`Event::Persisted`](super::Event::Persisted) as soon as the entry has its place in the log (no later write
    /// can come before it or survive without it), or later, once it is durable; and [`Event::PersistFailed`](super::Event::PersistFailed) when it
    /// was refused, in which case `then` is dropped. Until one of the two, requests that would change the same transaction are answered
    /// `CONCURRENT_TRANSACTIONS`.
    Persist {
        /// Names the command in the report.
        id: PersistId,
        /// Records in their order.
        records: Vec<Record>,
        /// Markers for the partitions of a transaction that ends; those of partitions that no longer exist are left out.
        markers: Vec<Marker>,
        /// Leave once the entry is durable.
        then: Vec<(Token, Response)>,
    },
}

/// Names a `Persist` command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersistId(pub u64);

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// To `InitProducerId`; id and epoch are -1 with an error.
    ProducerId {
        /// `None`, or why not.
        code: KafkaCode,
        /// The producer's id.
        producer_id: ProducerId,
        /// The producer's epoch.
        producer_epoch: ProducerEpoch,
    },
    /// To `AddPartitions`, for each of its partitions alike.
    Added(KafkaCode),
    /// To `EndTxn`; id and epoch go into version 5 and are -1 in earlier ones and with an error.
    Ended {
        /// `None`, or why not.
        code: KafkaCode,
        /// The id for the next transaction.
        producer_id: ProducerId,
        /// The epoch for the next transaction.
        producer_epoch: ProducerEpoch,
    },
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// Its records count.
    Commit,
    /// Its records are skipped by readers of committed ones.
    Abort,
}

/// A control record for each of some partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The transaction's producer.
    pub producer_id: ProducerId,
    /// With protocol 2, and when a producer is fenced, one above that of the transaction's records, so that later ones are refused.
    pub producer_epoch: ProducerEpoch,
    /// Commit, or abort.
    pub kind: MarkerKind,
    /// The epoch of the coordinator, for the marker's value.
    pub coordinator_epoch: i32,
    /// Whether the epoch is above that of the transaction's records (`TransactionVersion` 2 of `WriteTxnMarkers`).
    pub is_epoch_bumped: bool,
    /// Where; sorted.
    pub partitions: Vec<TopicPartition>,
}
