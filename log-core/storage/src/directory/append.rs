//! Staging: batches get their offsets and a place in the next journal group, all of an entry or none of it.
//!
//! The order of a partition's batches in the journal is the order of their offsets, because the partition stays locked from the numbering
//! until the entry is in the group. A place in the journal is claimed before anything is locked, so that an entry never has to be taken
//! back for want of room.

use super::data_directory::DataDirectory;
use super::slot::Slot;
use super::types::{AppendOutcome, Staged};
use crate::journal::{EntryEncoder, PartitionRef};
use crate::partition::{AppendOrigin, PartitionLog, Prepared};
use crate::{Error, Result};
use log_model::{ErrorKind, FlushMode, TopicPartition};
use log_record::RecordBatch;
use parking_lot::MappedRwLockWriteGuard;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a place in the journal is claimed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Batches. They leave a reserve.
    Append,
    /// A change of the directory. It may take the reserve, because it may be what frees room on a full disk.
    Change,
}

/// The batches for one partition.
type Part = (TopicPartition, Vec<RecordBatch>);

impl AppendOutcome {
    fn of(prepared: &Prepared) -> AppendOutcome {
        let last_offset = prepared.placed().last().map_or(prepared.base_offset(), |placed| placed.last_offset);
        AppendOutcome { base_offset: prepared.base_offset(), last_offset, is_duplicate: prepared.is_duplicate() }
    }
}

/// Sorts by partition, and puts parts of one partition together in their order.
fn sorted(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    parts.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1.append(&mut later.1);
        }
        same
    });
    parts
}

impl DataDirectory {
    /// Numbers the batches and puts them into the next group as one entry: after a crash all of them are there or none. They are neither
    /// durable nor visible before a [`flush`](DataDirectory::flush) reaches [`Staged::lsn`].
    ///
    /// # Errors
    /// [`Error::EntryTooLarge`] beyond [`DirectoryOptions::entry_bytes_max`](super::DirectoryOptions::entry_bytes_max), whatever room there is.
    /// If one batch is refused (too large, out of sequence, fenced, unknown partition, damaged partition) nothing is appended to any
    /// partition. Kind `Full`: the disk or the journal has no room; try again later.
    pub fn stage(&self, parts: Vec<Part>, now_ms: i64) -> Result<Staged> {
        self.stage_as(AppendOrigin::Client, parts, now_ms)
    }

    /// As [`stage`](DataDirectory::stage) for what the log itself appends: with [`AppendOrigin::Coordinator`] the entry may hold the markers
    /// that end a transaction, beside any other batches.
    pub fn stage_as(&self, origin: AppendOrigin, parts: Vec<Part>, now_ms: i64) -> Result<Staged> {
        let _guard = self.health.guard();
        self.health.check()?;
        let parts = if parts.len() > 1 { sorted(parts) } else { parts };
        let sizes = parts.iter().flat_map(|(_, batches)| batches.iter().map(RecordBatch::size_bytes));
        let batch_bytes: usize = sizes.clone().sum();
        let entry_bytes = EntryEncoder::batches_bytes(sizes);
        let max_bytes = self.options.entry_bytes_max();
        if entry_bytes > max_bytes {
            return Err(Error::EntryTooLarge { size_bytes: entry_bytes, max_bytes });
        }
        let slots = parts.iter().map(|(partition, _)| self.slot(partition)).collect::<Result<Vec<_>>>()?;
        self.make_memory(batch_bytes as u64)?;
        self.refuse_if_full(entry_bytes)?;
        self.claim(entry_bytes, Purpose::Append)?;
        let staged = self.stage_claimed(origin, (&slots, parts), now_ms, entry_bytes);
        if staged.is_err() {
            self.claimed_lsn.fetch_sub(entry_bytes, Ordering::AcqRel);
        }
        staged
    }

