//! Moving the ends of a partition: deleting its oldest records, cutting off its newest.

use super::change::Change;
use super::data_directory::DataDirectory;
use crate::journal::PartitionRef;
use crate::partition::RecoveryPoint;
use crate::{Error, Result};
use log_model::{Offset, TopicPartition};

impl DataDirectory {
    /// Lets go of the records before `offset` (Kafka's `DeleteRecords`); durable on return. Gives the new first offset. The files go with the
    /// next [`maintain`](DataDirectory::maintain).
    ///
    /// # Errors
    /// `offset` is beyond the high watermark.
    pub fn delete_records(&self, partition: &TopicPartition, offset: Offset) -> Result<Offset> {
        let slot = self.slot(partition)?;
        let at = PartitionRef { topic_id: slot.topic_id, partition: partition.partition };
        let (log_start, end_offset) = {
            let log = slot.read()?;
            log.refuse_if_damaged()?;
            (log.log_start(), log.high_watermark())
        };
        if offset > end_offset {
            return Err(Error::OffsetOutOfRange { partition: partition.clone(), offset, log_start, end_offset });
        }
        let claimed = self.claim_change(&Change::delete_records(at, offset))?;
        let _state = self.checkpoint_state.lock();
        self.journal_claimed(&claimed)?;
        let mut log = slot.write()?;
        self.health.watch(log.delete_records(offset))
    }

    /// Cuts off everything from `offset` on, durably; a batch that holds it goes as a whole. Gives the new end.
    ///
    /// # Errors
    /// `offset` is below the first one. Kind `Full`: nothing has changed.
    pub fn truncate_to(&self, partition: &TopicPartition, offset: Offset) -> Result<Offset> {
        let _guard = self.health.guard();
        self.health.check()?;
        let slot = self.slot(partition)?;
        let mut state = self.checkpoint_state.lock();
        let _frozen = slot.freeze();
        // Nothing vouched for is given up for a cut that would then be refused.
        slot.read()?.refuse_if_damaged()?;
        self.flush()?;
        // First the checkpoint stops vouching for what goes, and lets go of the journal that could bring it back; then it goes.
        self.checkpoint_locked(&mut state, None)?;
        let below = {
            let log = slot.read()?;
            RecoveryPoint { log_start: log.log_start(), ..log.recovery_point_below(offset) }
        };
        self.checkpoint_locked(&mut state, Some((&slot, below)))?;
        let end = {
            let mut log = slot.write()?;
            let hot = log.hot_bytes();
            let end = log.truncate_to(offset);
            self.count_hot(hot, log.hot_bytes());
            self.health.watch(end)?
        };
        // Then it vouches again for what is left.
        self.checkpoint_locked(&mut state, None)?;
        Ok(end)
    }
}
