//! A transactional id within the machine: its settled state and the changes under way.
//!
//! Always holds: either at most one change is under way, or all of them add partitions, each building on the one before.

use super::command::PersistId;
use super::event::Origin;
use super::options::Options;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState};
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Entry {
    /// `None` until the first change is persisted.
    pub(super) settled: Option<Transaction>,
    pub(super) pending: VecDeque<Pending>,
    pub(super) origin: Origin,
    /// After a failed append nothing is tried by itself before this.
    pub(super) not_before_ms: i64,
    /// What the machine's index of deadlines holds for this entry.
    pub(super) deadline_ms: Option<i64>,
}

/// A change that is not yet persisted.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) persist: PersistId,
    /// `None` forgets the transactional id.
    pub(super) target: Option<Transaction>,
    pub(super) origin: Origin,
    /// Whether it only adds partitions.
    pub(super) is_add: bool,
}

impl Entry {
    pub(super) fn new() -> Entry {
        Entry { settled: None, pending: VecDeque::new(), origin: Origin::Client, not_before_ms: i64::MIN, deadline_ms: None }
    }

    /// Whether a change is under way that nothing may be built on.
    pub(super) fn is_blocked(&self) -> bool {
        self.pending.iter().any(|pending| !pending.is_add)
    }

    /// The state that a further addition of partitions builds on.
    pub(super) fn latest(&self) -> Option<&Transaction> {
        self.pending.back().map_or(self.settled.as_ref(), |pending| pending.target.as_ref())
    }

    /// Whether `producer` is the newest, also after what is under way.
    pub(super) fn is_newest(&self, producer: ProducerIdAndEpoch) -> bool {
        let is_it = |transaction: Option<&Transaction>| transaction.is_some_and(|transaction| transaction.producer == producer);
        is_it(self.settled.as_ref()) && self.pending.iter().all(|pending| is_it(pending.target.as_ref()))
    }

    /// Takes over the change of `persist`, and drops those before it, which it contains.
    pub(super) fn settle(&mut self, persist: PersistId) {
        let Some(index) = self.pending.iter().position(|pending| pending.persist == persist) else { return };
        if let Some(pending) = self.pending.drain(..=index).next_back() {
            self.settled = pending.target;
            self.origin = pending.origin;
        }
    }

    /// When the machine must look at this entry again.
    pub(super) fn due_ms(&self, options: &Options) -> Option<i64> {
        if !self.pending.is_empty() {
            return None;
        }
        let transaction = self.settled.as_ref()?;
        let due_ms = match transaction.state {
            TransactionState::Ongoing => transaction.times_out_ms(),
            TransactionState::PrepareCommit | TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => {
                Some(transaction.last_update_ms)
            }
            TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Dead => {
                let expires = transaction.last_update_ms.saturating_add(options.transactional_id_expiration_ms);
                (self.origin == Origin::Client).then_some(expires)
            }
        };
        due_ms.map(|due_ms| due_ms.max(self.not_before_ms))
    }
}
