//! What a partition knows about its producers: epochs, the last batches of each (to tell a retry from a new batch) and open transactions.
//!
//! What always holds: a producer's open transaction is in `open` under its first offset and nowhere else; `completed` holds transactions
//! whose marker is appended but not yet durable, so that the last stable offset does not pass them early.
//!
//! Not here: the file (see `producer_snapshot`). Source: Kafka's `ProducerStateManager` and `ProducerAppendInfo`.

use super::transaction_index::AbortedTransaction;
use log_model::{Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};
use log_record::control::ControlType;
use log_record::{BatchHeader, RecordBatch};
use std::collections::{BTreeMap, VecDeque};

/// How many batches of a producer are remembered, as in Kafka: a client has at most that many in flight.
pub(crate) const BATCHES_PER_PRODUCER: usize = 5;

/// A remembered batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchMark {
    pub(crate) last_sequence: Sequence,
    pub(crate) last_offset: Offset,
    pub(crate) offset_delta: i32,
    pub(crate) timestamp: Timestamp,
}

impl BatchMark {
    fn base_offset(&self) -> Offset {
        self.last_offset + -i64::from(self.offset_delta)
    }

    fn is_of(&self, header: &BatchHeader) -> bool {
        self.last_sequence == header.last_sequence() && self.offset_delta == header.last_offset_delta
    }
}

/// One producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Producer {
    pub(crate) epoch: ProducerEpoch,
    pub(crate) coordinator_epoch: i32,
    pub(crate) last_timestamp: Timestamp,
    pub(crate) transaction_first_offset: Option<Offset>,
    /// Oldest first, at most five.
    pub(crate) batches: Vec<BatchMark>,
    /// The wall clock when the producer was last seen by this process; `None` until the first look after a start.
    pub(crate) seen_ms: Option<i64>,
}

/// Who appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A producer: sequences are checked, control batches refused.
    Client,
    /// The log itself: transaction markers.
    Coordinator,
}

/// What a batch is to its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    New,
    /// Appended before, at this offset.
    Duplicate(Offset),
}

/// Why a batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Fenced { current: ProducerEpoch },
    OutOfOrder { expected: Sequence },
    Transaction(&'static str),
}

/// How a marker ended a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Completed {
    first_offset: Offset,
    last_offset: Offset,
}

/// What a producer was before a batch, to take the batch back.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    producer_id: ProducerId,
    producer: Option<Producer>,
}

/// All producers of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProducerStates {
    producers: BTreeMap<ProducerId, Producer>,
    open: BTreeMap<Offset, ProducerId>,
    completed: VecDeque<Completed>,
}

impl ProducerStates {
    pub(crate) fn is_empty(&self) -> bool {
        self.producers.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ProducerId, &Producer)> {
        self.producers.iter().map(|(id, producer)| (*id, producer))
    }

    pub(crate) fn get(&self, id: ProducerId) -> Option<&Producer> {
        self.producers.get(&id)
    }

    /// Puts a producer read from a snapshot in place.
    pub(crate) fn insert(&mut self, id: ProducerId, producer: Producer) {
        self.remove(id);
        if let Some(first_offset) = producer.transaction_first_offset {
            self.open.insert(first_offset, id);
        }
        self.producers.insert(id, producer);
    }

    fn remove(&mut self, id: ProducerId) {
        if let Some(first_offset) = self.producers.remove(&id).and_then(|old| old.transaction_first_offset) {
            self.open.remove(&first_offset);
        }
    }

    /// Judges a batch before it is appended. Batches of plain producers are always new.
    pub(crate) fn check(&self, header: &BatchHeader, origin: AppendOrigin) -> Result<Verdict, Refusal> {
        let Some(producer) = self.producers.get(&header.producer_id).filter(|_| header.producer_id.0 >= 0) else {
            return Ok(Verdict::New);
        };
        if header.producer_epoch < producer.epoch {
            return Err(Refusal::Fenced { current: producer.epoch });
        }
        if origin == AppendOrigin::Coordinator || header.is_control() {
            return Ok(Verdict::New);
        }
        if header.producer_epoch > producer.epoch {
            let starts_anew = header.base_sequence.0 == 0 || producer.batches.is_empty();
            return if starts_anew { Ok(Verdict::New) } else { Err(Refusal::OutOfOrder { expected: Sequence(0) }) };
        }
        if let Some(mark) = producer.batches.iter().find(|mark| mark.is_of(header)) {
            return Ok(Verdict::Duplicate(mark.base_offset()));
        }
        if let Some(expected) = producer.batches.last().map(|mark| mark.last_sequence.advance(1))
            && expected != header.base_sequence
        {
            return Err(Refusal::OutOfOrder { expected });
        }
        if producer.transaction_first_offset.is_some() && !header.is_transactional() {
            return Err(Refusal::Transaction("it sent a batch outside of its open transaction; commit or abort it first"));
        }
        Ok(Verdict::New)
    }

