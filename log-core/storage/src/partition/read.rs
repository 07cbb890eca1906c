//! Reading: from memory where the hot tail has it, else one read from the segment that the sparse index leads to.
//!
//! What comes from disk is checked before it is given out: CRC, adjacent offsets, leader epoch. Damage fences the partition.

use super::damage::Damage;
use super::log::PartitionLog;
use super::scan::Scan;
use super::segment::Segment;
use super::transaction_index::AbortedTransaction;
use crate::error::{Error, Result};
use log_model::{Offset, Timestamp};
use log_record::RecordBatch;
use std::ops::Range;

/// The most that is read from a segment at once, whatever the caller allows.
const READ_BYTES_MAX: usize = 8 << 20;
/// The least, so that what lies between an index entry and the wanted batch seldom needs a read of its own.
const READ_BYTES_MIN: usize = 16 << 10;

/// A record's timestamp and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The record's offset.
    pub offset: Offset,
}

impl PartitionLog {
    /// Batches from the one that holds `from` on, whole, each ending at or below `upto` and the high watermark: at least one if there is one,
    /// and no more than about `max_bytes`. The first may begin before `from`; a batch may hold no record (compaction), its offsets count.
    ///
    /// Empty if `from` is at `upto` or the high watermark. Errors: `from` is below the log start or beyond the log end; damage, which from
    /// then on is the answer to every call.
    pub fn read(&self, from: Offset, upto: Offset, max_bytes: usize) -> Result<Vec<RecordBatch>> {
        if let Some(batches) = self.read_hot(from, upto, max_bytes, false)? {
            return Ok(batches);
        }
        let segment = &self.segments[self.segment_of(from)];
        let upto = upto.min(self.high_watermark);
        self.read_segment(segment, from, upto, max_bytes).map_err(|error| self.fence_on_damage(error))
    }

    /// As [`read`](PartitionLog::read), but `None` where the disk is needed: for the batches, or for the aborted transactions among them if these
    /// are wanted too.
    pub fn read_hot(&self, from: Offset, upto: Offset, max_bytes: usize, with_aborted: bool) -> Result<Option<Vec<RecordBatch>>> {
        self.refuse_if_damaged()?;
        if from < self.log_start || from > self.log_end {
            return Err(Error::OffsetOutOfRange {
                partition: self.partition.clone(),
                offset: from,
                log_start: self.log_start,
                end_offset: self.high_watermark,
            });
        }
        let upto = upto.min(self.high_watermark);
        if from >= upto {
            return Ok(Some(Vec::new()));
        }
        let are_aborted_known = || self.segments[self.segment_of(from)..].iter().all(Segment::knows_aborted);
        Ok(if with_aborted && !are_aborted_known() { None } else { self.hot.read(from, upto, max_bytes) })
    }

    fn read_segment(&self, segment: &Segment, from: Offset, upto: Offset, max_bytes: usize) -> Result<Vec<RecordBatch>> {
        let chunk_bytes = max_bytes.clamp(READ_BYTES_MIN, READ_BYTES_MAX);
        let mut scan = segment.scan_near(&self.folder, from, chunk_bytes, self.interval_bytes())?;
        scan.skip_to(from)?;
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut bytes = 0;
        while batches.is_empty() || scan.has_buffered() {
            let Some((position, batch)) = scan.next()? else { break };
            self.check_epoch(segment, position, &batch)?;
            bytes += batch.size_bytes();
            if batch.next_offset() > upto || (bytes > max_bytes && !batches.is_empty()) {
                return Ok(batches);
            }
            batches.push(batch);
        }
        if scan.position() == segment.length_bytes && scan.next_offset() != segment.end {
            let reason = format!("the segment ends with offset {} instead of {}", scan.next_offset(), segment.end);
            return Err(Damage::new(segment.log_path(&self.folder), scan.position(), reason).into());
        }
        Ok(batches)
    }

    fn check_epoch(&self, segment: &Segment, position: u64, batch: &RecordBatch) -> Result<()> {
        let expected = self.epochs.epoch_at(batch.base_offset().max(self.log_start.min(batch.last_offset())));
        if batch.leader_epoch() == expected {
            return Ok(());
        }
        let reason = format!("the batch at offset {} has leader epoch {}, not {expected}", batch.base_offset(), batch.leader_epoch());
        Err(Damage::new(segment.log_path(&self.folder), position, reason).into())
    }

