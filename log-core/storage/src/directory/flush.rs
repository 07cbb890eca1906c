//! Group commit: everything staged goes to the journal with one write and one sync, then becomes visible.
//!
//! The group is exchanged for an empty one under the staging lock, which is then free while the disk works.

use super::data_directory::DataDirectory;
use super::slot::Slot;
use super::types::Durable;
use crate::Result;
use crate::journal::{Group, SectorMemory, no_memory};
use log_model::Offset;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The memory of a group is kept for the next but one, unless it has grown beyond this.
const SPARE_BYTES_MAX: usize = 64 << 20;

/// What whoever flushes holds.
#[derive(Debug, Default)]
pub(super) struct Commit {
    spare: Option<SectorMemory>,
    /// A group that found the disk full; it goes first next time.
    waiting: Option<(Group, Ends)>,
}

/// The ends to commit partitions up to.
pub(super) type Ends = Vec<(Arc<Slot>, Offset)>;

impl DataDirectory {
    /// Makes everything staged so far durable and visible. Gives the lsn up to which entries may be acknowledged, also when nothing was staged.
    ///
    /// # Errors
    /// Kind `Full`: nothing is lost, flush again when there is room. Any other: the directory is dead.
    pub fn flush(&self) -> Result<Durable> {
        let _guard = self.health.guard();
        let mut commit = self.commit.lock();
        self.health.check()?;
        let (mut group, ends) = match commit.waiting.take() {
            Some(waiting) => waiting,
            None => {
                let mut staging = self.staging.lock();
                if staging.buffer.end_lsn() == self.durable_lsn.load(Ordering::Acquire) {
                    return Ok(Durable { lsn: staging.buffer.end_lsn() });
                }
                let group = staging.buffer.take(commit.spare.take().unwrap_or_else(no_memory));
                (group, std::mem::take(&mut staging.ends))
            }
        };
        if let Err(error) = self.health.watch(self.journal.write(&mut group)) {
            commit.waiting = Some((group, ends));
            return Err(error);
        }
        for (slot, end) in ends {
            // A topic deleted meanwhile needs no commit.
            if let Ok(mut log) = slot.write() {
                log.commit(end);
            }
        }
        let lsn = group.end_lsn;
        self.durable_lsn.store(lsn, Ordering::Release);
        let memory = group.into_memory();
        if memory.capacity() <= SPARE_BYTES_MAX {
            commit.spare = Some(memory);
        }
        Ok(Durable { lsn })
    }

    /// Gives back what groups took while they were large.
    pub(super) fn let_group_memory_go(&self) {
        if let Some(mut commit) = self.commit.try_lock() {
            commit.spare = None;
        }
        self.staging.lock().buffer.let_memory_go();
    }

    /// The lsn up to which entries may be acknowledged.
    pub fn durable(&self) -> Durable {
        Durable { lsn: self.durable_lsn.load(Ordering::Acquire) }
    }

    /// Whether a flush has something to do.
    pub fn has_staged(&self) -> bool {
        self.staging.lock().buffer.end_lsn() > self.durable_lsn.load(Ordering::Acquire)
    }
}
