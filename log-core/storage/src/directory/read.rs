//! Reading: a partition is locked for reading only, and never while a sync runs.

use super::data_directory::DataDirectory;
use super::types::{Fetched, Isolation, PartitionInfo, PartitionOffsets};
use crate::Result;
use crate::partition::{AbortedTransaction, PartitionLog, ProducerInfo, TimestampOffset};
use log_model::{LeaderEpoch, Offset, Timestamp, TopicPartition};
use log_record::RecordBatch;
use std::ops::Range;

impl DataDirectory {
    /// Whole batches from the one that holds `from` on: at least one if there is one, and no more than about `max_bytes`.
    ///
    /// # Errors
    /// Unknown partition; `from` outside of what the partition holds; damage, which from then on is the answer to every call.
    pub fn read(&self, partition: &TopicPartition, from: Offset, max_bytes: usize, isolation: Isolation) -> Result<Fetched> {
        self.health.check()?;
        let slot = self.slot(partition)?;
        let log = slot.read()?;
        let batches = log.read(from, end(&log, isolation), max_bytes)?;
        Ok(fetched(&log, batches))
    }

    /// As [`read`](DataDirectory::read) where no disk is needed for it, nor for [`aborted_in`](DataDirectory::aborted_in) of what was read; else
    /// `None`.
    pub fn read_hot(&self, partition: &TopicPartition, from: Offset, max_bytes: usize, isolation: Isolation) -> Result<Option<Fetched>> {
        self.health.check()?;
        let slot = self.slot(partition)?;
        let log = slot.read()?;
        let with_aborted = isolation == Isolation::ReadCommitted;
        let batches = log.read_hot(from, end(&log, isolation), max_bytes, with_aborted)?;
        Ok(batches.map(|batches| fetched(&log, batches)))
    }

    /// The first readable record at least as late as `timestamp`.
    pub fn find_by_timestamp(&self, partition: &TopicPartition, timestamp: Timestamp) -> Result<Option<TimestampOffset>> {
        self.health.check()?;
        self.slot(partition)?.read()?.find_by_timestamp(timestamp)
    }

    /// The aborted transactions with records in the range.
    pub fn aborted_in(&self, partition: &TopicPartition, range: Range<Offset>) -> Result<Vec<AbortedTransaction>> {
        self.health.check()?;
        self.slot(partition)?.read()?.aborted_in(range)
    }

    /// The state of one partition.
    pub fn info(&self, partition: &TopicPartition) -> Result<PartitionInfo> {
        self.health.check()?;
        let slot = self.slot(partition)?;
        let log = slot.read()?;
        Ok(PartitionInfo {
            topic_id: log.topic_id(),
            config: log.config().clone(),
            log_start: log.log_start(),
            last_stable: log.last_stable_offset(),
            high_watermark: log.high_watermark(),
            log_end: log.log_end(),
            size_bytes: log.size_bytes(),
            segment_count: log.segment_count(),
            damage: log.damage().map(|damage| format!("{}, byte {}: {}", damage.path.display(), damage.position, damage.reason)),
        })
    }

    /// The offsets of one partition, which cost next to nothing.
    pub fn offsets(&self, partition: &TopicPartition) -> Result<PartitionOffsets> {
        self.health.check()?;
        let slot = self.slot(partition)?;
        let log = slot.read()?;
        Ok(PartitionOffsets {
            topic_id: slot.topic_id,
            leader_epoch: log.leader_epoch(),
            log_start: log.log_start(),
            last_stable: log.last_stable_offset(),
            high_watermark: log.high_watermark(),
        })
    }

    /// The largest epoch at or below `epoch` that appended anything, and the offset behind its last record; `None` if there is none such.
    pub fn end_offset_for_epoch(&self, partition: &TopicPartition, epoch: LeaderEpoch) -> Result<Option<(LeaderEpoch, Offset)>> {
        self.health.check()?;
        Ok(self.slot(partition)?.read()?.end_offset_for_epoch(epoch))
    }

    /// The epoch in which the record at `offset` was written; [`LeaderEpoch::NONE`] in an empty log.
    pub fn epoch_at(&self, partition: &TopicPartition, offset: Offset) -> Result<LeaderEpoch> {
        self.health.check()?;
        Ok(self.slot(partition)?.read()?.epoch_at(offset))
    }

    /// The idempotent and transactional producers the partition remembers, by id.
    pub fn producers(&self, partition: &TopicPartition) -> Result<Vec<ProducerInfo>> {
        self.health.check()?;
        Ok(self.slot(partition)?.read()?.producers().collect())
    }

    /// The largest timestamp of what is stored, of a record that may not be read any more perhaps; `None` if none has one.
    pub fn max_timestamp(&self, partition: &TopicPartition) -> Result<Option<Timestamp>> {
        self.health.check()?;
        self.slot(partition)?.read()?.max_timestamp()
    }

    /// The names of all partitions, sorted.
    pub fn partitions(&self) -> Vec<TopicPartition> {
        self.slots.read().keys().cloned().collect()
    }
}

/// How far a reader may read.
fn end(log: &PartitionLog, isolation: Isolation) -> Offset {
    match isolation {
        Isolation::ReadUncommitted => log.high_watermark(),
        Isolation::ReadCommitted => log.last_stable_offset(),
    }
}

fn fetched(log: &PartitionLog, batches: Vec<RecordBatch>) -> Fetched {
    let (last_stable, high_watermark) = (log.last_stable_offset(), log.high_watermark());
    Fetched { batches, log_start: log.log_start(), last_stable, high_watermark }
}
