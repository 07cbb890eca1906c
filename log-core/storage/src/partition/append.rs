//! Taking batches in: validation, duplicate detection, offsets, and the step from staged to visible.
//!
//! Per batch only; no record is looked at, nothing is copied, no file is touched.

use super::filler;
use super::log::PartitionLog;
use super::producer_state::{AppendOrigin, Before, Refusal, Verdict};
use crate::error::{Error, Result};
use log_model::{Offset, Timestamp, TimestampType};
use log_record::{BatchHeader, RecordBatch};

/// Where one of the prepared batches is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The offset of its first record.
    pub base_offset: Offset,
    /// The offset of its last record. Acknowledge once the high watermark is beyond it: that holds for duplicates too, whose original may
    /// still be on its way.
    pub last_offset: Offset,
    /// Whether it had been appended before, and was not now.
    pub is_duplicate: bool,
}

/// Batches with their offsets, staged in the partition but not yet visible.
#[derive(Debug)]
#[must_use = "prepared batches are committed or undone"]
pub struct Prepared {
    placed: Vec<Placed>,
    batches: Vec<RecordBatch>,
    previous_end: Offset,
    next_offset: Offset,
    before: Vec<Before>,
}

impl Prepared {
    /// The offset of the first batch: of its original if it is a duplicate.
    pub fn base_offset(&self) -> Offset {
        self.placed.first().map_or(self.previous_end, |placed| placed.base_offset)
    }

    /// The log end with these batches: what to commit up to.
    pub fn next_offset(&self) -> Offset {
        self.next_offset
    }

    /// The new batches, numbered: what must become durable. Duplicates are not among them.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Where each batch given to `prepare` is, in that order.
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// Whether nothing is new.
    pub fn is_duplicate(&self) -> bool {
        self.batches.is_empty()
    }
}

impl PartitionLog {
    /// Checks batches of a producer, gives them offsets and the leader epoch, and stages them: all or none. Nothing is visible or durable yet.
    ///
    /// Errors: too large, malformed for a topic, fenced, out of sequence, or the partition is damaged. Nothing has changed then.
    pub fn prepare(&mut self, batches: Vec<RecordBatch>, now_ms: i64) -> Result<Prepared> {
        self.prepare_from(AppendOrigin::Client, batches, now_ms)
    }

    /// Like [`PartitionLog::prepare`]; a coordinator may append transaction markers.
    pub fn prepare_from(&mut self, origin: AppendOrigin, batches: Vec<RecordBatch>, now_ms: i64) -> Result<Prepared> {
        self.refuse_if_damaged()?;
        let mut prepared = Prepared {
            placed: Vec::with_capacity(batches.len()),
            batches: Vec::with_capacity(batches.len()),
            previous_end: self.log_end,
            next_offset: self.log_end,
            before: Vec::new(),
        };
        for batch in batches {
            if let Err(error) = self.stage(&mut prepared, origin, batch, now_ms) {
                self.undo(prepared);
                return Err(error);
            }
        }
        self.check();
        Ok(prepared)
    }

    fn stage(&mut self, prepared: &mut Prepared, origin: AppendOrigin, batch: RecordBatch, now_ms: i64) -> Result<()> {
        let header = batch.header();
        self.validate(&header, origin)?;
        match self.producers.check(&header, origin).map_err(|refusal| self.refused(&header, refusal))? {
            Verdict::Duplicate(base_offset) => {
                let last_offset = base_offset + i64::from(header.last_offset_delta);
                prepared.placed.push(Placed { base_offset, last_offset, is_duplicate: true });
            }
            Verdict::New => {
                let batch = if self.config.message_timestamp_type == TimestampType::LogAppendTime {
                    batch.with_max_timestamp(TimestampType::LogAppendTime, Timestamp(now_ms))
                } else {
                    batch
                };
                let batch = batch.with_base_offset(self.log_end, self.leader_epoch);
                prepared.before.extend(self.producers.before(&header));
                prepared.placed.push(Placed { base_offset: batch.base_offset(), last_offset: batch.last_offset(), is_duplicate: false });
                self.number(&batch, Some(now_ms));
                prepared.next_offset = self.log_end;
                prepared.batches.push(batch.clone());
                self.staged.push_back(batch);
            }
        }
        Ok(())
    }

    /// Moves the log end behind a numbered batch and learns what it says about producers and epochs.
    fn number(&mut self, batch: &RecordBatch, now_ms: Option<i64>) {
        assert_eq!(batch.base_offset(), self.log_end, "{}: batches are adjacent", self.partition);
        self.epochs_changed |= self.epochs.assign(batch.leader_epoch(), batch.base_offset());
        self.unwritten_aborted.extend(self.producers.apply(batch, now_ms));
        self.log_end = batch.next_offset();
    }

