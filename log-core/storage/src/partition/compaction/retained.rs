//! What stays of one batch.

use super::offset_map::OffsetMap;
use super::plan::{CompactionJob, LastOfProducer};
use super::transactions::{Marker, Transactions};
use crate::partition::filler;
use crate::partition::transaction_index::AbortedTransaction;
use log_model::Timestamp;
use log_record::{Error, RecordBatch};

/// The outcome for a batch.
#[derive(Debug)]
pub(super) enum Fate {
    /// It stays, perhaps with fewer records, under the same offsets.
    Stays(RecordBatch),
    /// All of it goes.
    Goes,
}

/// Judges batches in the order of the log.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    job: &'a CompactionJob,
    map: &'a OffsetMap,
    transactions: Transactions,
    /// Index entries of the abort markers that stay, since they were last taken.
    pub(super) aborted: Vec<AbortedTransaction>,
    pub(super) removed_records: u64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(job: &'a CompactionJob, map: &'a OffsetMap) -> Judge<'a> {
        Judge { job, map, transactions: Transactions::new(job.aborted.clone()), aborted: Vec::new(), removed_records: 0 }
    }

    pub(super) fn judge(&mut self, batch: RecordBatch) -> Fate {
        if filler::is_filler(&batch) {
            return Fate::Goes;
        }
        if batch.is_control() { self.judge_marker(batch) } else { self.judge_records(batch) }
    }

    fn judge_marker(&mut self, batch: RecordBatch) -> Fate {
        let marker = self.transactions.pass_marker(&batch);
        if let Marker::Needed(aborted) = marker {
            self.aborted.extend(aborted);
            return Fate::Stays(batch);
        }
        // A marker without records of its transaction stays for the time of a tombstone: readers may be in the middle of it.
        match batch.delete_horizon() {
            None if batch.record_count() > 0 => self.reduced(&batch, Some(self.new_horizon()), &[true]),
            Some(horizon) if horizon.0 > self.job.now_ms => Fate::Stays(batch),
            _ => self.emptied(&batch),
        }
    }

    fn judge_records(&mut self, batch: RecordBatch) -> Fate {
        let is_aborted = self.transactions.pass_batch(&batch);
        if is_aborted || batch.record_count() == 0 {
            return self.emptied(&batch);
        }
        if batch.base_offset() >= self.map.covered_to {
            return Fate::Stays(batch);
        }
        let Ok((keep, has_tombstone)) = self.choose(&batch) else {
            // A sound batch whose records cannot be decoded is not for us to throw away.
            return Fate::Stays(batch);
        };
        let horizon = (has_tombstone && batch.delete_horizon().is_none()).then(|| self.new_horizon());
        let kept = keep.iter().filter(|keep| **keep).count();
        match kept {
            0 => self.emptied(&batch),
            _ if kept == keep.len() && horizon.is_none() => Fate::Stays(batch),
            _ => self.reduced(&batch, horizon, &keep),
        }
    }

    /// Which records stay, and whether a tombstone is among them. Records without a key cannot be superseded: they stay.
    fn choose(&self, batch: &RecordBatch) -> Result<(Vec<bool>, bool), Error> {
        let tombstones_go = batch.delete_horizon().is_some_and(|horizon| horizon.0 <= self.job.now_ms);
        let mut has_tombstone = false;
        let mut keep = Vec::new();
        let mut records = batch.records()?;
        while let Some(view) = records.next_view() {
            let view = view?;
            let is_tombstone = view.value.is_none() && view.key.is_some() && view.offset < self.map.covered_to;
            let is_superseded = view.key.is_some_and(|key| self.map.is_superseded(key, view.offset));
            let is_over = is_tombstone && tombstones_go;
            let stays = !(is_superseded || is_over);
            has_tombstone |= stays && is_tombstone;
            keep.push(stays);
        }
        Ok((keep, has_tombstone))
    }

    fn reduced(&mut self, batch: &RecordBatch, horizon: Option<Timestamp>, keep: &[bool]) -> Fate {
        let mut keep = keep.iter();
        match batch.retain(horizon, |_| keep.next().copied().unwrap_or(true)) {
            Ok(retained) => {
                self.removed_records += retained.removed as u64;
                Fate::Stays(retained.batch)
            }
            Err(_) => Fate::Stays(batch.clone()),
        }
    }

    /// All records go; the batch itself stays if it tells the last sequence or epoch of a producer.
    fn emptied(&mut self, batch: &RecordBatch) -> Fate {
        if self.tells_of_producer(batch) {
            if batch.record_count() == 0 {
                return Fate::Stays(batch.clone());
            }
            return match batch.retain(None, |_| false) {
                Ok(retained) => {
                    self.removed_records += retained.removed as u64;
                    Fate::Stays(retained.batch)
                }
                Err(_) => Fate::Stays(batch.clone()),
            };
        }
        self.removed_records += u64::try_from(batch.record_count()).unwrap_or(0);
        Fate::Goes
    }

    fn tells_of_producer(&self, batch: &RecordBatch) -> bool {
        match self.job.last_of_producers.get(&batch.producer_id()) {
            Some(LastOfProducer::Batch(last_offset)) => batch.last_offset() == *last_offset,
            Some(LastOfProducer::Marker(epoch)) => batch.is_control() && batch.producer_epoch() == *epoch,
            None => false,
        }
    }

    fn new_horizon(&self) -> Timestamp {
        Timestamp(self.job.now_ms.saturating_add(self.job.config.delete_retention_ms))
    }
}