    /// The first record at least as late as `timestamp`, among those that may be read.
    pub fn find_by_timestamp(&self, timestamp: Timestamp) -> Result<Option<TimestampOffset>> {
        self.refuse_if_damaged()?;
        for segment in &self.segments {
            if let Some(found) = self.find_in_segment(segment, timestamp).map_err(|error| self.fence_on_damage(error))? {
                return Ok(Some(found));
            }
        }
        for batch in self.hot.since(self.written_end, timestamp) {
            if let Some(found) = self.find_in_batch(batch, timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find_in_segment(&self, segment: &Segment, timestamp: Timestamp) -> Result<Option<TimestampOffset>> {
        if segment.end <= self.log_start || segment.length_bytes == 0 {
            return Ok(None);
        }
        if self.checked_max_timestamp(segment)? < timestamp {
            return Ok(None);
        }
        let indexes = segment.indexes(&self.folder, self.interval_bytes())?;
        if let Some(entry) = indexes.times.lookup(timestamp) {
            let mut scan = segment.scan_near(&self.folder, entry.offset, READ_BYTES_MIN, self.interval_bytes())?;
            scan.skip_to(entry.offset)?;
            // Like an offset index, a time index is believed only if the batch it names is as it says.
            match scan.next()? {
                Some((_, batch)) if (batch.last_offset(), batch.max_timestamp()) == (entry.offset, entry.timestamp) => {
                    return match self.find_in_batch(&batch, timestamp)? {
                        Some(found) => Ok(Some(found)),
                        None => self.find_in_scan(scan, timestamp),
                    };
                }
                _ => tracing::warn!(segment = %segment.log_path(&self.folder).display(), "time index does not fit its segment"),
            }
        }
        self.find_in_scan(segment.scan(&self.folder)?.with_chunk(READ_BYTES_MIN), timestamp)
    }

    fn find_in_scan(&self, mut scan: Scan, timestamp: Timestamp) -> Result<Option<TimestampOffset>> {
        while let Some((_, batch)) = scan.next()? {
            if batch.max_timestamp() >= timestamp
                && let Some(found) = self.find_in_batch(&batch, timestamp)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find_in_batch(&self, batch: &RecordBatch, timestamp: Timestamp) -> Result<Option<TimestampOffset>> {
        let mut records = batch.records()?;
        while let Some(view) = records.next_view() {
            let view = view?;
            if view.timestamp >= timestamp && view.offset >= self.log_start && !batch.is_control() {
                return Ok(Some(TimestampOffset { timestamp: view.timestamp, offset: view.offset }));
            }
        }
        Ok(None)
    }

    /// The largest timestamp of the records that may be read; `None` if none has one.
    pub fn max_timestamp(&self) -> Result<Option<Timestamp>> {
        self.refuse_if_damaged()?;
        let mut largest = self.hot.max_timestamp(self.written_end);
        for segment in self.segments.iter().filter(|segment| segment.end > self.log_start && segment.length_bytes > 0) {
            let found = self.checked_max_timestamp(segment).map_err(|error| self.fence_on_damage(error))?;
            largest = largest.max(Some(found).filter(|timestamp| timestamp.0 >= 0));
        }
        Ok(largest)
    }

    /// The aborted transactions that have records in a range of offsets: what a reader of committed records must leave out.
    pub fn aborted_in(&self, range: Range<Offset>) -> Result<Vec<AbortedTransaction>> {
        self.refuse_if_damaged()?;
        let mut aborted = Vec::new();
        let touches = |entry: &AbortedTransaction| entry.last_offset >= range.start && entry.first_offset < range.end;
        for segment in &self.segments[self.segment_of(range.start)..] {
            let ended = segment.aborted(&self.folder, self.interval_bytes()).map_err(|error| self.fence_on_damage(error))?;
            aborted.extend(ended.iter().filter(|entry| touches(entry)));
            // Transactions that end later than this entry's stable offset began at or after it.
            if ended.last().is_some_and(|entry| entry.last_stable_offset >= range.end) {
                return Ok(aborted);
            }
        }
        let is_durable = |entry: &&AbortedTransaction| entry.last_offset < self.high_watermark;
        aborted.extend(self.unwritten_aborted.iter().filter(is_durable).filter(|entry| touches(entry)));
        Ok(aborted)
    }
}
