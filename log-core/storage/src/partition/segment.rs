//! One segment: a file of batches that begins with its base offset, and what is known about it.
//!
//! Sealed segments load their indexes when they are first needed. The active one has them while it is written to; once everything is synced
//! they may be let go (`rest`) and are loaded again (`wake`). Handles are opened per use, except the
//! active segment's while it has bytes that are not synced: the handle that wrote them must be the one that learns of a failed write-back.

use super::file_names::{FileKind, file_name};
use super::folder::Folder;
use super::indexes::{IndexFacts, Indexes, SegmentSpan};
use super::offset_index::{OFFSET_ENTRY_BYTES, OffsetEntry};
use super::recover::or_none;
use super::scan::Scan;
use super::time_index::TIME_ENTRY_BYTES;
use super::transaction_index::{self, AbortedTransaction, TRANSACTION_ENTRY_BYTES};
use crate::error::{Error, Result};
use log_env::{File, OpenMode};
use log_model::{ErrorKind, Offset, Timestamp};
use log_record::{BATCH_HEADER_BYTES, BatchHeader};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// How much of a segment and of its indexes is in their files and synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) length_bytes: u64,
    /// With the room behind the batches.
    pub(crate) file_bytes: u64,
    pub(crate) offset_entries: usize,
    pub(crate) time_entries: usize,
    pub(crate) aborted_entries: usize,
}

/// A segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base: Offset,
    /// One past its last offset.
    pub(crate) end: Offset,
    pub(crate) length_bytes: u64,
    /// How long its file is with the room behind the batches, unless it has none.
    pub(crate) room_end: u64,
    pub(crate) synced: Synced,
    /// Whether bytes or index entries are not synced.
    pub(crate) is_dirty: bool,
    /// Whether a failed write may have left bytes behind the last good batch.
    pub(crate) has_excess: bool,
    /// The largest timestamp of the first batch, by which `segment.ms` is measured.
    pub(crate) first_timestamp: Option<Timestamp>,
    /// The largest timestamp of a sealed segment, checked against the batch that has it.
    pub(crate) checked_max_timestamp: OnceLock<Timestamp>,
    indexes: OnceLock<Indexes>,
    /// Of an active segment whose indexes were let go.
    resting: Option<Resting>,
    /// The handle of a segment with unsynced bytes.
    pub(crate) writer: Option<Arc<dyn File>>,
}

/// What stays in memory of the indexes of an active segment when they are let go.
#[derive(Debug)]
struct Resting {
    facts: IndexFacts,
    /// They cannot be built from the segment.
    aborted: Vec<AbortedTransaction>,
    /// Set once the files turned out not to hold what they should.
    is_lost: OnceLock<()>,
}

impl Segment {
    /// A segment without bytes; its file comes with the first write.
    pub(crate) fn empty(base: Offset) -> Segment {
        Segment::with_indexes(base, base, 0, Indexes::new(base))
    }

    /// A segment whose indexes are known.
    pub(crate) fn with_indexes(base: Offset, end: Offset, length_bytes: u64, indexes: Indexes) -> Segment {
        Segment { synced: Synced::default(), indexes: OnceLock::from(indexes), ..Segment::sealed(base, end, length_bytes) }
    }

    /// A segment below the recovery point: synced, its indexes on disk.
    pub(crate) fn sealed(base: Offset, end: Offset, length_bytes: u64) -> Segment {
        let synced = Synced { length_bytes, file_bytes: length_bytes, ..Synced::default() };
        Segment {
            base,
            end,
            length_bytes,
            room_end: 0,
            synced,
            is_dirty: false,
            has_excess: false,
            first_timestamp: None,
            checked_max_timestamp: OnceLock::new(),
            indexes: OnceLock::new(),
            resting: None,
            writer: None,
        }
    }

