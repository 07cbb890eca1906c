//! What happens by itself: transactions time out, transactional ids expire, and ends that were decided are carried out.

use super::command::{Command, Marker, MarkerKind};
use super::end::{completed, marker};
use super::machine::{Change, Transactions};
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState, TransactionVersion};
use std::sync::Arc;

/// So many ids are looked at with one tick; the next deadline is then still in the past.
const DUE_AT_ONCE: usize = 1_000;

impl Transactions {
    pub(super) fn tick(&mut self, now_ms: i64) -> Vec<Command> {
        let due = self.deadlines.iter().take_while(|(due_ms, _)| *due_ms <= now_ms).take(DUE_AT_ONCE);
        let due: Vec<Arc<str>> = due.map(|(_, transactional_id)| transactional_id.clone()).collect();
        due.into_iter().filter_map(|transactional_id| self.act(transactional_id, now_ms)).collect()
    }

    fn act(&mut self, transactional_id: Arc<str>, now_ms: i64) -> Option<Command> {
        let from = self.entries.get(&transactional_id)?.settled.clone()?;
        Some(match from.state {
            TransactionState::Ongoing => self.time_out(transactional_id, &from, now_ms),
            TransactionState::PrepareCommit => self.complete(transactional_id, &from, MarkerKind::Commit, now_ms),
            TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => {
                self.complete(transactional_id, &from, MarkerKind::Abort, now_ms)
            }
            TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Dead => {
                self.change(transactional_id, None, None)
            }
        })
    }

    /// Aborts a transaction and fences its producer, in either protocol.
    fn time_out(&mut self, transactional_id: Arc<str>, from: &Transaction, now_ms: i64) -> Command {
        let mut target = completed(from, MarkerKind::Abort, now_ms);
        target.producer = from.producer.bumped();
        target.version = TransactionVersion::V2;
        target.previous = None;
        let marker = marker(&self.options, from, target.producer, MarkerKind::Abort);
        self.change(transactional_id, Some(target), Some(marker))
    }

    /// Carries out an end that was decided and recorded: the record's epoch is the markers'.
    pub(super) fn complete(&mut self, transactional_id: Arc<str>, from: &Transaction, kind: MarkerKind, now_ms: i64) -> Command {
        let mut target = completed(from, kind, now_ms);
        if let Some(id) = from.next_producer_id {
            target.producer = ProducerIdAndEpoch::first(id);
        }
        let mut marker = marker(&self.options, from, from.producer, kind);
        marker.is_epoch_bumped = from.version == TransactionVersion::V2;
        self.change(transactional_id, Some(target), Some(marker))
    }

    fn change(&mut self, transactional_id: Arc<str>, target: Option<Transaction>, marker: Option<Marker>) -> Command {
        let origin = self.entries[&transactional_id].origin;
        self.propose(Change { transactional_id, target, origin, is_add: false, marker, ids_end: None, answer: None })
    }
}
