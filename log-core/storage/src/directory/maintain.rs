//! What is done now and then: retention, compaction, forgetting silent producers, making journal files ahead.

use super::data_directory::DataDirectory;
use super::slot::Slot;
use super::types::Maintained;
use crate::partition::CompactionJob;
use crate::{Error, Result};
use log_model::ErrorKind;
use std::sync::atomic::Ordering;

impl DataDirectory {
    /// Applies retention and compaction to all partitions and readies the journal for what is to come. `now_ms` is the wall clock.
    ///
    /// A partition whose files turn out to be damaged is fenced; the others go on.
    ///
    /// # Errors
    /// Kind `Full`: what frees room was done, the rest is left for the next time. Any other: the directory is dead.
    pub fn maintain(&self, now_ms: i64) -> Result<Maintained> {
        self.maintain_with(now_ms, true)
    }

    /// As [`maintain`](DataDirectory::maintain), but deletes nothing by age or size unless the disk is full.
    pub fn compact_due(&self, now_ms: i64) -> Result<Maintained> {
        self.maintain_with(now_ms, self.health.is_full())
    }

    fn maintain_with(&self, now_ms: i64, is_retention_due: bool) -> Result<Maintained> {
        let _guard = self.health.guard();
        self.health.check()?;
        let _maintenance = self.maintenance.lock();
        if self.health.is_full() {
            // Only what a checkpoint vouches for may go. It says itself whether there is room again.
            _ = self.checkpoint();
            self.health.check()?;
        }
        let mut done = Maintained::default();
        let mut outcome = Ok(());
        for slot in self.all_slots() {
            match self.health.watch(self.maintain_one(&slot, now_ms, is_retention_due, &mut done)) {
                Ok(()) => {}
                // Others may have what makes room.
                Err(error) if error.kind() == ErrorKind::Full => outcome = Err(error),
                Err(error) => self.note_trouble(&slot, error)?,
            }
        }
        if done.segments_removed > 0 || done.partitions_compacted > 0 {
            self.is_stale.store(true, Ordering::Release);
        }
        self.bound_indexes();
        outcome?;
        self.health.watch(self.journal.make_ahead())?;
        Ok(done)
    }

    /// Fences a partition that is damaged; a deleted topic needs nothing; what the disk failed at ends the round.
    fn note_trouble(&self, slot: &Slot, error: Error) -> Result<()> {
        let Ok(log) = slot.read() else { return Ok(()) };
        match error.kind() {
            ErrorKind::Corrupt => _ = log.fence_on_damage(error),
            ErrorKind::Retry | ErrorKind::Missing => tracing::warn!(partition = %slot.partition, %error, "maintenance is tried again"),
            _ => return Err(error),
        }
        Ok(())
    }

    fn maintain_one(&self, slot: &Slot, now_ms: i64, is_retention_due: bool, done: &mut Maintained) -> Result<()> {
        if slot.read()?.damage().is_some() {
            return Ok(());
        }
        if is_retention_due {
            self.forget_old(slot, now_ms, done)?;
        }
        let Some(job) = slot.read()?.plan_compaction(now_ms)? else { return Ok(()) };
        let installed = self.compact(slot, &job);
        if installed.is_err() {
            job.discard();
        }
        done.partitions_compacted += u64::from(installed?);
        Ok(())
    }

    /// Segments go only once the checkpoint that knows of them is on disk. While one waits for room, those go that the one before it vouches
    /// for: they may be the room.
    fn forget_old(&self, slot: &Slot, now_ms: i64, done: &mut Maintained) -> Result<()> {
        let mut state = self.checkpoint_state.lock();
        let written = self.finish_waiting(&mut state);
        let mut log = slot.write()?;
        done.producers_expired += log.expire_producers(now_ms, self.producer_expiration_ms.load(Ordering::Relaxed)) as u64;
        let removed = match written {
            Ok(()) => log.retention(now_ms),
            Err(error) if error.kind() == ErrorKind::Full => {
                let removed = log.retention_while_checkpoint_waits(now_ms)?;
                done.segments_removed += removed.segment_count as u64;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        done.segments_removed += removed?.segment_count as u64;
        Ok(())
    }

    /// Rewrites without a lock and puts the result in place. Says whether it did.
    fn compact(&self, slot: &Slot, job: &CompactionJob) -> Result<bool> {
        let compacted = match job.run() {
            Ok(compacted) => compacted,
            // Its files went meanwhile, with their topic or with a cut: no wonder that they cannot be read.
            Err(error) if error.kind() != ErrorKind::Full && !slot.read().is_ok_and(|log| log.generation() == job.generation()) => {
                tracing::debug!(partition = %slot.partition, %error, "a compaction was overtaken");
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let mut state = self.checkpoint_state.lock();
        self.finish_waiting(&mut state)?;
        let mut log = slot.write()?;
        // Segments replaced only half are put right by the next opening, and by nothing else.
        log.install_compaction(compacted).inspect_err(|error| self.health.kill(format!("a compaction was not put in place: {error}")))?;
        Ok(true)
    }

    /// Keeps the memory of indexes within its limit. What goes is read again when it is needed.
    fn bound_indexes(&self) {
        let slots = self.all_slots();
        let index_bytes = |slot: &Slot| slot.read().map_or(0, |log| log.index_bytes());
        if slots.iter().map(|slot| index_bytes(slot)).sum::<usize>() <= self.options.index_bytes_max {
            return;
        }
        for slot in slots {
            if let Ok(mut log) = slot.write() {
                log.let_indexes_go();
            }
        }
    }
}
