//! Taking in what the journal has beyond the segments, when the data directory is opened.
//!
//! Always holds: a batch of the journal is in the log, or was there before, or is kept in the file of unreplayed batches. None is dropped,
//! because the journal is freed soon afterwards.

use super::damage::Damage;
use super::log::PartitionLog;
use super::unreplayed::{self, Unreplayed, Writer};
use crate::error::Result;
use log_model::{FlushMode, Offset};
use log_record::RecordBatch;

/// More unwritten batches than this are not kept in memory while an earlier opening's are taken in.
const PIECE_BYTES: usize = 8 << 20;

impl PartitionLog {
    /// Takes in a batch that was durable before a restart and already has its offsets; one that is already here is ignored.
    ///
    /// Where the batch begins beyond the log end, a `headwater.flush=os` topic has lost what lay between, which it may: the gap is filled
    /// with a batch without records. Any other gap is damage. A damaged partition keeps the batch aside: call
    /// [`finish_replay`](PartitionLog::finish_replay) after the last one.
    pub fn replay(&mut self, batch: RecordBatch) -> Result<()> {
        assert!(self.staged.is_empty(), "{}: replay comes before any append", self.partition);
        if batch.next_offset() <= self.log_end {
            return Ok(());
        }
        if self.damage.get().is_none() {
            if self.takes(&batch) {
                self.fill_up_to(batch.base_offset());
                self.take_in(batch);
                self.check();
                return Ok(());
            }
            let reason = format!("the log ends at offset {} but the next journaled batch begins at {}", self.log_end, batch.base_offset());
            self.fence(Damage::new(self.active().log_path(&self.folder), self.active().length_bytes, reason));
        }
        self.set_aside()?.push(&batch)
    }

    /// Lets go of everything below `before` as a change of the journal says.
    pub fn replay_delete_records(&mut self, before: Offset) -> Result<()> {
        if self.damage.get().is_none() {
            return self.delete_records(before.min(self.high_watermark)).map(|_| ());
        }
        self.set_aside()?.raise_log_start(before);
        Ok(())
    }

    fn set_aside(&mut self) -> Result<&mut Writer> {
        if !matches!(self.unreplayed, Unreplayed::Writing(_)) {
            self.unreplayed = Unreplayed::Writing(Writer::begin(&self.folder, self.log_start)?);
        }
        match &mut self.unreplayed {
            Unreplayed::Writing(writer) => Ok(writer),
            _ => unreachable!("it was set just now"),
        }
    }

    /// Makes durable what was kept aside. The journal may be freed afterwards, and not before.
    pub fn finish_replay(&mut self) -> Result<()> {
        match std::mem::take(&mut self.unreplayed) {
            Unreplayed::Writing(writer) => {
                tracing::error!(partition = %self.partition, "batches of the journal are kept aside until the partition is mended");
                writer.finish()?;
                self.unreplayed = Unreplayed::Kept;
            }
            other => self.unreplayed = other,
        }
        Ok(())
    }

    /// Takes in what an earlier opening kept aside, now that the segments are sound.
    pub(super) fn take_in_unreplayed(&mut self) -> Result<()> {
        let folder = self.folder.clone();
        let mut is_whole = true;
        let log_start = unreplayed::read(&folder, |batch| {
            // After a gap the rest waits on, in the file.
            is_whole &= self.takes(&batch);
            if is_whole {
                self.replay(batch)?;
            }
            if self.unwritten_bytes() > PIECE_BYTES {
                self.write_all()?;
                self.evict(usize::MAX);
            }
            Ok(())
        })?;
        let Some(log_start) = log_start else { return Ok(()) };
        self.unreplayed = Unreplayed::TakenIn;
        if !is_whole {
            self.unreplayed = Unreplayed::Kept;
            let reason = format!("the log ends at offset {}, before the batches that were kept aside", self.log_end);
            self.fence(Damage::new(self.active().log_path(&self.folder), self.active().length_bytes, reason));
            return Ok(());
        }
        self.delete_records(log_start.min(self.high_watermark))?;
        tracing::info!(partition = %self.partition, "batches that were kept aside are in their place again");
        Ok(())
    }

    fn takes(&self, batch: &RecordBatch) -> bool {
        let gap = batch.base_offset() - self.log_end;
        batch.next_offset() <= self.log_end || gap == 0 || (gap > 0 && self.config.flush == FlushMode::Os)
    }
}
