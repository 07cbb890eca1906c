//! Adding partitions to a transaction, which begins it: `AddPartitionsToTxn`, `AddOffsetsToTxn`, and in protocol 2 the writes themselves.
//!
//! Partitions are known as part of the transaction before anything is written to them, so its end reaches all of them.

use super::command::{Command, Response};
use super::event::AddPartitions;
use super::machine::{Change, Transactions};
use super::state::{Transaction, TransactionState};
use log_model::KafkaCode;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Transactions {
    pub(super) fn add_partitions(&mut self, request: AddPartitions, now_ms: i64) -> Command {
        let (token, by) = (request.token, request.by);
        let respond = |code| Command::Respond { token, response: Response::Added(by.code(code)) };
        match self.judge_add(&request, now_ms) {
            Err(code) => respond(code),
            Ok(None) => respond(KafkaCode::None),
            Ok(Some(target)) => {
                let origin = self.entries[request.transactional_id.as_str()].origin;
                self.propose(Change {
                    transactional_id: Arc::from(request.transactional_id),
                    target: Some(target),
                    origin,
                    is_add: true,
                    marker: None,
                    ids_end: None,
                    answer: Some((token, Response::Added(KafkaCode::None))),
                })
            }
        }
    }

    /// The state with the partitions; `None` if it has them all.
    fn judge_add(&self, request: &AddPartitions, now_ms: i64) -> Result<Option<Transaction>, KafkaCode> {
        if request.transactional_id.is_empty() {
            return Err(KafkaCode::InvalidRequest);
        }
        let (entry, settled) = self.settled_of(&request.transactional_id, request.producer)?;
        if entry.is_blocked() {
            return Err(KafkaCode::ConcurrentTransactions);
        }
        let is_ongoing = settled.state == TransactionState::Ongoing;
        if request.partitions.is_empty() || (is_ongoing && request.partitions.iter().all(|one| settled.partitions.contains(one))) {
            return Ok(None);
        }
        let base = entry.latest().unwrap_or(settled);
        let begins = match base.state {
            TransactionState::Ongoing => false,
            TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Dead => true,
            TransactionState::PrepareCommit | TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => {
                return Err(KafkaCode::ConcurrentTransactions);
            }
        };
        let mut target = base.clone();
        target.last_update_ms = now_ms.max(base.last_update_ms);
        target.version = request.by.protocol();
        if begins {
            target.state = TransactionState::Ongoing;
            target.start_ms = target.last_update_ms;
            target.partitions = BTreeSet::new();
            // What led to this incarnation is over: a request that is repeated only now must not reach the transaction.
            target.previous = None;
        }
        target.partitions.extend(request.partitions.iter().cloned());
        Ok(Some(target))
    }
}
