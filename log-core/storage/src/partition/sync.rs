//! Making what is written durable: collected under the partition's lock, run without it, noted under it again.

use super::epochs::LeaderEpochs;
use super::file_names::{EPOCHS_FILE, FileKind, file_name};
use super::folder::Folder;
use super::log::PartitionLog;
use super::offset_index::OFFSET_ENTRY_BYTES;
use super::producer_snapshot;
use super::recovery_point::RecoveryPoint;
use super::segment::{Segment, Synced};
use super::syncing::Syncing;
use super::time_index::TIME_ENTRY_BYTES;
use super::transaction_index::{self, TRANSACTION_ENTRY_BYTES};
use super::unreplayed::{UNREPLAYED_FILE, Unreplayed};
use crate::error::{Error, Result};
use bytes::Bytes;
use log_env::{File, OpenMode};
use log_model::{ErrorKind, Offset};
use std::sync::Arc;

/// The work of one sync. Run it without holding the partition, then hand it to [`PartitionLog::finish_sync`].
#[derive(Debug)]
pub struct SyncJob {
    folder: Folder,
    generation: u64,
    names_changed: u64,
    syncs_names: bool,
    segments: Vec<SegmentSync>,
    snapshots: Vec<(Offset, Bytes)>,
    epochs: Option<LeaderEpochs>,
    point: RecoveryPoint,
}

#[derive(Debug)]
struct SegmentSync {
    base: Offset,
    /// The handle that wrote the segment; without one the bytes were written before the process started, or it was let go.
    file: Option<Arc<dyn File>>,
    entries: Vec<EntryWrite>,
    synced: Synced,
}

#[derive(Debug)]
struct EntryWrite {
    kind: FileKind,
    position: u64,
    bytes: Vec<u8>,
}

impl SyncJob {
    /// Whether there is nothing to do: everything written is durable already.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.snapshots.is_empty() && self.epochs.is_none() && !self.syncs_names
    }

    /// How many segments it syncs.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// How many files it would sync each on their own.
    pub fn file_count(&self) -> usize {
        let segment_files: usize = self.segments.iter().map(|segment| 1 + segment.entries.len()).sum();
        segment_files + self.snapshots.len() + usize::from(self.epochs.is_some())
    }

    /// Writes index entries, producer snapshots and epochs, and syncs them and the segments.
    ///
    /// Errors: kind `Full` comes from a write, before anything that depends on it was synced; run a new job when there is room. After any other,
    /// a failed sync on a full disk included, the data directory must be given up; nothing may be retried.
    pub fn run(&self, syncing: Syncing) -> Result<()> {
        let mut new_names = self.syncs_names;
        for segment in &self.segments {
            new_names |= segment.run(&self.folder, syncing)?;
        }
        for (offset, bytes) in &self.snapshots {
            self.folder.replace(&file_name(*offset, FileKind::Snapshot), bytes, syncing)?;
            new_names = true;
        }
        if let Some(epochs) = &self.epochs {
            self.folder.replace(EPOCHS_FILE, epochs.encode().as_bytes(), syncing)?;
            new_names = true;
        }
        if new_names && syncing == Syncing::Each { self.folder.sync() } else { Ok(()) }
    }
}

impl SegmentSync {
    /// Says whether a file was made.
    fn run(&self, folder: &Folder, syncing: Syncing) -> Result<bool> {
        if syncing == Syncing::Each {
            let name = file_name(self.base, FileKind::Log);
            let file = match &self.file {
                Some(file) => Some(file.clone()),
                None => folder.open_existing(&name, OpenMode::Write)?,
            };
            if let Some(file) = file {
                file.sync_data().map_err(Error::sync(folder.join(&name)))?;
            }
        }
        let mut makes_names = false;
        for write in &self.entries {
            let name = file_name(self.base, write.kind);
            let file = folder.open(&name, OpenMode::OpenOrCreate)?;
            file.write_at(&write.bytes, write.position).map_err(Error::io("write", folder.join(&name)))?;
            if syncing == Syncing::Each {
                file.sync_data().map_err(Error::sync(folder.join(&name)))?;
            }
            makes_names |= write.position == 0;
        }
        Ok(makes_names)
    }

    fn of(segment: &Segment) -> SegmentSync {
        let mut entries = Vec::new();
        if let Some(indexes) = segment.known_indexes() {
            let done = segment.synced;
            let writes = [
                (FileKind::OffsetIndex, done.offset_entries * OFFSET_ENTRY_BYTES, indexes.offsets.encode_from(done.offset_entries)),
                (FileKind::TimeIndex, done.time_entries * TIME_ENTRY_BYTES, indexes.times.encode_from(done.time_entries)),
                (
                    FileKind::TransactionIndex,
                    done.aborted_entries * TRANSACTION_ENTRY_BYTES,
                    transaction_index::encode(&indexes.aborted[done.aborted_entries..]),
                ),
            ];
            for (kind, position, bytes) in writes {
                // Kafka expects offset and time index to exist, even if they are empty.
                if !bytes.is_empty() || (position == 0 && kind != FileKind::TransactionIndex) {
                    entries.push(EntryWrite { kind, position: position as u64, bytes });
                }
            }
        }
        SegmentSync { base: segment.base, file: segment.writer.clone(), entries, synced: segment.written() }
    }
}

