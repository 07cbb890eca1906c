//! What is done now and then: retention, compaction, forgetting silent producers, making journal files ahead.

use super::data_directory::DataDirectory;
use super::slot::Slot;
use super::types::Maintained;
use crate::{Error, Result};
use std::sync::atomic::Ordering;

impl DataDirectory {
    /// Applies retention and compaction to all partitions and readies the journal for what is to come. `now_ms` is the wall clock.
    ///
    /// # Errors
    /// Kind `Full`: the rest is left for the next time. Any other: the directory is dead.
    pub fn maintain(&self, now_ms: i64) -> Result<Maintained> {
        self.health.check()?;
        let _maintenance = self.maintenance.lock();
        let mut done = Maintained::default();
        for slot in self.all_slots() {
            match self.health.watch(self.maintain_one(&slot, now_ms, &mut done)) {
                // A deleted topic needs nothing; a damaged partition is left as it is.
                Ok(()) | Err(Error::UnknownPartition { .. } | Error::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if done.segments_removed > 0 || done.partitions_compacted > 0 {
            self.is_stale.store(true, Ordering::Release);
        }
        self.health.watch(self.journal.make_ahead())?;
        Ok(done)
    }

    fn maintain_one(&self, slot: &Slot, now_ms: i64, done: &mut Maintained) -> Result<()> {
        if slot.read()?.damage().is_some() {
            return Ok(());
        }
        {
            let mut state = self.checkpoint_state.lock();
            // Segments go only once the checkpoint that knows of them is on disk.
            self.finish_waiting(&mut state)?;
            let mut log = slot.write()?;
            done.producers_expired += log.expire_producers(now_ms) as u64;
            done.segments_removed += log.retention(now_ms)?.segment_count as u64;
        }
        let Some(job) = slot.read()?.plan_compaction(now_ms)? else { return Ok(()) };
        let compacted = match job.run() {
            // Its topic was deleted meanwhile, and the files with it.
            Err(_) if slot.read().is_err() => return Ok(()),
            result => result?,
        };
        let mut state = self.checkpoint_state.lock();
        self.finish_waiting(&mut state)?;
        slot.write()?.install_compaction(compacted)?;
        done.partitions_compacted += 1;
        Ok(())
    }
}
