//! Which batches belong to aborted transactions, and which markers are still needed, while walking a log from its beginning.
//!
//! Source: Kafka's `CleanedTransactionMetadata`.

use crate::partition::producer_state::marker_of;
use crate::partition::transaction_index::AbortedTransaction;
use log_model::{Offset, ProducerId};
use log_record::RecordBatch;
use log_record::control::ControlType;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The transactions open at a place in the log, and how they will end.
#[derive(Debug)]
pub(crate) struct Transactions {
    /// Still to come, by first offset.
    upcoming: VecDeque<AbortedTransaction>,
    aborted: BTreeMap<ProducerId, Ongoing>,
    committed: BTreeSet<ProducerId>,
}

#[derive(Debug)]
struct Ongoing {
    transaction: AbortedTransaction,
    has_batches: bool,
}

/// What a marker is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Batches of its transaction are still there; for an abort, its index entry is needed.
    Needed(Option<AbortedTransaction>),
    /// Nothing of its transaction is left.
    Spent,
}

impl Transactions {
    pub(crate) fn new(mut aborted: Vec<AbortedTransaction>) -> Transactions {
        aborted.sort_by_key(|transaction| transaction.first_offset);
        Transactions { upcoming: aborted.into(), aborted: BTreeMap::new(), committed: BTreeSet::new() }
    }

    /// Passes a batch of records; says whether it was aborted.
    pub(crate) fn pass_batch(&mut self, batch: &RecordBatch) -> bool {
        self.begin_up_to(batch.last_offset());
        if !batch.is_transactional() {
            return false;
        }
        match self.aborted.get_mut(&batch.producer_id()) {
            Some(ongoing) => {
                ongoing.has_batches = true;
                true
            }
            None => {
                self.committed.insert(batch.producer_id());
                false
            }
        }
    }

    /// Passes a control batch.
    pub(crate) fn pass_marker(&mut self, batch: &RecordBatch) -> Marker {
        self.begin_up_to(batch.last_offset());
        if batch.record_count() == 0 {
            return Marker::Spent;
        }
        match marker_of(batch) {
            Some((ControlType::Abort, _)) => match self.aborted.remove(&batch.producer_id()) {
                Some(ongoing) if ongoing.has_batches => Marker::Needed(Some(ongoing.transaction)),
                _ => Marker::Spent,
            },
            Some((ControlType::Commit, _)) if !self.committed.remove(&batch.producer_id()) => Marker::Spent,
            // Other control records are not ours to remove.
            _ => Marker::Needed(None),
        }
    }

    fn begin_up_to(&mut self, offset: Offset) {
        while self.upcoming.front().is_some_and(|transaction| transaction.first_offset <= offset) {
            let Some(transaction) = self.upcoming.pop_front() else { break };
            self.aborted.entry(transaction.producer_id).or_insert(Ongoing { transaction, has_batches: false });
        }
    }
}