impl PartitionLog {
    /// Collects what a sync has to do. Takes no time; appends and writes may go on while the job runs.
    pub fn begin_sync(&self) -> SyncJob {
        let point = self.point();
        let mut snapshots = self.unwritten_snapshots.clone();
        let is_known =
            self.is_closed_off || self.snapshots.contains(&point.offset) || snapshots.iter().any(|snapshot| snapshot.0 == point.offset);
        if point.has_producers && !is_known {
            snapshots.push((point.offset, producer_snapshot::encode(&self.written_producers).into()));
        }
        SyncJob {
            folder: self.folder.clone(),
            generation: self.generation,
            names_changed: self.names_changed,
            syncs_names: self.names_changed > self.names_synced,
            segments: self.segments.iter().filter(|segment| segment.is_dirty).map(SegmentSync::of).collect(),
            snapshots,
            epochs: self.epochs_changed.then(|| LeaderEpochs::new(point.epochs.clone())),
            point,
        }
    }

    /// The facts that hold once everything written is synced.
    fn point(&self) -> RecoveryPoint {
        if self.is_closed_off {
            return self.recovery.clone();
        }
        let active = self.active();
        let indexes = active.index_facts();
        let mut epochs = self.epochs.clone();
        epochs.truncate_end(self.written_end);
        RecoveryPoint {
            offset: self.written_end,
            log_start: self.log_start.min(self.written_end),
            segment: active.base,
            position: active.length_bytes,
            offset_entries: indexes.offset_entries,
            time_entries: indexes.time_entries,
            aborted_entries: indexes.aborted_entries,
            max_timestamp: indexes.max_timestamp.timestamp,
            max_timestamp_offset: indexes.max_timestamp.offset,
            has_producers: !self.written_producers.is_empty(),
            epochs: epochs.starts().to_vec(),
            cleaned_to: self.cleaned_to,
        }
    }

    /// Notes that a job has run. Gives the recovery point to put into the checkpoint; the checkpoint must be durable before the next call of
    /// this function, which removes producer snapshots that only older checkpoints name.
    ///
    /// If the log was truncated in between, the job counts for nothing and the earlier recovery point is given.
    pub fn finish_sync(&mut self, job: SyncJob) -> Result<RecoveryPoint> {
        if job.generation != self.generation {
            return Ok(self.recovery.clone());
        }
        for done in &job.segments {
            if let Some(segment) = self.segments.iter_mut().find(|segment| segment.base == done.base) {
                segment.note_synced(done.synced);
            }
        }
        if let Some(epochs) = &job.epochs {
            let mut now = self.epochs.clone();
            now.truncate_end(self.written_end);
            self.epochs_changed = now != *epochs;
        }
        self.names_synced = self.names_synced.max(job.names_changed);
        self.unwritten_snapshots.retain(|snapshot| !job.snapshots.iter().any(|done| done.0 == snapshot.0));
        self.snapshots.extend(job.snapshots.iter().map(|snapshot| snapshot.0));
        self.previous_recovery = std::mem::replace(&mut self.recovery, job.point);
        self.remove_old_snapshots()?;
        self.remove_unreplayed()?;
        Ok(self.recovery.clone())
    }

    /// Keeps the snapshots that the last two recovery points name, and that of the active segment's base in case those are damaged.
    fn remove_old_snapshots(&mut self) -> Result<()> {
        let kept = [self.recovery.offset, self.previous_recovery.offset, self.active().base];
        for offset in std::mem::take(&mut self.snapshots) {
            if kept.contains(&offset) || !self.remove_unless_full(&file_name(offset, FileKind::Snapshot))? {
                self.snapshots.push(offset);
            }
        }
        Ok(())
    }

    /// Batches that were kept aside go once two syncs cover them: the second begins after the checkpoint of the first is durable.
    fn remove_unreplayed(&mut self) -> Result<()> {
        match self.unreplayed {
            Unreplayed::TakenIn => self.unreplayed = Unreplayed::Covered,
            Unreplayed::Covered if self.remove_unless_full(UNREPLAYED_FILE)? => self.unreplayed = Unreplayed::None,
            _ => {}
        }
        Ok(())
    }

    /// Removes a file nobody needs. Some file systems need room even for that: then it stays for the next time, because the caller's sync
    /// has succeeded and must not be reported as failed.
    fn remove_unless_full(&self, name: &str) -> Result<bool> {
        match self.folder.remove(name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Full => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes everything written durable, in one go.
    pub fn sync(&mut self) -> Result<RecoveryPoint> {
        let job = self.begin_sync();
        job.run(Syncing::Each)?;
        self.finish_sync(job)
    }

    /// The recovery point of the last finished sync, or the one the partition was opened with.
    pub fn recovery_point(&self) -> &RecoveryPoint {
        &self.recovery
    }
}
