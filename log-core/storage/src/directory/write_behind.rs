//! Copying what is durable in the journal into segments, and forgetting what readers no longer need in memory.

use super::data_directory::DataDirectory;
use super::slot::Slot;
use crate::Result;
use log_model::ErrorKind;

/// A partition is locked for so much writing at a time.
const PIECE_BYTES: usize = 2 << 20;

impl DataDirectory {
    /// Writes all visible batches to their segments (page cache, nothing is synced) and keeps the memory within its limit. Gives the bytes
    /// written.
    ///
    /// # Errors
    /// Kind `Full`: nothing is lost; what could not be written stays in memory and in the journal.
    pub fn write_behind(&self) -> Result<u64> {
        let _guard = self.health.guard();
        self.health.check()?;
        let mut written_bytes = 0;
        let mut handle_count = 0;
        for slot in self.all_slots() {
            // What becomes visible meanwhile is for the next time: a busy producer must not keep this from ending.
            let Ok(end) = slot.read().map(|log| log.high_watermark()) else { continue };
            while slot.read().is_ok_and(|log| log.written_end() < end && log.unwritten_bytes() > 0 && !log.is_closed_off()) {
                let Ok(mut log) = slot.write() else { break };
                written_bytes += self.health.watch(log.write_behind(PIECE_BYTES))? as u64;
            }
            self.bound_handles(&slot, &mut handle_count);
        }
        self.evict();
        Ok(written_bytes)
    }

    /// Writes all visible batches and leaves no room behind them in the files. A full disk is no reason not to go on: the room stays.
    pub(super) fn cut_room(&self) -> Result<()> {
        if let Err(error) = self.write_behind() {
            return if error.kind() == ErrorKind::Full { Ok(()) } else { Err(error) };
        }
        let _guard = self.health.guard();
        let mut handle_count = 0;
        for slot in self.all_slots() {
            let cut = slot.write().map_or(Ok(()), |mut log| log.cut_room());
            match self.health.watch(cut) {
                Err(error) if error.kind() != ErrorKind::Full => return Err(error),
                _ => self.bound_handles(&slot, &mut handle_count),
            }
        }
        Ok(())
    }

    /// Closes the handles of a partition that wrote segments if too many are open with those of the partitions before it.
    fn bound_handles(&self, slot: &Slot, handle_count: &mut usize) {
        let own_count = slot.read().map_or(0, |log| log.handle_count());
        if self.syncer.may_keep(*handle_count + own_count) {
            *handle_count += own_count;
        } else if let Ok(mut log) = slot.write() {
            log.let_handles_go();
        }
    }

    /// Forgets written batches, from every partition in proportion to what it has, until the memory is at three quarters of its limit.
    pub(super) fn evict(&self) {
        let target = self.options.hot_bytes_max / 4 * 3;
        let total = self.hot_bytes();
        if total <= target {
            return;
        }
        let excess = total - target;
        for slot in self.all_slots() {
            let Ok(mut log) = slot.write() else { continue };
            let hot = log.hot_bytes();
            let share = (hot as u128 * u128::from(excess)).div_ceil(u128::from(total)) as usize;
            if share > 0 {
                log.evict(share);
                self.count_hot(hot, log.hot_bytes());
            }
        }
    }
}