    fn validate(&self, header: &BatchHeader, origin: AppendOrigin) -> Result<()> {
        let max_bytes = usize::try_from(self.config.max_message_bytes).unwrap_or(0);
        if header.size_bytes > max_bytes {
            return Err(Error::BatchTooLarge { partition: self.partition.clone(), size_bytes: header.size_bytes, max_bytes });
        }
        let rules = [
            (header.record_count == 0, "it has no records"),
            (header.record_count - 1 != header.last_offset_delta, "its record count does not match its offsets"),
            (header.is_control() && origin == AppendOrigin::Client, "only the log itself writes control batches"),
            (header.is_transactional() && header.producer_id.0 < 0, "it is transactional but names no producer"),
            (header.max_timestamp < Timestamp::NONE, "its timestamp is negative"),
            (header.delete_horizon().is_some(), "only compaction sets a delete horizon"),
            (header.producer_id.0 >= 0 && header.producer_epoch.0 < 0, "its producer has no epoch"),
            (header.producer_id.0 >= 0 && header.base_sequence.0 < 0 && origin == AppendOrigin::Client, "its producer has no sequence"),
        ];
        match rules.iter().find(|rule| rule.0) {
            Some((_, reason)) => Err(Error::InvalidBatch { partition: self.partition.clone(), reason }),
            None => Ok(()),
        }
    }

    fn refused(&self, header: &BatchHeader, refusal: Refusal) -> Error {
        let (partition, producer_id) = (self.partition.clone(), header.producer_id);
        match refusal {
            Refusal::Fenced { current } => Error::ProducerFenced { partition, producer_id, current, found: header.producer_epoch },
            Refusal::OutOfOrder { expected } => Error::OutOfOrderSequence { partition, producer_id, expected, found: header.base_sequence },
            Refusal::Transaction(reason) => Error::InvalidTransactionState { partition, producer_id, reason },
        }
    }

    /// Takes prepared batches back, as if they had never been. Only the latest prepared may be undone: undo in reverse order.
    ///
    /// # Panics
    /// If batches were prepared after these.
    pub fn undo(&mut self, prepared: Prepared) {
        assert_eq!(self.log_end, prepared.next_offset, "{}: only the latest batches can be undone", self.partition);
        self.staged.truncate(self.staged.len() - prepared.batches.len());
        self.forget(prepared);
    }

    fn forget(&mut self, prepared: Prepared) {
        self.log_end = prepared.previous_end;
        self.epochs.truncate_end(self.log_end);
        self.unwritten_aborted.retain(|aborted| aborted.last_offset < prepared.previous_end);
        for before in prepared.before.into_iter().rev() {
            self.producers.restore(before, prepared.previous_end);
        }
        self.check();
    }

    /// Staged batches up to `upto` are durable: they become visible and enter the hot tail.
    ///
    /// # Panics
    /// If `upto` is not the end of a staged batch or of the visible log.
    pub fn commit(&mut self, upto: Offset) {
        while self.staged.front().is_some_and(|batch| batch.next_offset() <= upto) {
            let Some(batch) = self.staged.pop_front() else { break };
            self.high_watermark = batch.next_offset();
            self.hot.push(batch);
        }
        assert!(self.high_watermark >= upto, "{}: only staged batches are committed", self.partition);
        self.producers.settle(self.high_watermark);
        self.check();
    }

    /// Appends one batch to its segment, in the page cache, and makes it visible: for topics that are not durable before they acknowledge.
    /// Nothing may be staged.
    ///
    /// Errors: as [`prepare`](PartitionLog::prepare), and those of writing; the batch is not in the log then, as if it had never come.
    pub fn append_written(&mut self, batch: RecordBatch, now_ms: i64) -> Result<Prepared> {
        // What came before goes first, so that the batch is all that the second call writes.
        self.write_all()?;
        let prepared = self.prepare(vec![batch], now_ms)?;
        self.commit(prepared.next_offset);
        match self.write_all() {
            Ok(()) => Ok(prepared),
            Err(error) => {
                self.uncommit(prepared);
                Err(error)
            }
        }
    }

    /// Takes back what was committed just now and nobody has seen or written.
    fn uncommit(&mut self, prepared: Prepared) {
        assert!(self.staged.is_empty() && self.log_end == prepared.next_offset, "{}: only the latest is taken back", self.partition);
        self.hot.pop_unwritten(prepared.batches.len());
        self.high_watermark = prepared.previous_end;
        self.forget(prepared);
    }

    /// Fills the offsets up to `offset` with batches without records.
    pub(super) fn fill_up_to(&mut self, offset: Offset) {
        if offset > self.log_end {
            tracing::warn!(partition = %self.partition, from = %self.log_end, to = %offset, "unsynced records were lost in a crash");
        }
        for filler in filler::fill(self.log_end, offset, self.epochs.latest().max(log_model::LeaderEpoch(0))) {
            self.take_in(filler);
        }
    }

    /// Appends a numbered batch that is durable elsewhere; it is visible at once.
    pub(super) fn take_in(&mut self, batch: RecordBatch) {
        self.number(&batch, None);
        self.high_watermark = self.log_end;
        self.producers.settle(self.high_watermark);
        self.leader_epoch = self.leader_epoch.max(batch.leader_epoch());
        self.hot.push(batch);
    }
}
