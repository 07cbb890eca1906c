//! `EndTxn`: commit or abort, in protocol 2 (version 5) with a bump of the epoch.
//!
//! The decision, the markers and the outcome are one entry, so the `Prepare` states are passed within one step. What may come late:
//!
//! | state, protocol 2 | abort again | abort | commit again | commit |
//! |---|---|---|---|---|
//! | `Empty` | fenced | bumps | fenced | `INVALID_TXN_STATE` |
//! | `CompleteAbort` | same answer | bumps | `INVALID_TXN_STATE` | `INVALID_TXN_STATE` |
//! | `CompleteCommit` | `INVALID_TXN_STATE` | bumps | same answer | `INVALID_TXN_STATE` |
//!
//! *Again* is with the epoch before the last bump, and only while no further transaction has begun; otherwise an earlier epoch is fenced.
//! In protocol 1 the epoch must be the present one, and only a completed transaction takes the same end again.

use super::codes;
use super::command::{Command, Marker, MarkerKind, Response};
use super::event::{EndTxn, Token};
use super::machine::{Change, Transactions};
use super::options::Options;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState, TransactionVersion};
use log_model::{KafkaCode, ProducerEpoch, ProducerId};
use std::collections::BTreeSet;
use std::sync::Arc;

enum Outcome {
    /// It has ended so before.
    Done(ProducerIdAndEpoch),
    /// It ends now.
    Ends(Transaction),
}

impl Transactions {
    pub(super) fn end_txn(&mut self, request: EndTxn, now_ms: i64) -> Command {
        let (token, version) = (request.token, codes::end_protocol(request.version));
        match self.judge_end(&request) {
            Err(code) => {
                let response = ended(version, None).refused(codes::for_end(request.version, code));
                Command::Respond { token, response }
            }
            Ok(Outcome::Done(producer)) => Command::Respond { token, response: ended(version, Some(producer)) },
            Ok(Outcome::Ends(from)) => self.end(Arc::from(request.transactional_id), from, version, (token, request.committed), now_ms),
        }
    }

    fn judge_end(&self, request: &EndTxn) -> Result<Outcome, KafkaCode> {
        if request.transactional_id.is_empty() {
            return Err(KafkaCode::InvalidRequest);
        }
        let is_v2 = codes::end_protocol(request.version) == TransactionVersion::V2;
        let entry = self.entries.get(request.transactional_id.as_str()).ok_or(KafkaCode::InvalidProducerIdMapping)?;
        let settled = entry.settled.as_ref().ok_or(KafkaCode::InvalidProducerIdMapping)?;
        let is_complete = matches!(settled.state, TransactionState::CompleteCommit | TransactionState::CompleteAbort);
        let is_prepared = matches!(settled.state, TransactionState::PrepareCommit | TransactionState::PrepareAbort);
        let is_repeated = is_v2 && (is_complete || is_prepared) && settled.previous == Some(request.producer);
        if !is_repeated {
            settled.check(request.producer)?;
        }
        if !entry.pending.is_empty() {
            return Err(KafkaCode::ConcurrentTransactions);
        }
        let wrong = Err(KafkaCode::InvalidTxnState);
        let may_abort_nothing = is_v2 && !request.committed && !is_repeated;
        match settled.state {
            TransactionState::Ongoing => Ok(Outcome::Ends(settled.clone())),
            TransactionState::PrepareCommit if request.committed => Err(KafkaCode::ConcurrentTransactions),
            TransactionState::PrepareAbort | TransactionState::PrepareEpochFence if !request.committed => {
                Err(KafkaCode::ConcurrentTransactions)
            }
            TransactionState::PrepareCommit | TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => wrong,
            TransactionState::CompleteCommit if request.committed && is_repeated == is_v2 => Ok(Outcome::Done(settled.producer)),
            TransactionState::CompleteAbort if !request.committed && is_repeated == is_v2 => Ok(Outcome::Done(settled.producer)),
            _ if may_abort_nothing => Ok(Outcome::Ends(settled.clone())),
            TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Empty | TransactionState::Dead => wrong,
        }
    }

    fn end(&mut self, name: Arc<str>, from: Transaction, version: TransactionVersion, by: (Token, bool), now_ms: i64) -> Command {
        let (token, committed) = by;
        let (stamp, producer, ids_end) = match version {
            TransactionVersion::V1 => (from.producer, from.producer, None),
            TransactionVersion::V2 => {
                let (next, ids_end) = self.successor(from.producer);
                (from.producer.bumped(), next, ids_end)
            }
        };
        let kind = if committed { MarkerKind::Commit } else { MarkerKind::Abort };
        let marker = marker(&self.options, &from, stamp, kind);
        let mut target = completed(&from, kind, now_ms);
        target.producer = producer;
        target.version = version;
        target.previous = from.producer.repeatable().filter(|_| version == TransactionVersion::V2);
        let origin = self.entries[&name].origin;
        self.propose(Change {
            transactional_id: name,
            target: Some(target),
            origin,
            is_add: false,
            marker: Some(marker),
            ids_end,
            answer: Some((token, ended(version, Some(producer)))),
        })
    }
}

impl Transaction {
    /// Refuses all but the newest producer.
    pub(super) fn check(&self, producer: ProducerIdAndEpoch) -> Result<(), KafkaCode> {
        match producer {
            producer if producer.id != self.producer.id => Err(KafkaCode::InvalidProducerIdMapping),
            producer if producer.epoch != self.producer.epoch => Err(KafkaCode::ProducerFenced),
            _ => Ok(()),
        }
    }
}

/// The state after the end of a transaction, still of the same producer.
pub(super) fn completed(from: &Transaction, kind: MarkerKind, now_ms: i64) -> Transaction {
    let last_update_ms = now_ms.max(from.last_update_ms);
    // Protocol 2 may abort what never began.
    let has_begun = !matches!(
        from.state,
        TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Dead
    );
    Transaction {
        state: match kind {
            MarkerKind::Commit => TransactionState::CompleteCommit,
            MarkerKind::Abort => TransactionState::CompleteAbort,
        },
        partitions: BTreeSet::new(),
        start_ms: if has_begun { from.start_ms } else { last_update_ms },
        last_update_ms,
        next_producer_id: None,
        ..from.clone()
    }
}

/// The marker that ends `from`, in the epoch of `stamp`.
pub(super) fn marker(options: &Options, from: &Transaction, stamp: ProducerIdAndEpoch, kind: MarkerKind) -> Marker {
    Marker {
        producer_id: stamp.id,
        producer_epoch: stamp.epoch,
        kind,
        coordinator_epoch: options.coordinator_epoch,
        is_epoch_bumped: stamp != from.producer,
        partitions: from.partitions.iter().cloned().collect(),
    }
}

fn ended(version: TransactionVersion, producer: Option<ProducerIdAndEpoch>) -> Response {
    let (producer_id, producer_epoch) = match producer {
        Some(producer) if version == TransactionVersion::V2 => (producer.id, producer.epoch),
        _ => (ProducerId::NONE, ProducerEpoch::NONE),
    };
    Response::Ended { code: KafkaCode::None, producer_id, producer_epoch }
}