    /// The length of its file, unless a failed write left more.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.room_end.max(self.length_bytes)
    }

    pub(crate) fn span(&self) -> SegmentSpan {
        SegmentSpan { base: self.base, end: self.end, length_bytes: self.length_bytes }
    }

    pub(crate) fn log_name(&self) -> String {
        file_name(self.base, FileKind::Log)
    }

    pub(crate) fn log_path(&self, folder: &Folder) -> PathBuf {
        folder.join(&self.log_name())
    }

    /// A handle to read with.
    pub(crate) fn reader(&self, folder: &Folder) -> Result<Arc<dyn File>> {
        match &self.writer {
            Some(file) => Ok(file.clone()),
            None => folder.open(&self.log_name(), OpenMode::Read),
        }
    }

    /// The handle to write with, opened or created if need be.
    pub(crate) fn open_writer(&mut self, folder: &Folder) -> Result<Arc<dyn File>> {
        if let Some(file) = &self.writer {
            return Ok(file.clone());
        }
        let file = folder.open(&self.log_name(), OpenMode::OpenOrCreate)?;
        self.writer = Some(file.clone());
        Ok(file)
    }

    /// A walk over the whole segment.
    pub(crate) fn scan(&self, folder: &Folder) -> Result<Scan> {
        Ok(Scan::new(self.reader(folder)?, &self.log_path(folder), (0, self.base), self.length_bytes))
    }

    /// A walk that starts at or before the batch that holds `offset`, by the index, reading `chunk_bytes` at once.
    pub(crate) fn scan_near(&self, folder: &Folder, offset: Offset, chunk_bytes: usize, interval_bytes: u64) -> Result<Scan> {
        if let Some(entry) = self.indexes(folder, interval_bytes)?.offsets.lookup(offset) {
            let mut scan = self.scan_from(folder, entry, chunk_bytes)?;
            if scan.trust_last_offset(entry.offset)? {
                return Ok(scan);
            }
            // Either the index or the segment lies: the segment is walked from its beginning, and damage in it shows.
            tracing::warn!(segment = %self.log_path(folder).display(), position = entry.position, "offset index does not fit its segment");
        }
        Ok(self.scan(folder)?.with_chunk(chunk_bytes))
    }

    /// A walk from an index entry on, which must be confirmed by [`Scan::trust_last_offset`].
    pub(crate) fn scan_from(&self, folder: &Folder, entry: OffsetEntry, chunk_bytes: usize) -> Result<Scan> {
        let start = (u64::from(entry.position), entry.offset);
        Ok(Scan::new(self.reader(folder)?, &self.log_path(folder), start, self.length_bytes).with_chunk(chunk_bytes))
    }

    /// The indexes, loaded from their files or built from the segment on first use.
    pub(crate) fn indexes(&self, folder: &Folder, interval_bytes: u64) -> Result<&Indexes> {
        if let Some(indexes) = self.indexes.get() {
            return Ok(indexes);
        }
        let stored = match &self.resting {
            Some(resting) => Indexes::load_synced(folder, self.span(), &resting.facts, resting.aborted.clone()),
            None => Indexes::load(folder, self.base, self.length_bytes),
        };
        let loaded = match or_none(stored)? {
            Some(indexes) => indexes,
            None => self.rebuilt_indexes(folder, interval_bytes)?,
        };
        Ok(self.indexes.get_or_init(|| loaded))
    }

    fn rebuilt_indexes(&self, folder: &Folder, interval_bytes: u64) -> Result<Indexes> {
        tracing::warn!(segment = %self.log_path(folder).display(), "rebuilding the indexes of a segment");
        if let Some(resting) = &self.resting {
            resting.is_lost.get_or_init(|| ());
            return Ok(Indexes::rebuild(self.base, &mut self.scan(folder)?, interval_bytes, resting.aborted.clone())?);
        }
        let aborted = self.stored_aborted(folder)?;
        let mut indexes = Indexes::rebuild(self.base, &mut self.scan(folder)?, interval_bytes, aborted)?;
        indexes.seal();
        Ok(indexes)
    }

    /// The aborted transactions in the segment's file. It cannot be built from the segment alone, so damage to it is damage.
    pub(crate) fn stored_aborted(&self, folder: &Folder) -> Result<Vec<AbortedTransaction>> {
        let name = file_name(self.base, FileKind::TransactionIndex);
        let bytes = folder.read(&name)?.unwrap_or_default();
        transaction_index::decode(&bytes).ok_or_else(|| Error::Corrupt {
            path: folder.join(&name),
            position: 0,
            reason: "it is not a transaction index".into(),
        })
    }

    /// The indexes of a segment that is being written; it is awake.
    pub(crate) fn indexes_mut(&mut self) -> &mut Indexes {
        self.indexes.get_mut().expect("a segment that is written to has its indexes")
    }

    /// What is known of the indexes of the active segment.
    pub(crate) fn index_facts(&self) -> IndexFacts {
        let known = self.resting.as_ref().map(|resting| resting.facts).or(self.indexes.get().map(Indexes::facts));
        known.expect("the active segment has its indexes or knows what they were")
    }

    /// Lets the sparse indexes of the active segment go if all of them are in their files.
    pub(crate) fn rest(&mut self) {
        if self.is_dirty || self.length_bytes == 0 {
            return;
        }
        let Some(indexes) = self.indexes.take() else { return };
        self.resting.get_or_insert_with(|| Resting { facts: indexes.facts(), aborted: indexes.aborted, is_lost: OnceLock::new() });
    }

    /// Whether its sparse indexes were let go and must be there again before anything is written.
    pub(crate) fn is_resting(&self) -> bool {
        self.resting.is_some()
    }

    /// Has the indexes of the active segment in memory, to be written on. Where damage keeps them from being had, the error says so, and the segment
    /// can be written to all the same.
    pub(crate) fn wake(&mut self, folder: &Folder, interval_bytes: u64) -> Result<()> {
        let loaded = self.indexes(folder, interval_bytes).map(|_| ());
        if loaded.as_ref().is_err_and(|error| error.kind() != ErrorKind::Corrupt) {
            return loaded;
        }
        let Some(resting) = self.resting.take() else { return loaded };
        if loaded.is_err() {
            let mut indexes = Indexes::new(self.base);
            (indexes.aborted, indexes.max_timestamp) = (resting.aborted, resting.facts.max_timestamp);
            self.indexes = OnceLock::from(indexes);
        }
        if resting.is_lost.get().is_some() {
            self.synced = Synced { offset_entries: 0, time_entries: 0, ..self.synced };
            self.is_dirty = true;
            self.cut_index_files(folder)?;
        }
        loaded
    }

    /// Its aborted transactions.
    pub(crate) fn aborted(&self, folder: &Folder, interval_bytes: u64) -> Result<&[AbortedTransaction]> {
        match &self.resting {
            Some(resting) => Ok(&resting.aborted),
            None => Ok(&self.indexes(folder, interval_bytes)?.aborted),
        }
    }

    /// Whether these are in memory.
    pub(crate) fn knows_aborted(&self) -> bool {
        self.indexes.get().is_some() || self.is_resting()
    }

    /// The indexes, if they are in memory.
    pub(crate) fn known_indexes(&self) -> Option<&Indexes> {
        self.indexes.get()
    }

    pub(crate) fn set_indexes(&mut self, indexes: Indexes) {
        self.indexes = OnceLock::from(indexes);
        self.resting = None;
    }

    /// Forgets the indexes of a sealed segment, if they can be read from their files again.
    pub(crate) fn let_indexes_go(&mut self) {
        if !self.is_dirty {
            self.indexes.take();
        }
    }

    /// How much of it there is to be synced, all in all.
    pub(crate) fn written(&self) -> Synced {
        let written = Synced { length_bytes: self.length_bytes, file_bytes: self.file_bytes(), ..self.synced };
        self.indexes.get().map_or(written, |indexes| Synced {
            offset_entries: indexes.offsets.len(),
            time_entries: indexes.times.len(),
            aborted_entries: indexes.aborted.len(),
            ..written
        })
    }

    /// Notes that this much is synced, and lets the handle go if that is all.
    pub(crate) fn note_synced(&mut self, synced: Synced) {
        self.synced = synced;
        self.is_dirty = synced != self.written();
        if !self.is_dirty {
            self.writer = None;
        }
    }

    /// Cuts index entries off the files that are more than what is known to be synced.
    pub(crate) fn cut_index_files(&self, folder: &Folder) -> Result<()> {
        let lengths = [
            (FileKind::OffsetIndex, self.synced.offset_entries * OFFSET_ENTRY_BYTES),
            (FileKind::TimeIndex, self.synced.time_entries * TIME_ENTRY_BYTES),
            (FileKind::TransactionIndex, self.synced.aborted_entries * TRANSACTION_ENTRY_BYTES),
        ];
        for (kind, length_bytes) in lengths {
            let name = file_name(self.base, kind);
            let Some(file) = folder.open_existing(&name, OpenMode::Write)? else { continue };
            let failed = || Error::io("cut", folder.join(&name));
            if file.length_bytes().map_err(failed())? > length_bytes as u64 {
                file.set_length(length_bytes as u64).map_err(failed())?;
                file.sync_data().map_err(Error::sync(folder.join(&name)))?;
            }
        }
        Ok(())
    }
}

/// The largest timestamp of a segment's first batch.
pub(crate) fn first_timestamp(segment: &Segment, folder: &Folder) -> Result<Option<Timestamp>> {
    let mut bytes = [0; BATCH_HEADER_BYTES];
    let file = segment.reader(folder)?;
    let count = file.read_at(&mut bytes, 0).map_err(Error::unreadable(segment.log_path(folder), 0))?;
    Ok(BatchHeader::decode(&bytes[..count]).ok().map(|header| header.max_timestamp))
}
