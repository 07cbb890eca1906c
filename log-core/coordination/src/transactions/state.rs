//! The state of one transactional id.
//!
//! Always holds: a producer id is never taken up again once left, and while it is kept its epoch never goes back.

use log_model::{ProducerEpoch, ProducerId, TopicPartition};
use std::collections::BTreeSet;
use std::fmt;

/// The last epoch a client may hold; one is left above it, so that its holder can always be fenced.
const CLIENT_EPOCH_MAX: i16 = i16::MAX - 1;

/// One incarnation of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerIdAndEpoch {
    /// The producer's id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
}

impl ProducerIdAndEpoch {
    /// The first incarnation of a producer id.
    pub fn first(id: ProducerId) -> ProducerIdAndEpoch {
        ProducerIdAndEpoch { id, epoch: ProducerEpoch(0) }
    }

    /// Whether no further epoch may be given to a client.
    pub fn is_exhausted(self) -> bool {
        self.epoch.0 >= CLIENT_EPOCH_MAX
    }

    /// The incarnation that fences this one.
    pub fn bumped(self) -> ProducerIdAndEpoch {
        ProducerIdAndEpoch { id: self.id, epoch: ProducerEpoch(self.epoch.0.saturating_add(1)) }
    }

    /// This incarnation, if a client may have held it and so may repeat a request with it.
    pub(super) fn repeatable(self) -> Option<ProducerIdAndEpoch> {
        (self.epoch.0 <= CLIENT_EPOCH_MAX).then_some(self)
    }

    /// The last incarnation of `id` that a client may have held.
    pub(super) fn last(id: ProducerId) -> ProducerIdAndEpoch {
        ProducerIdAndEpoch { id, epoch: ProducerEpoch(CLIENT_EPOCH_MAX) }
    }
}

impl fmt::Display for ProducerIdAndEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in epoch {}", self.id, self.epoch)
    }
}

/// Where a transaction stands; names and numbers are Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum TransactionState {
    /// No transaction since the producer was initialized.
    Empty = 0,
    /// It has partitions.
    Ongoing = 1,
    /// It will be committed; markers are still to be written.
    PrepareCommit = 2,
    /// It will be aborted; markers are still to be written.
    PrepareAbort = 3,
    /// It is committed.
    CompleteCommit = 4,
    /// It is aborted.
    CompleteAbort = 5,
    /// The transactional id is being forgotten.
    Dead = 6,
    /// Its producer is being fenced.
    PrepareEpochFence = 7,
}

impl TransactionState {
    /// All of them, by number.
    pub const ALL: [TransactionState; 8] = [
        TransactionState::Empty,
        TransactionState::Ongoing,
        TransactionState::PrepareCommit,
        TransactionState::PrepareAbort,
        TransactionState::CompleteCommit,
        TransactionState::CompleteAbort,
        TransactionState::Dead,
        TransactionState::PrepareEpochFence,
    ];

    /// The name that clients see and filter by.
    pub fn name(self) -> &'static str {
        match self {
            TransactionState::Empty => "Empty",
            TransactionState::Ongoing => "Ongoing",
            TransactionState::PrepareCommit => "PrepareCommit",
            TransactionState::PrepareAbort => "PrepareAbort",
            TransactionState::CompleteCommit => "CompleteCommit",
            TransactionState::CompleteAbort => "CompleteAbort",
            TransactionState::Dead => "Dead",
            TransactionState::PrepareEpochFence => "PrepareEpochFence",
        }
    }

    /// The state of a name.
    pub fn of_name(name: &str) -> Option<TransactionState> {
        TransactionState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state of a number.
    pub fn of_number(number: i8) -> Option<TransactionState> {
        TransactionState::ALL.into_iter().find(|state| *state as i8 == number)
    }
}

/// Which of Kafka's protocols a transaction follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransactionVersion {
    /// Partitions are added by requests of their own; the epoch stays from one transaction to the next.
    V1,
    /// Writing adds partitions; each end bumps the epoch (KIP-890).
    V2,
}

/// What is known of a transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The newest producer.
    pub producer: ProducerIdAndEpoch,
    /// From whom the newest producer came by its own request, which it may repeat: `None` once a transaction begins, and after fencing.
    pub previous: Option<ProducerIdAndEpoch>,
    /// In the `Prepare` states, the producer id that takes over once the transaction is complete.
    pub next_producer_id: Option<ProducerId>,
    /// How long a transaction may last.
    pub timeout_ms: i32,
    /// Where it stands.
    pub state: TransactionState,
    /// What it has written to; empty unless `Ongoing` or `Prepare`.
    pub partitions: BTreeSet<TopicPartition>,
    /// When the (last) transaction began; -1 before the first.
    pub start_ms: i64,
    /// When anything changed.
    pub last_update_ms: i64,
    /// The protocol of the last change.
    pub version: TransactionVersion,
}

impl Transaction {
    /// A transactional id that has just been initialized.
    pub(super) fn empty(producer: ProducerIdAndEpoch, timeout_ms: i32, now_ms: i64) -> Transaction {
        Transaction {
            producer,
            previous: None,
            next_producer_id: None,
            timeout_ms,
            state: TransactionState::Empty,
            partitions: BTreeSet::new(),
            start_ms: -1,
            last_update_ms: now_ms,
            version: TransactionVersion::V1,
        }
    }

    /// When a transaction that is not ended must be aborted.
    pub(super) fn times_out_ms(&self) -> Option<i64> {
        (self.state == TransactionState::Ongoing).then(|| self.start_ms.saturating_add(i64::from(self.timeout_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_name_and_by_number() {
        for (number, state) in (0i8..).zip(TransactionState::ALL) {
            assert_eq!(TransactionState::of_number(number), Some(state));
            assert_eq!(TransactionState::of_name(state.name()), Some(state));
        }
        assert_eq!(TransactionState::of_number(8), None);
        assert_eq!(TransactionState::of_name("empty"), None);
    }
}