    fn stage_claimed(
        &self,
        origin: AppendOrigin,
        (slots, parts): (&[Arc<Slot>], Vec<Part>),
        now_ms: i64,
        claimed_bytes: u64,
    ) -> Result<Staged> {
        let mut logs = Vec::with_capacity(slots.len());
        for slot in slots {
            logs.push(slot.write()?);
            slot.refuse_if_frozen()?;
        }
        let mut results = Vec::with_capacity(parts.len());
        let mut prepared = Vec::with_capacity(parts.len());
        for (log, (partition, batches)) in logs.iter_mut().zip(parts) {
            match log.prepare_from(origin, batches, now_ms) {
                Ok(one) => {
                    results.push((partition, AppendOutcome::of(&one)));
                    prepared.push(one);
                }
                Err(error) => {
                    undo(&mut logs, prepared);
                    return Err(error);
                }
            }
        }
        let lsn = self.enter(slots, &prepared, claimed_bytes);
        Ok(Staged { lsn, results })
    }

    /// Copies the prepared batches into the next group. Gives the lsn behind them.
    fn enter(&self, slots: &[Arc<Slot>], prepared: &[Prepared], claimed_bytes: u64) -> u64 {
        let batches = slots.iter().zip(prepared).flat_map(|(slot, prepared)| {
            let partition = PartitionRef { topic_id: slot.topic_id, partition: slot.partition.partition };
            prepared.batches().iter().map(move |batch| (partition, batch))
        });
        let sizes = batches.clone().map(|(_, batch)| batch.size_bytes());
        let batch_bytes: usize = sizes.clone().sum();
        let mut staging = self.staging.lock();
        if batch_bytes == 0 {
            // Only duplicates: their originals are at most here.
            self.claimed_lsn.fetch_sub(claimed_bytes, Ordering::AcqRel);
            return staging.buffer.end_lsn();
        }
        let entry_bytes = EntryEncoder::batches_bytes(sizes);
        debug_assert!(entry_bytes <= claimed_bytes, "duplicates only make an entry smaller");
        self.claimed_lsn.fetch_sub(claimed_bytes - entry_bytes, Ordering::AcqRel);
        self.hot_bytes.fetch_add(batch_bytes as u64, Ordering::Relaxed);
        EntryEncoder::push_batches(&mut staging.buffer, batches);
        for (slot, prepared) in slots.iter().zip(prepared) {
            let end = prepared.next_offset();
            match staging.ends.last_mut() {
                Some(last) if Arc::ptr_eq(&last.0, slot) => last.1 = end,
                _ => staging.ends.push((slot.clone(), end)),
            }
        }
        staging.buffer.end_lsn()
    }

    /// Appends to one partition without the journal: in the page cache of its segment, and visible, on return. Survives the death of the
    /// process, not of the machine. For topics with `headwater.flush=os`.
    ///
    /// # Errors
    /// As [`stage`](DataDirectory::stage); nothing is stored then. [`Error::Busy`]: the topic was configured otherwise meanwhile.
    pub fn append_os(&self, partition: &TopicPartition, batch: RecordBatch, now_ms: i64) -> Result<AppendOutcome> {
        let _guard = self.health.guard();
        self.health.check()?;
        let slot = self.slot(partition)?;
        let batch_bytes = batch.size_bytes() as u64;
        self.refuse_if_full(batch_bytes)?;
        self.make_memory(batch_bytes)?;
        loop {
            let mut log = slot.write()?;
            slot.refuse_if_frozen()?;
            if log.config().flush != FlushMode::Os {
                return Err(Error::Busy { partition: partition.clone() });
            }
            if log.high_watermark() == log.log_end() {
                let hot = log.hot_bytes();
                let appended = self.health.watch(log.append_written(batch, now_ms));
                self.count_hot(hot, log.hot_bytes());
                self.os_bytes.fetch_add(batch_bytes, Ordering::AcqRel);
                return appended.map(|prepared| AppendOutcome::of(&prepared));
            }
            // Batches before this one are still on their way through the journal: nothing may become visible before them.
            drop(log);
            self.flush()?;
        }
    }

