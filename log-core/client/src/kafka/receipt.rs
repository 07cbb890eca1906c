//! What is on its way: one receipt per batch, one tally per producer.
//!
//! Always holds: each queued record notes its outcome once; the batch resolves when its last record has.

use super::error::{About, error};
use super::native::Fault;
use crate::{Error, Result};
use futures::channel::oneshot;
use log_model::{Offset, TopicPartition};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most that may be on its way before `send` waits.
const RECORDS_MAX: usize = 100_000;
const BYTES_MAX: usize = 64 << 20;

/// What a producer has on its way.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    records: usize,
    bytes: usize,
    /// Numbers of the batches on their way.
    batches: BTreeSet<u64>,
    /// The number of the next batch.
    next: u64,
    /// The first failure since the last `take_failure`.
    failure: Option<Error>,
}

impl Tally {
    /// Whether another batch may be queued.
    pub(super) fn has_room(&self) -> bool {
        let counts = self.0.lock();
        counts.records < RECORDS_MAX && counts.bytes < BYTES_MAX
    }

    /// The number of the next batch: batches sent before have lower ones.
    pub(super) fn mark(&self) -> u64 {
        self.0.lock().next
    }

    /// Whether no batch below `mark` is on its way.
    pub(super) fn is_done_below(&self, mark: u64) -> bool {
        self.0.lock().batches.first().is_none_or(|oldest| *oldest >= mark)
    }

    /// The first failure since this was last asked.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.0.lock().failure.take()
    }

    fn add(&self, records: usize, bytes: usize) -> u64 {
        let mut counts = self.0.lock();
        counts.records += records;
        counts.bytes += bytes;
        let number = counts.next;
        counts.next += 1;
        counts.batches.insert(number);
        number
    }

    fn subtract(&self, receipt: &Receipt, failure: Option<&Error>) {
        let mut counts = self.0.lock();
        counts.records -= receipt.records;
        counts.bytes -= receipt.bytes;
        counts.batches.remove(&receipt.number);
        if counts.failure.is_none() {
            counts.failure = failure.cloned();
        }
    }
}

/// One batch on its way.
#[derive(Debug)]
pub(super) struct Receipt {
    partition: TopicPartition,
    number: u64,
    records: usize,
    bytes: usize,
    tally: Arc<Tally>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    outstanding: usize,
    first: Option<i64>,
    failure: Option<Error>,
    /// Who waits; taken by the answer.
    sender: Option<oneshot::Sender<Result<Offset>>>,
}

impl Receipt {
    /// A receipt for `records` records, and where its outcome will be told.
    pub(super) fn new(
        partition: TopicPartition,
        records: usize,
        bytes: usize,
        tally: Arc<Tally>,
    ) -> (Arc<Receipt>, oneshot::Receiver<Result<Offset>>) {
        let number = tally.add(records, bytes);
        let (sender, receiver) = oneshot::channel();
        let state = State { outstanding: records, first: None, failure: None, sender: Some(sender) };
        (Arc::new(Receipt { partition, number, records, bytes, tally, state: Mutex::new(state) }), receiver)
    }

    /// Notes that the records from the `sent`-th on were never queued.
    pub(super) fn note_unsent(&self, sent: usize, fault: &Fault) {
        for _ in sent..self.records {
            self.note(Err(fault.clone()));
        }
    }

    /// Notes the outcome of one record: its offset, or what went wrong.
    pub(super) fn note(&self, outcome: Result<i64, Fault>) {
        let mut state = self.state.lock();
        match outcome {
            Ok(offset) => state.first = Some(state.first.map_or(offset, |first| first.min(offset))),
            Err(fault) if state.failure.is_none() => state.failure = Some(error(&fault, About::Partition(&self.partition))),
            Err(_) => {}
        }
        state.outstanding = state.outstanding.saturating_sub(1);
        if state.outstanding > 0 {
            return;
        }
        let Some(sender) = state.sender.take() else { return };
        self.tally.subtract(self, state.failure.as_ref());
        let answer = match (state.failure.take(), state.first) {
            (Some(failure), _) => Err(failure),
            (None, Some(first)) => Ok(Offset(first)),
            (None, None) => Err(Error::Bug { reason: format!("a batch to {} was acknowledged without an offset", self.partition) }),
        };
        drop(state);
        // Whoever dropped the delivery does not want to know.
        let _ = sender.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use log_model::{ErrorKind, TopicName};
    use rdkafka::types::RDKafkaErrorCode;

    #[test]
    fn a_batch_resolves_to_its_smallest_offset_once_all_records_did() {
        let tally = Arc::new(Tally::default());
        let (receipt, mut answer) = Receipt::new(TopicName::new("t").unwrap().partition(0), 3, 300, tally.clone());
        receipt.note(Ok(8));
        receipt.note(Ok(7));
        assert!((&mut answer).now_or_never().is_none() && !tally.is_done_below(tally.mark()));
        receipt.note(Ok(9));
        assert_eq!(answer.now_or_never().unwrap().unwrap().unwrap(), Offset(7));
        assert!(tally.is_done_below(tally.mark()) && tally.take_failure().is_none());
    }

    #[test]
    fn one_failed_record_fails_the_batch_and_is_remembered_once() {
        let tally = Arc::new(Tally::default());
        let (receipt, answer) = Receipt::new(TopicName::new("t").unwrap().partition(0), 2, 10, tally.clone());
        receipt.note(Err(Fault::of(RDKafkaErrorCode::MessageTimedOut)));
        receipt.note(Ok(1));
        assert_eq!(answer.now_or_never().unwrap().unwrap().unwrap_err().kind(), ErrorKind::Retry);
        assert_eq!(tally.take_failure().unwrap().kind(), ErrorKind::Retry);
        assert!(tally.take_failure().is_none());
    }

    #[test]
    fn too_many_bytes_or_records_leave_no_room() {
        let partition = TopicName::new("t").unwrap().partition(0);
        for (records, bytes) in [(RECORDS_MAX, 1), (1, BYTES_MAX)] {
            let tally = Arc::new(Tally::default());
            assert!(tally.has_room());
            let kept = Receipt::new(partition.clone(), records, bytes, tally.clone());
            assert!(!tally.has_room());
            (0..records).for_each(|offset| kept.0.note(Ok(offset as i64)));
            assert!(tally.has_room());
        }
    }
}