    /// What to keep in order to take `header` back with [`ProducerStates::restore`].
    pub(crate) fn before(&self, header: &BatchHeader) -> Option<Before> {
        let producer_id = header.producer_id;
        (producer_id.0 >= 0).then(|| Before { producer_id, producer: self.producers.get(&producer_id).cloned() })
    }

    /// Takes batches back, the latest first; `end_offset` is the end of the log without them.
    pub(crate) fn restore(&mut self, before: Before, end_offset: Offset) {
        self.remove(before.producer_id);
        if let Some(producer) = before.producer {
            self.insert(before.producer_id, producer);
        }
        self.completed.retain(|transaction| transaction.last_offset < end_offset);
    }

    /// Notes an appended batch. Gives the aborted transaction back if the batch is an abort marker that ends one.
    pub(crate) fn apply(&mut self, batch: &RecordBatch, now_ms: Option<i64>) -> Option<AbortedTransaction> {
        let header = batch.header();
        if header.producer_id.0 < 0 {
            return None;
        }
        let producer = self.producers.entry(header.producer_id).or_insert_with(|| Producer {
            epoch: header.producer_epoch,
            coordinator_epoch: -1,
            last_timestamp: Timestamp::NONE,
            transaction_first_offset: None,
            batches: Vec::new(),
            seen_ms: None,
        });
        if header.producer_epoch != producer.epoch {
            producer.epoch = header.producer_epoch;
            producer.batches.clear();
        }
        producer.last_timestamp = header.max_timestamp;
        producer.seen_ms = now_ms.or(producer.seen_ms);
        if header.is_control() {
            return self.end_transaction(batch, &header);
        }
        if producer.batches.len() == BATCHES_PER_PRODUCER {
            producer.batches.remove(0);
        }
        producer.batches.push(BatchMark {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        if header.is_transactional() && producer.transaction_first_offset.is_none() {
            producer.transaction_first_offset = Some(header.base_offset);
            self.open.insert(header.base_offset, header.producer_id);
        }
        None
    }

    fn end_transaction(&mut self, batch: &RecordBatch, header: &BatchHeader) -> Option<AbortedTransaction> {
        // A control batch that compaction has emptied ended its transaction long ago, and other control types end none.
        let (kind, coordinator_epoch) = marker_of(batch)?;
        let producer = self.producers.get_mut(&header.producer_id)?;
        producer.coordinator_epoch = coordinator_epoch;
        let first_offset = producer.transaction_first_offset.take()?;
        self.open.remove(&first_offset);
        let last_offset = header.last_offset();
        self.completed.push_back(Completed { first_offset, last_offset });
        let last_stable_offset = self.open.keys().next().copied().unwrap_or(last_offset.next());
        let aborted = AbortedTransaction { producer_id: header.producer_id, first_offset, last_offset, last_stable_offset };
        (kind == ControlType::Abort).then_some(aborted)
    }

    /// Markers below `high_watermark` are durable: their transactions no longer hold the last stable offset back.
    pub(crate) fn settle(&mut self, high_watermark: Offset) {
        while self.completed.front().is_some_and(|transaction| transaction.last_offset < high_watermark) {
            self.completed.pop_front();
        }
    }

    /// The first offset of a transaction whose outcome is open or not yet durable.
    pub(crate) fn first_unstable(&self) -> Option<Offset> {
        let completed = self.completed.iter().map(|transaction| transaction.first_offset).min();
        let open = self.open.keys().next().copied();
        match (completed, open) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Forgets producers without an open transaction that were not seen for `expiration_ms`. One that was never seen by this process
    /// counts as seen now.
    pub(crate) fn expire(&mut self, now_ms: i64, expiration_ms: i64) -> usize {
        let count = self.producers.len();
        self.producers.retain(|_, producer| {
            let seen_ms = *producer.seen_ms.get_or_insert(now_ms);
            producer.transaction_first_offset.is_some() || now_ms.saturating_sub(seen_ms) < expiration_ms
        });
        count - self.producers.len()
    }
}

/// The marker in a control batch and its coordinator's epoch; `None` if there is none.
pub(crate) fn marker_of(batch: &RecordBatch) -> Option<(ControlType, i32)> {
    let mut records = batch.records().ok()?;
    let view = records.next_view()?.ok()?;
    let kind = ControlType::from_key(view.key?).ok()?;
    let coordinator_epoch = view.value.and_then(|value| value.get(2..6)?.try_into().ok()).map_or(-1, i32::from_be_bytes);
    Some((kind, coordinator_epoch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::testing::{batch_of, idempotent};
    use log_model::LeaderEpoch;
    use log_record::control::end_marker;

    fn at(batch: RecordBatch, offset: i64) -> RecordBatch {
        batch.with_base_offset(Offset(offset), LeaderEpoch(0))
    }

    fn check(states: &ProducerStates, batch: &RecordBatch) -> Result<Verdict, Refusal> {
        states.check(&batch.header(), AppendOrigin::Client)
    }

    #[test]
    fn the_last_five_batches_are_known_as_duplicates() {
        let mut states = ProducerStates::default();
        for number in 0..7 {
            let batch = at(idempotent(&["a", "b"], 1, 0, number * 2), i64::from(number) * 10);
            assert_eq!(check(&states, &batch), Ok(Verdict::New));
            states.apply(&batch, Some(0));
        }
        for number in 2..7 {
            let again = idempotent(&["a", "b"], 1, 0, number * 2);
            assert_eq!(check(&states, &again), Ok(Verdict::Duplicate(Offset(i64::from(number) * 10))));
        }
        let forgotten = idempotent(&["a", "b"], 1, 0, 2);
        assert_eq!(check(&states, &forgotten), Err(Refusal::OutOfOrder { expected: Sequence(14) }));
    }

    #[test]
    fn gaps_and_old_epochs_are_refused() {
        let mut states = ProducerStates::default();
        states.apply(&at(idempotent(&["a"], 1, 3, 0), 0), None);
        let refusals = [
            (idempotent(&["b"], 1, 3, 2), Refusal::OutOfOrder { expected: Sequence(1) }),
            (idempotent(&["b"], 1, 2, 1), Refusal::Fenced { current: ProducerEpoch(3) }),
            (idempotent(&["b"], 1, 4, 1), Refusal::OutOfOrder { expected: Sequence(0) }),
        ];
        for (batch, refusal) in refusals {
            assert_eq!(check(&states, &batch), Err(refusal));
        }
        assert_eq!(check(&states, &idempotent(&["b"], 1, 4, 0)), Ok(Verdict::New));
        assert_eq!(check(&states, &idempotent(&["b"], 2, 0, 77)), Ok(Verdict::New));
    }

    #[test]
    fn sequences_wrap() {
        let mut states = ProducerStates::default();
        states.apply(&at(idempotent(&["a"], 1, 0, i32::MAX), 0), None);
        assert_eq!(check(&states, &idempotent(&["b"], 1, 0, 0)), Ok(Verdict::New));
    }

    #[test]
    fn a_transaction_is_unstable_until_its_marker_is_durable() {
        let mut states = ProducerStates::default();
        let batch = batch_of(&["a"]).with_producer(ProducerId(1), ProducerEpoch(0), Sequence(0), true);
        states.apply(&at(batch, 10), None);
        assert_eq!(states.first_unstable(), Some(Offset(10)));
        assert!(matches!(check(&states, &idempotent(&["b"], 1, 0, 1)), Err(Refusal::Transaction(_))));

        let marker = end_marker(ControlType::Abort, (ProducerId(1), ProducerEpoch(0)), Timestamp(0), 7);
        let aborted = states.apply(&at(marker, 15), None).unwrap();
        assert_eq!((aborted.first_offset, aborted.last_offset, aborted.last_stable_offset), (Offset(10), Offset(15), Offset(16)));
        assert_eq!(states.first_unstable(), Some(Offset(10)));
        states.settle(Offset(15));
        assert_eq!(states.first_unstable(), Some(Offset(10)));
        states.settle(Offset(16));
        assert_eq!(states.first_unstable(), None);
        assert_eq!(states.get(ProducerId(1)).unwrap().coordinator_epoch, 7);
    }

    #[test]
    fn a_batch_taken_back_leaves_no_trace() {
        let mut states = ProducerStates::default();
        states.apply(&at(idempotent(&["a"], 1, 0, 0), 0), Some(5));
        let untouched = states.clone();
        let batch = at(batch_of(&["b"]).with_producer(ProducerId(1), ProducerEpoch(1), Sequence(0), true), 1);
        let before = states.before(&batch.header()).unwrap();
        states.apply(&batch, Some(6));
        assert_ne!(states, untouched);
        states.restore(before, Offset(1));
        assert_eq!(states, untouched);
    }

    #[test]
    fn idle_producers_expire_but_open_transactions_stay() {
        let mut states = ProducerStates::default();
        states.apply(&at(idempotent(&["a"], 1, 0, 0), 0), Some(100));
        states.apply(&at(batch_of(&["b"]).with_producer(ProducerId(2), ProducerEpoch(0), Sequence(0), true), 1), Some(100));
        states.apply(&at(idempotent(&["a"], 3, 0, 0), 2), None);
        assert_eq!(states.expire(150, 50), 1);
        assert_eq!(states.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(states.expire(200, 50), 1);
        assert_eq!(states.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [2]);
    }
}
