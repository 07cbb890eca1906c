//! Checkpoints: segments are synced, the file `checkpoint` says so, and the journal before it is free again.
//!
//! The body of the file is JSON: the journal position to replay from, and per partition its topic id, configuration and recovery point.

use super::data_directory::DataDirectory;
use super::sealed_file;
use super::slot::Slot;
use crate::journal::JournalPosition;
use crate::partition::{RecoveryPoint, SyncJob};
use crate::{Error, Result};
use log_env::{Disk, Mono};
use log_model::{ErrorKind, TopicConfig, TopicId, TopicPartition};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::Ordering;

const FILE: &str = "checkpoint";
const KIND: &str = "checkpoint";
const VERSION: u32 = 1;
/// No moment.
pub(super) const NEVER: u64 = u64::MAX;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub(super) journal: JournalPosition,
    pub(super) partitions: Vec<PartitionCheckpoint>,
}

/// What it says of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartitionCheckpoint {
    pub(super) partition: TopicPartition,
    pub(super) topic_id: TopicId,
    pub(super) config: TopicConfig,
    pub(super) recovery: RecoveryPoint,
}

/// What whoever changes segments holds.
#[derive(Debug, Default)]
pub(super) struct CheckpointState {
    /// A checkpoint that could not be written because the disk is full. It must be before any other is made.
    waiting: Option<Checkpoint>,
    /// Where the checkpoint on disk has the journal replayed from.
    journal: JournalPosition,
}

impl CheckpointState {
    pub(super) fn new(journal: JournalPosition) -> CheckpointState {
        CheckpointState { waiting: None, journal }
    }
}

impl Checkpoint {
    pub(super) fn write(&self, disk: &dyn Disk, directory: &Path) -> Result<()> {
        let body = serde_json::to_vec(self).expect("a checkpoint has only text keys");
        sealed_file::replace(disk, &directory.join(FILE), KIND, VERSION, &body)
    }

    pub(super) fn read(disk: &dyn Disk, directory: &Path) -> Result<Option<Checkpoint>> {
        let path = directory.join(FILE);
        let Some(sealed) = sealed_file::read(disk, &path, KIND)? else { return Ok(None) };
        if sealed.version > VERSION {
            return Err(Error::UnsupportedVersion { path: directory.to_owned(), found: sealed.version, supported: VERSION });
        }
        let damage = |error: serde_json::Error| Error::Corrupt { path, position: 0, reason: error.to_string() };
        serde_json::from_slice(&sealed.body).map(Some).map_err(damage)
    }
}

impl DataDirectory {
    /// Whether a checkpoint is due: enough was appended since the last one, or anything and it has waited long enough, or segments were
    /// removed. `now` is a monotonic clock.
    pub fn needs_checkpoint(&self, now: Mono) -> bool {
        let journaled = self.durable_lsn.load(Ordering::Acquire).saturating_sub(self.checkpoint_lsn.load(Ordering::Acquire));
        let appended = journaled + self.os_bytes.load(Ordering::Acquire);
        self.is_stale.load(Ordering::Acquire)
            || appended >= self.options.checkpoint_bytes
            || self.journal.used_percent() >= 75
            || (appended > 0 && self.has_waited(now))
    }

    /// The first look after a change starts the time.
    fn has_waited(&self, now: Mono) -> bool {
        match self.unvouched_since.compare_exchange(NEVER, now.0, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => false,
            Err(since) => now.since(Mono(since)) >= self.options.checkpoint_interval,
        }
    }

    /// Makes everything that is visible durable in the segments and frees the journal. Appends and reads go on meanwhile.
    ///
    /// # Errors
    /// Kind `Full`: the journal keeps everything until there is room; what had found its way into segments is durable there all the same, if
    /// there was room to say so. Any other: the directory is dead.
    pub fn checkpoint(&self) -> Result<()> {
        let mut state = self.checkpoint_state.lock();
        self.checkpoint_locked(&mut state, None)
    }

    pub(super) fn checkpoint_locked(&self, state: &mut CheckpointState, only_below: Option<(&Slot, RecoveryPoint)>) -> Result<()> {
        let _guard = self.health.guard();
        self.health.check()?;
        self.finish_waiting(state)?;
        // Everything below is visible, so the write-behind takes all of it.
        let lsn = self.durable_lsn.load(Ordering::Acquire);
        let os_bytes = self.os_bytes.load(Ordering::Acquire);
        // On a full disk at least what is written is vouched for, so that retention may remove it; the journal is needed from where it was.
        let written = self.write_behind();
        let position = match &written {
            Ok(_) => self.journal.position(lsn),
            Err(error) if error.kind() == ErrorKind::Full => state.journal,
            Err(_) => return written.map(|_| ()),
        };
        let slots = self.all_slots();
        let mut jobs = Vec::with_capacity(slots.len());
        for slot in &slots {
            let Ok(log) = slot.read() else { continue };
            // Under the fence of damage found while reading, what was accepted before still becomes durable.
            jobs.push((slot, (!log.is_closed_off()).then(|| log.begin_sync())));
        }
        let jobs_to_run = || jobs.iter().filter_map(|(_, job)| job.as_ref());
        let syncing = self.syncer.choose(jobs_to_run().map(SyncJob::file_count).sum());
        for job in jobs_to_run() {
            self.health.watch(job.run(syncing))?;
        }
        self.health.watch(self.syncer.finish(syncing))?;
        // From here on the partitions count on the new checkpoint: it is kept until it is written.
        let mut partitions = Vec::with_capacity(jobs.len());
        for (slot, job) in jobs {
            let Ok(mut log) = slot.write() else { continue };
            let mut recovery = match job {
                Some(job) => self.health.watch(log.finish_sync(job))?,
                None => log.recovery_point().clone(),
            };
            if let Some((cut, below)) = &only_below
                && std::ptr::eq::<Slot>(*cut, slot.as_ref())
            {
                recovery = below.clone();
            }
            let config = log.config().clone();
            partitions.push(PartitionCheckpoint { partition: slot.partition.clone(), topic_id: slot.topic_id, config, recovery });
        }
        state.waiting = Some(Checkpoint { journal: position, partitions });
        self.finish_waiting(state)?;
        written?;
        self.os_bytes.fetch_sub(os_bytes, Ordering::AcqRel);
        self.unvouched_since.store(NEVER, Ordering::Release);
        self.let_group_memory_go();
        Ok(())
    }

    /// Writes the checkpoint that waits, if one does, and frees the journal before it.
    pub(super) fn finish_waiting(&self, state: &mut CheckpointState) -> Result<()> {
        let Some(checkpoint) = &state.waiting else { return Ok(()) };
        self.health.watch(checkpoint.write(self.disk.as_ref(), &self.path))?;
        let journal = checkpoint.journal;
        state.waiting = None;
        state.journal = journal;
        self.checkpoint_lsn.store(journal.lsn, Ordering::Release);
        self.is_stale.store(false, Ordering::Release);
        self.health.watch(self.journal.release(journal))
    }
}
