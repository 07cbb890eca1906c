//! Cutting the end of the log off: what a follower does when its history differs from the leader's.

use super::damage::Damage;
use super::file_names::{FileKind, file_name};
use super::indexes::Indexes;
use super::log::PartitionLog;
use super::producer_state::ProducerStates;
use super::recovery_point::RecoveryPoint;
use super::scan::CHUNK_BYTES;
use super::segment::Segment;
use crate::error::{Error, Result};
use log_model::Offset;

impl PartitionLog {
    /// The recovery point to make durable *before* [`PartitionLog::truncate_to`] is called with the same offset: the bytes it then takes
    /// away must no longer be vouched for.
    pub fn recovery_point_below(&self, offset: Offset) -> RecoveryPoint {
        if offset >= self.recovery.offset {
            return self.recovery.clone();
        }
        let index = self.segment_of(offset.max(self.segments[0].base));
        let segment = &self.segments[index];
        let mut epochs = self.epochs.clone();
        epochs.truncate_end(segment.base);
        RecoveryPoint {
            offset: segment.base,
            log_start: self.log_start.min(segment.base),
            segment: segment.base,
            position: 0,
            has_producers: !self.written_producers.is_empty(),
            epochs: epochs.starts().to_vec(),
            cleaned_to: self.cleaned_to.min(segment.base),
            ..RecoveryPoint::default()
        }
    }

    /// Removes every batch that ends beyond `offset`, from memory and from the segments, durably. Gives the new log end: `offset`, or the
    /// beginning of the batch that holds it.
    ///
    /// Committed batches are removed too: the high watermark goes down. Producers and epochs go back with the log. Errors: `offset` is below
    /// the log start.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<Offset> {
        self.refuse_if_damaged()?;
        if offset < self.log_start {
            return Err(Error::OffsetOutOfRange {
                partition: self.partition.clone(),
                offset,
                log_start: self.log_start,
                end_offset: self.log_end,
            });
        }
        if offset >= self.log_end {
            return Ok(self.log_end);
        }
        let point = self.recovery_point_below(offset);
        self.staged.clear();
        self.log_end = self.high_watermark;
        self.write_all()?;
        self.hot.clear();
        self.generation += 1;
        let cut = if offset < self.written_end { self.cut_segments(offset) } else { Ok(()) };
        let done = cut.and_then(|()| self.reset_to_written(point.clone()));
        if let Err(error) = done {
            // The state above is of a log that is only half there: nothing of it may reach a checkpoint.
            self.recovery = point.clone();
            self.previous_recovery = point;
            self.is_closed_off = true;
            return Err(match Damage::try_from(error) {
                Ok(damage) => self.fence(damage),
                Err(error) => {
                    self.fence(Damage::new(self.folder.path(), 0, "it was cut off only half way"));
                    error
                }
            });
        }
        Ok(self.log_end)
    }

    fn cut_segments(&mut self, offset: Offset) -> Result<()> {
        let index = self.segment_of(offset);
        for segment in self.segments.split_off(index + 1).into_iter().rev() {
            self.remove_segment_files(segment.base)?;
        }
        let folder = self.folder.clone();
        let interval_bytes = self.interval_bytes();
        let segment = self.active_mut();
        let mut scan = segment.scan_near(&folder, offset, CHUNK_BYTES, interval_bytes)?;
        scan.skip_to(offset)?;
        let (length_bytes, end) = (scan.position(), scan.next_offset());
        let aborted: Vec<_> = segment.aborted(&folder, interval_bytes)?.iter().copied().filter(|entry| entry.last_offset < end).collect();
        let stored_aborted = if segment.is_dirty { segment.synced.aborted_entries } else { aborted.len() };
        let file = segment.open_writer(&folder)?;
        let failed = || Error::io("cut", segment.log_path(&folder));
        file.set_length(length_bytes).map_err(failed())?;
        file.sync_data().map_err(Error::sync(segment.log_path(&folder)))?;
        let base = segment.base;
        let mut cut = Segment::with_indexes(base, end, length_bytes, Indexes::new(base));
        cut.synced.aborted_entries = stored_aborted.min(aborted.len());
        cut.first_timestamp = segment.first_timestamp.filter(|_| length_bytes > 0);
        let indexes = Indexes::rebuild(base, &mut cut.scan(&folder)?, interval_bytes, aborted)?;
        cut.set_indexes(indexes);
        cut.cut_index_files(&folder)?;
        cut.writer = Some(file);
        cut.is_dirty = true;
        *segment = cut;
        folder.sync()
    }

    /// Makes everything else agree with what is in the segments.
    fn reset_to_written(&mut self, point: RecoveryPoint) -> Result<()> {
        let end = self.active().end;
        self.written_end = end;
        self.high_watermark = end;
        self.log_end = end;
        self.log_start = self.log_start.min(end);
        self.cleaned_to = self.cleaned_to.min(end);
        self.epochs.truncate_end(end);
        self.epochs_changed = true;
        self.unwritten_aborted.clear();
        self.unwritten_snapshots.retain(|snapshot| snapshot.0 <= end);
        for snapshot in std::mem::take(&mut self.snapshots) {
            if snapshot <= end {
                self.snapshots.push(snapshot);
            } else {
                self.folder.remove(&file_name(snapshot, FileKind::Snapshot))?;
            }
        }
        self.written_producers = match self.written_producers.is_empty() {
            true => ProducerStates::default(),
            false => self.producers_before(end)?,
        };
        self.producers = self.written_producers.clone();
        self.recovery = point.clone();
        self.previous_recovery = point;
        self.check();
        Ok(())
    }
}
