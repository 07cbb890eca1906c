//! Which error codes a client of an older version knows.
//!
//! Source: the comments in Kafka's message schemas, `KafkaApis`, `AddPartitionsToTxnManager` and `ReplicaManager`.

use super::event::AddedBy;
use super::state::TransactionVersion;
use log_model::KafkaCode;

/// `Produce` adds partitions from this version on.
pub(super) const PRODUCE_ADDS: i16 = 12;
/// `TxnOffsetCommit` adds its partition from this version on.
pub(super) const OFFSET_COMMIT_ADDS: i16 = 5;
/// `EndTxn` is of protocol 2 from this version on.
const END_TXN_BUMPS: i16 = 5;
/// `AddPartitionsToTxn` is sent by brokers for clients of protocol 2 from this version on.
const BROKERS_ADD: i16 = 4;

pub(super) fn for_init(version: i16, code: KafkaCode) -> KafkaCode {
    fenced_since(4, version, code)
}

pub(super) fn for_end(version: i16, code: KafkaCode) -> KafkaCode {
    fenced_since(2, version, code)
}

pub(super) fn for_verify(version: i16, code: KafkaCode) -> KafkaCode {
    abortable_since(5, version, code)
}

pub(super) fn for_produce(version: i16, code: KafkaCode) -> KafkaCode {
    match code {
        // The code by which producers best know that they are fenced.
        KafkaCode::ProducerFenced => KafkaCode::InvalidProducerEpoch,
        // Older clients try again on this one, and without asking for metadata first.
        KafkaCode::ConcurrentTransactions if version < PRODUCE_ADDS => KafkaCode::NotEnoughReplicas,
        code => abortable_since(11, version, code),
    }
}

pub(super) fn for_offset_commit(version: i16, code: KafkaCode) -> KafkaCode {
    match code {
        KafkaCode::ProducerFenced => KafkaCode::InvalidProducerEpoch,
        // Older clients try again on this one.
        KafkaCode::ConcurrentTransactions if version < OFFSET_COMMIT_ADDS => KafkaCode::CoordinatorLoadInProgress,
        code => abortable_since(4, version, code),
    }
}

pub(super) fn end_protocol(version: i16) -> TransactionVersion {
    if version >= END_TXN_BUMPS { TransactionVersion::V2 } else { TransactionVersion::V1 }
}

impl AddedBy {
    pub(super) fn code(self, code: KafkaCode) -> KafkaCode {
        match self {
            AddedBy::AddPartitionsToTxn(version) => fenced_since(2, version, code),
            AddedBy::AddOffsetsToTxn(version) => fenced_since(2, version, code),
            AddedBy::Produce(version) => for_produce(version, code),
            AddedBy::TxnOffsetCommit(version) => for_offset_commit(version, code),
        }
    }

    pub(super) fn protocol(self) -> TransactionVersion {
        match self {
            AddedBy::AddOffsetsToTxn(_) => TransactionVersion::V1,
            AddedBy::AddPartitionsToTxn(version) if version < BROKERS_ADD => TransactionVersion::V1,
            AddedBy::AddPartitionsToTxn(_) | AddedBy::Produce(_) | AddedBy::TxnOffsetCommit(_) => TransactionVersion::V2,
        }
    }
}

fn fenced_since(first: i16, version: i16, code: KafkaCode) -> KafkaCode {
    match code {
        KafkaCode::ProducerFenced if version < first => KafkaCode::InvalidProducerEpoch,
        code => code,
    }
}

fn abortable_since(first: i16, version: i16, code: KafkaCode) -> KafkaCode {
    match code {
        KafkaCode::TransactionAbortable if version < first => KafkaCode::InvalidTxnState,
        code => code,
    }
}
