//! Copying committed batches from memory into segment files, in large writes, and starting new segments.
//!
//! Nothing here is synced: that is `sync`. A failed write changes nothing that counts: the next attempt writes the same bytes at the same
//! place.

use super::log::PartitionLog;
use super::producer_snapshot;
use super::room::room_behind;
use super::segment::Segment;
use crate::error::{Error, Result};
use log_model::{ErrorKind, Offset};
use log_record::RecordBatch;
use std::io::IoSlice;

/// How many batches go into one write at most: the system takes 1,024 slices at once, and one may be room.
const BATCHES_PER_WRITE: usize = 1023;

impl PartitionLog {
    /// Writes committed batches to the segments, the oldest first: at most `max_bytes`, but at least one batch if there is any. Gives the
    /// bytes written; 0 when nothing is left.
    ///
    /// Errors: the disk is full (nothing is lost, try again with more room), or it failed.
    pub fn write_behind(&mut self, max_bytes: usize) -> Result<usize> {
        let mut written_bytes = 0;
        while self.hot.unwritten_bytes() > 0 && (written_bytes < max_bytes || written_bytes == 0) {
            self.cut_excess()?;
            self.wake_active()?;
            if self.must_roll() {
                self.roll()?;
            }
            written_bytes += self.write_run(max_bytes.saturating_sub(written_bytes))?;
        }
        self.check();
        Ok(written_bytes)
    }

    /// Writes the next batches that fit into the active segment, in one call.
    fn write_run(&mut self, max_bytes: usize) -> Result<usize> {
        let run = self.next_run(max_bytes);
        let bytes = run.iter().map(RecordBatch::size_bytes).sum::<usize>();
        let mut slices: Vec<IoSlice<'_>> = run.iter().map(|batch| IoSlice::new(batch.as_bytes())).collect();
        let folder = self.folder.clone();
        let interval_bytes = self.interval_bytes();
        let segment_bytes = self.segment_bytes();
        let active = self.active_mut();
        let path = active.log_path(&folder);
        let is_new_name = active.writer.is_none() && active.length_bytes == 0;
        let file = active.open_writer(&folder)?;
        self.names_changed += u64::from(is_new_name);
        let active = self.active_mut();
        active.is_dirty = true;
        active.has_excess = true;
        let end = active.length_bytes + bytes as u64;
        let room = room_behind(end, active.file_bytes(), segment_bytes);
        slices.extend((!room.is_empty()).then(|| IoSlice::new(room)));
        if let Err(error) = file.write_vectored_at(&slices, active.length_bytes) {
            // A part of it may have taken the last room there was, which others need to make some. Should this fail, it is cut later.
            _ = file.set_length(active.length_bytes);
            return Err(Error::io("write", path)(error));
        }
        active.has_excess = false;
        active.room_end = active.room_end.max(end + room.len() as u64);
        for batch in &run {
            active.first_timestamp.get_or_insert(batch.max_timestamp());
            let position = active.length_bytes;
            active.indexes_mut().note(batch, position, interval_bytes);
            active.length_bytes += batch.size_bytes() as u64;
            active.end = batch.next_offset();
        }
        self.note_written(&run);
        Ok(bytes)
    }

    /// Takes away what a failed write may have left behind the last good batch.
    fn cut_excess(&mut self) -> Result<()> {
        if self.active().has_excess { self.cut_behind() } else { Ok(()) }
    }

    /// Takes away what lies behind the last good batch: a sealed segment ends with a whole one.
    pub(crate) fn cut_room(&mut self) -> Result<()> {
        let active = self.active();
        if self.is_closed_off {
            return Ok(());
        }
        if active.has_excess || active.file_bytes() > active.length_bytes { self.cut_behind() } else { Ok(()) }
    }

    fn cut_behind(&mut self) -> Result<()> {
        let folder = self.folder.clone();
        let active = self.active_mut();
        let file = active.open_writer(&folder)?;
        active.is_dirty = true;
        file.set_length(active.length_bytes).map_err(Error::io("cut", active.log_path(&folder)))?;
        active.room_end = 0;
        active.has_excess = false;
        Ok(())
    }