    /// Claims a place in the journal, making room for it if there is none: with a new file, else with a checkpoint that frees some.
    pub(super) fn claim(&self, entry_bytes: u64, purpose: Purpose) -> Result<()> {
        let left_free = match purpose {
            Purpose::Append => self.options.reserve_bytes(),
            Purpose::Change => 0,
        };
        loop {
            let room_end_lsn = self.journal.room_end_lsn();
            let claim = self.claimed_lsn.fetch_update(Ordering::AcqRel, Ordering::Acquire, |claimed| {
                let end = claimed + entry_bytes;
                (end + left_free <= room_end_lsn).then_some(end)
            });
            let Err(claimed) = claim else { return Ok(()) };
            match self.health.watch(self.journal.make_room(claimed + entry_bytes + left_free)) {
                // Others may be quicker to take it.
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) if error.kind() == ErrorKind::Full => {}
                Err(error) => return Err(error),
            }
            // As many files as allowed, or as the disk has room for: those that a checkpoint frees serve again.
            self.flush()?;
            self.checkpoint()?;
            let is_free = self.journal.room_end_lsn() > room_end_lsn;
            // Whoever has claimed a place and not yet filled it will, and the next checkpoint then frees it.
            let others_claim = self.claimed_lsn.load(Ordering::Acquire) > self.staging.lock().buffer.end_lsn();
            if !is_free && !others_claim {
                let reason = "the journal is full of entries that no checkpoint frees; allow more journal files".to_owned();
                return Err(Error::Full { needed_bytes: entry_bytes, reason });
            }
            std::thread::yield_now();
        }
    }

    /// Whether an entry with so many bytes of batches can be staged without waiting for a new journal file or a checkpoint, unless others are quicker.
    pub fn has_room(&self, batch_bytes: u64) -> bool {
        if self.health.is_full() {
            return false;
        }
        let end = self.claimed_lsn.load(Ordering::Acquire) + Self::room_bytes(batch_bytes);
        end + self.options.reserve_bytes() <= self.journal.room_end_lsn()
    }

    /// Waits for the room in the journal that staging would wait for, so that whoever must not wait with a lock held, or on a thread that others
    /// need, can have that done before: [`has_room`](DataDirectory::has_room) then holds, unless others are quicker. Errors: those of
    /// [`stage`](DataDirectory::stage).
    pub fn make_room(&self, batch_bytes: u64) -> Result<()> {
        let _guard = self.health.guard();
        self.health.check()?;
        let entry_bytes = Self::room_bytes(batch_bytes).min(self.options.entry_bytes_max());
        self.refuse_if_full(entry_bytes)?;
        self.claim(entry_bytes, Purpose::Append)?;
        self.claimed_lsn.fetch_sub(entry_bytes, Ordering::AcqRel);
        Ok(())
    }

    /// The room of an entry with one batch.
    fn room_bytes(batch_bytes: u64) -> u64 {
        EntryEncoder::batches_bytes(std::iter::once(usize::try_from(batch_bytes).unwrap_or(usize::MAX / 2)))
    }

    /// Gives a claimed place back.
    pub(super) fn give_back(&self, claimed: &[u8]) {
        self.claimed_lsn.fetch_sub(EntryEncoder::change_bytes(claimed), Ordering::AcqRel);
    }

    /// After the disk ran full: looks whether there is room again, by writing what waits to be written.
    fn refuse_if_full(&self, needed_bytes: u64) -> Result<()> {
        if !self.health.is_full() {
            return Ok(());
        }
        let space = self.disk.space(&self.path).map_err(Error::io("measure", &self.path))?;
        if space.free_bytes >= self.options.free_bytes_min.max(needed_bytes) && self.write_behind().is_ok() {
            self.health.resume();
            return Ok(());
        }
        let reason = format!("the disk of {} has {} bytes left; free some space", self.path.display(), space.free_bytes);
        Err(Error::Full { needed_bytes, reason })
    }

    /// Makes sure that `bytes` more may be kept in memory.
    fn make_memory(&self, bytes: u64) -> Result<()> {
        if self.staging.lock().buffer.size_bytes() as u64 > self.options.group_bytes_max {
            self.flush()?;
        }
        if self.hot_bytes() + bytes > self.options.hot_bytes_max {
            self.evict();
        }
        if self.hot_bytes() + bytes > self.options.hot_bytes_max {
            self.write_behind()?;
        }
        Ok(())
    }
}

fn undo(logs: &mut [MappedRwLockWriteGuard<'_, PartitionLog>], prepared: Vec<Prepared>) {
    let mut pairs: Vec<_> = logs.iter_mut().zip(prepared).collect();
    while let Some((log, prepared)) = pairs.pop() {
        log.undo(prepared);
    }
}
