//! The place of one partition in the directory.

use crate::partition::PartitionLog;
use crate::{Error, Result};
use log_model::{TopicId, TopicPartition};
use parking_lot::{MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::sync::atomic::{AtomicBool, Ordering};

/// A partition behind its own lock; empty once the topic is deleted.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) partition: TopicPartition,
    pub(super) topic_id: TopicId,
    log: RwLock<Option<PartitionLog>>,
    is_frozen: AtomicBool,
}

/// Keeps a partition from taking appends.
#[derive(Debug)]
pub(super) struct Frozen<'a> {
    slot: &'a Slot,
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.slot.is_frozen.store(false, Ordering::Release);
    }
}

impl Slot {
    pub(super) fn new(log: PartitionLog) -> Slot {
        Slot {
            partition: log.partition().clone(),
            topic_id: log.topic_id(),
            log: RwLock::new(Some(log)),
            is_frozen: AtomicBool::new(false),
        }
    }

    fn gone(&self) -> Error {
        Error::UnknownPartition { partition: self.partition.clone() }
    }

    pub(super) fn read(&self) -> Result<MappedRwLockReadGuard<'_, PartitionLog>> {
        RwLockReadGuard::try_map(self.log.read(), Option::as_ref).map_err(|_| self.gone())
    }

    pub(super) fn write(&self) -> Result<MappedRwLockWriteGuard<'_, PartitionLog>> {
        RwLockWriteGuard::try_map(self.log.write(), Option::as_mut).map_err(|_| self.gone())
    }

    /// From here on nothing is appended until the value is dropped; what was staged before can be flushed.
    pub(super) fn freeze(&self) -> Frozen<'_> {
        let _log = self.log.write();
        self.is_frozen.store(true, Ordering::Release);
        Frozen { slot: self }
    }

    /// Called with the partition locked.
    pub(super) fn refuse_if_frozen(&self) -> Result<()> {
        match self.is_frozen.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(Error::Busy { partition: self.partition.clone() }),
        }
    }

    /// Empties the place.
    pub(super) fn take(&self) -> Option<PartitionLog> {
        self.log.write().take()
    }
}
