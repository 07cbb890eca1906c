//! The three indexes of one segment, kept together: they are built by the same walk over its batches.
//!
//! An entry is added when more than `index.interval.bytes` were appended since the last one, as Kafka's `LogSegment.append` does.

use super::damage::Damage;
use super::file_names::{FileKind, file_name};
use super::folder::Folder;
use super::offset_index::{OFFSET_ENTRY_BYTES, OffsetIndex};
use super::recovery_point::RecoveryPoint;
use super::scan::{Scan, Stop};
use super::time_index::{TIME_ENTRY_BYTES, TimeEntry, TimeIndex};
use super::transaction_index::{self, AbortedTransaction, TRANSACTION_ENTRY_BYTES};
use crate::error::Result;
use log_model::{Offset, Timestamp};
use log_record::RecordBatch;

/// The indexes of a segment and the largest timestamp in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indexes {
    pub(crate) offsets: OffsetIndex,
    pub(crate) times: TimeIndex,
    pub(crate) aborted: Vec<AbortedTransaction>,
    /// The largest timestamp and the last offset of the batch that brought it; timestamp -1 before any.
    pub(crate) max_timestamp: TimeEntry,
    bytes_since_entry: u64,
}

impl Indexes {
    pub(crate) fn new(base: Offset) -> Indexes {
        Indexes {
            offsets: OffsetIndex::new(base),
            times: TimeIndex::new(base),
            aborted: Vec::new(),
            max_timestamp: TimeEntry { timestamp: Timestamp::NONE, offset: base },
            bytes_since_entry: 0,
        }
    }

    /// Notes a batch that was appended at a position.
    pub(crate) fn note(&mut self, batch: &RecordBatch, position: u64, interval_bytes: u64) {
        let last_offset = batch.last_offset();
        if batch.max_timestamp() > self.max_timestamp.timestamp {
            self.max_timestamp = TimeEntry { timestamp: batch.max_timestamp(), offset: last_offset };
        }
        if self.bytes_since_entry > interval_bytes {
            self.offsets.append(last_offset, u32::try_from(position).expect("segment sizes are 31 bits"));
            self.note_time();
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += batch.size_bytes() as u64;
    }

    /// The size of the larger of the two sparse indexes.
    pub(crate) fn bytes_max(&self) -> usize {
        (self.offsets.len() * OFFSET_ENTRY_BYTES).max(self.times.len() * TIME_ENTRY_BYTES)
    }

    /// The memory of its entries, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.offsets.len() * 8 + self.times.len() * 16 + self.aborted.len() * size_of::<AbortedTransaction>()
    }

    /// Writes down the largest timestamp: the last entry of a sealed segment.
    pub(crate) fn seal(&mut self) {
        self.note_time();
    }

    fn note_time(&mut self) {
        if self.max_timestamp.timestamp > Timestamp::NONE {
            self.times.maybe_append(self.max_timestamp);
        }
    }

    /// Reads the index files of a segment; `None` if one is missing or cannot be right.
    pub(crate) fn load(folder: &Folder, base: Offset, segment_bytes: u64) -> Result<Option<Indexes>> {
        let Some(offsets) = folder.read(&file_name(base, FileKind::OffsetIndex))? else { return Ok(None) };
        let Some(times) = folder.read(&file_name(base, FileKind::TimeIndex))? else { return Ok(None) };
        let aborted = folder.read(&file_name(base, FileKind::TransactionIndex))?.unwrap_or_default();
        let decoded =
            (OffsetIndex::decode(base, &offsets, segment_bytes), TimeIndex::decode(base, &times), transaction_index::decode(&aborted));
        let (Some(offsets), Some(times), Some(aborted)) = decoded else { return Ok(None) };
        let max_timestamp = times.last().unwrap_or(TimeEntry { timestamp: Timestamp::NONE, offset: base });
        let bytes_since_entry = segment_bytes - offsets.last().map_or(0, |entry| u64::from(entry.position));
        Ok(Some(Indexes { offsets, times, aborted, max_timestamp, bytes_since_entry }))
    }

    /// Reads the synced part of the active segment's index files: as many entries as `point` names. `None` if they are not all there.
    pub(crate) fn load_synced(folder: &Folder, point: &RecoveryPoint) -> Result<Option<Indexes>> {
        let base = point.segment;
        let entries = |kind, count: u32, entry_bytes: usize| -> Result<Option<Vec<u8>>> {
            let mut bytes = folder.read(&file_name(base, kind))?.unwrap_or_default();
            let wanted = (count as usize).saturating_mul(entry_bytes);
            let is_whole = bytes.len() >= wanted;
            bytes.truncate(wanted);
            Ok(is_whole.then_some(bytes))
        };
        let offsets = entries(FileKind::OffsetIndex, point.offset_entries, OFFSET_ENTRY_BYTES)?;
        let times = entries(FileKind::TimeIndex, point.time_entries, TIME_ENTRY_BYTES)?;
        let aborted = entries(FileKind::TransactionIndex, point.aborted_entries, TRANSACTION_ENTRY_BYTES)?;
        let (Some(offsets), Some(times), Some(aborted)) = (offsets, times, aborted) else { return Ok(None) };
        let decoded =
            (OffsetIndex::decode(base, &offsets, point.position), TimeIndex::decode(base, &times), transaction_index::decode(&aborted));
        let (Some(offsets), Some(times), Some(aborted)) = decoded else { return Ok(None) };
        let bytes_since_entry = point.position - offsets.last().map_or(0, |entry| u64::from(entry.position));
        let max_timestamp = TimeEntry { timestamp: point.max_timestamp, offset: point.max_timestamp_offset };
        Ok(Some(Indexes { offsets, times, aborted, max_timestamp, bytes_since_entry }))
    }

    /// Builds offset and time index anew from the segment; the aborted transactions are handed in, a segment alone does not tell them.
    pub(crate) fn rebuild(base: Offset, scan: &mut Scan, interval_bytes: u64, aborted: Vec<AbortedTransaction>) -> Result<Indexes, Stop> {
        let mut indexes = Indexes { aborted, ..Indexes::new(base) };
        while let Some((position, batch)) = scan.next()? {
            if batch.last_offset() - base > i64::from(i32::MAX) {
                let reason = format!("offset {} is too far from the segment's base", batch.last_offset());
                return Err(Stop::Damaged(Damage::new(file_name(base, FileKind::Log), position, reason)));
            }
            indexes.note(&batch, position, interval_bytes);
        }
        Ok(indexes)
    }
}