    /// Damage that shows by it is for readers: what was accepted is written all the same.
    fn wake_active(&mut self) -> Result<()> {
        if !self.active().is_resting() {
            return Ok(());
        }
        let (folder, interval_bytes) = (self.folder.clone(), self.interval_bytes());
        match self.active_mut().wake(&folder, interval_bytes) {
            Err(error) if error.kind() == ErrorKind::Corrupt => _ = self.fence_on_damage(error),
            woken => woken?,
        }
        Ok(())
    }

    fn segment_bytes(&self) -> u64 {
        u64::try_from(self.config.segment_bytes).unwrap_or(0)
    }

    fn note_written(&mut self, run: &[RecordBatch]) {
        for batch in run {
            let aborted = self.written_producers.apply(batch, None);
            self.active_mut().indexes_mut().aborted.extend(aborted);
        }
        self.written_end = self.active().end;
        let written_end = self.written_end;
        self.written_producers.settle(written_end);
        self.unwritten_aborted.retain(|aborted| aborted.last_offset >= written_end);
        self.hot.mark_written(run.len());
    }

    /// The unwritten batches that go into the active segment with one write: at least one.
    fn next_run(&self, max_bytes: usize) -> Vec<RecordBatch> {
        let active = self.active();
        let mut length_bytes = active.length_bytes;
        let mut taken_bytes = 0;
        let mut run: Vec<RecordBatch> = Vec::new();
        for batch in self.hot.unwritten().take(BATCHES_PER_WRITE) {
            let is_first = run.is_empty();
            if !is_first && (taken_bytes + batch.size_bytes() > max_bytes || self.is_full(active, length_bytes, batch)) {
                break;
            }
            taken_bytes += batch.size_bytes();
            length_bytes += batch.size_bytes() as u64;
            run.push(batch.clone());
        }
        run
    }

    /// Whether the next batch begins a new segment: by size, by time (of the records, as in Kafka), or because an index is full.
    fn must_roll(&self) -> bool {
        let active = self.active();
        let Some(batch) = self.hot.unwritten().next() else { return false };
        active.length_bytes > 0 && self.is_full(active, active.length_bytes, batch)
    }

    fn is_full(&self, active: &Segment, length_bytes: u64, batch: &RecordBatch) -> bool {
        let config = &self.config;
        let exceeds_size = length_bytes + batch.size_bytes() as u64 > self.segment_bytes();
        let waited_ms = active
            .first_timestamp
            .filter(|first| first.0 >= 0 && batch.max_timestamp().0 >= 0)
            .map_or(0, |first| batch.max_timestamp().0.saturating_sub(first.0));
        let is_late = waited_ms > config.segment_ms;
        let is_far = batch.last_offset() - active.base > i64::from(i32::MAX);
        let index_bytes = active.known_indexes().map_or(0, |indexes| indexes.bytes_max());
        // One write adds at most an entry a batch; room for a whole one keeps a run from overflowing.
        let index_room = BATCHES_PER_WRITE * super::time_index::TIME_ENTRY_BYTES;
        let index_is_full = index_bytes + index_room > usize::try_from(config.segment_index_bytes).unwrap_or(0).max(2 * index_room);
        exceeds_size || is_late || is_far || index_is_full
    }

    /// Seals the active segment and begins an empty one after it. The new file comes with the first write.
    pub(super) fn roll(&mut self) -> Result<()> {
        self.cut_room()?;
        self.wake_active()?;
        let base = self.written_end;
        let active = self.active_mut();
        active.indexes_mut().seal();
        active.is_dirty = true;
        if !self.written_producers.is_empty() {
            self.unwritten_snapshots.push((base, producer_snapshot::encode(&self.written_producers).into()));
        }
        self.segments.push(Segment::empty(base));
        Ok(())
    }

    /// Writes everything that is committed.
    pub fn write_all(&mut self) -> Result<()> {
        while self.write_behind(usize::MAX)? > 0 {}
        Ok(())
    }

    /// The base offsets of the segments, for tools and tests.
    pub fn segment_bases(&self) -> Vec<Offset> {
        self.segments.iter().map(|segment| segment.base).collect()
    }
}
