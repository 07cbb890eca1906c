//! The three indexes of one segment, kept together: they are built by the same walk over its batches.
//!
//! An entry is added when more than `index.interval.bytes` were appended since the last one, as Kafka's `LogSegment.append` does.

use super::damage::Damage;
use super::file_names::{FileKind, file_name};
use super::folder::Folder;
use super::offset_index::{OFFSET_ENTRY_BYTES, OffsetIndex};
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

/// Which offsets and how many bytes a segment has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentSpan {
    pub(crate) base: Offset,
    /// One past its last offset.
    pub(crate) end: Offset,
    pub(crate) length_bytes: u64,
}

/// What is to be known of the indexes of a segment without having them in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexFacts {
    pub(crate) offset_entries: u32,
    pub(crate) time_entries: u32,
    pub(crate) aborted_entries: u32,
    /// As in [`Indexes`].
    pub(crate) max_timestamp: TimeEntry,
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

    pub(crate) fn facts(&self) -> IndexFacts {
        let count = |entries: usize| u32::try_from(entries).expect("indexes are bounded by segment.index.bytes");
        IndexFacts {
            offset_entries: count(self.offsets.len()),
            time_entries: count(self.times.len()),
            aborted_entries: count(self.aborted.len()),
            max_timestamp: self.max_timestamp,
        }
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

    /// Reads the synced part of the sparse index files of a segment that is being written: as many entries as `facts` name. `None` if they are not
    /// all there or cannot be right: what is appended to them lies behind them. The aborted transactions are handed in.
    pub(crate) fn load_synced(
        folder: &Folder,
        span: SegmentSpan,
        facts: &IndexFacts,
        aborted: Vec<AbortedTransaction>,
    ) -> Result<Option<Indexes>> {
        let SegmentSpan { base, end, length_bytes } = span;
        let offsets = first_entries(folder, (base, FileKind::OffsetIndex), facts.offset_entries, OFFSET_ENTRY_BYTES)?;
        let times = first_entries(folder, (base, FileKind::TimeIndex), facts.time_entries, TIME_ENTRY_BYTES)?;
        let (Some(offsets), Some(times)) = (offsets, times) else { return Ok(None) };
        let decoded = (OffsetIndex::decode(base, &offsets, length_bytes), TimeIndex::decode(base, &times));
        let (Some(offsets), Some(times)) = decoded else { return Ok(None) };
        if offsets.last().is_some_and(|entry| entry.offset >= end) || times.last().is_some_and(|entry| entry.offset >= end) {
            return Ok(None);
        }
        let bytes_since_entry = length_bytes - offsets.last().map_or(0, |entry| u64::from(entry.position));
        Ok(Some(Indexes { offsets, times, aborted, max_timestamp: facts.max_timestamp, bytes_since_entry }))
    }

    /// Reads the synced part of the transaction index file, as [`load_synced`](Indexes::load_synced) does of the others.
    pub(crate) fn load_synced_aborted(folder: &Folder, base: Offset, facts: &IndexFacts) -> Result<Option<Vec<AbortedTransaction>>> {
        let bytes = first_entries(folder, (base, FileKind::TransactionIndex), facts.aborted_entries, TRANSACTION_ENTRY_BYTES)?;
        Ok(bytes.and_then(|bytes| transaction_index::decode(&bytes)))
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

/// The bytes of the first entries of an index file; `None` if there are fewer.
fn first_entries(folder: &Folder, (base, kind): (Offset, FileKind), count: u32, entry_bytes: usize) -> Result<Option<Vec<u8>>> {
    let mut bytes = folder.read(&file_name(base, kind))?.unwrap_or_default();
    let wanted = (count as usize).saturating_mul(entry_bytes);
    let is_whole = bytes.len() >= wanted;
    bytes.truncate(wanted);
    Ok(is_whole.then_some(bytes))
}
