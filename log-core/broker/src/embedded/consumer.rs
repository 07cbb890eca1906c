//! What consumers read: batches from the data directory, positions from memory.

use crate::node::core::Core;
use crate::node::offsets::StoredPosition;
use crate::node::offsets_codec::offset_batches;
use crate::node::staging::Durable;
use crate::node::topics::offsets_partition;
use async_trait::async_trait;
use log_client::local::{CommitPermit, Fetched, GroupRegistry, LocalStore, PartitionBounds, ReadRequest, Wakeups};
use log_client::{GroupMetadata, Isolation, OffsetAndMetadata, Result};
use log_model::{GroupId, TopicName, TopicPartition};
use log_record::RecordBatch;
use log_storage::{DataDirectory, Isolation as StorageIsolation};
use std::sync::Arc;

/// The core as its consumers hold it.
pub(crate) struct ConsumerStore(pub(crate) Arc<Core>);

impl ConsumerStore {
    /// Whether readers of this isolation may see the batch, given the aborted transactions around it.
    fn shown(&self, directory: &DataDirectory, partition: &TopicPartition, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Ok(batches) };
        if !batches.iter().any(RecordBatch::is_transactional) {
            return Ok(batches);
        }
        let range = first.base_offset()..last.next_offset();
        let aborted = directory.aborted_in(partition, range).map_err(|error| self.0.error(error))?;
        let is_aborted = |batch: &RecordBatch| {
            aborted.iter().any(|transaction| {
                transaction.producer_id == batch.producer_id()
                    && (transaction.first_offset..=transaction.last_offset).contains(&batch.base_offset())
            })
        };
        Ok(batches.into_iter().filter(|batch| !batch.is_transactional() || !is_aborted(batch)).collect())
    }

    fn stage_offsets(
        &self,
        by: &GroupMetadata,
        offsets: Vec<(TopicPartition, OffsetAndMetadata)>,
        permit: CommitPermit,
    ) -> Result<Durable> {
        let core = &self.0;
        let now_ms = core.now_ms();
        let stored = |(partition, position)| (partition, StoredPosition::new(position, now_ms));
        let positions: Vec<_> = offsets.into_iter().map(stored).collect();
        let batches = offset_batches(positions.iter().map(|(partition, at)| (&by.group, partition, Some(at))), now_ms)?;
        let order = core.offsets.order.lock();
        // Whoever deletes a topic forgets its positions with the order held: those staged afterwards would stay.
        for (partition, _) in &positions {
            core.topics.of(partition)?;
        }
        let staged = core.stage(vec![(offsets_partition(), batches)])?;
        let number = core.offsets.begin(vec![(by.group.clone(), positions)]);
        let durable = core.when_durable(staged.lsn, move |core, result| {
            core.offsets.finish(number, result.is_ok());
            drop(permit);
        });
        drop(order);
        core.group_coordinator.positions_changed(core, &by.group);
        Ok(durable)
    }
}

#[async_trait]
impl LocalStore for ConsumerStore {
    fn check_open(&self) -> Result<()> {
        self.0.directory().map(drop)
    }

    fn partition_count(&self, topic: &TopicName) -> Result<i32> {
        self.0.topics.topic(topic).map(|topic| topic.partition_count)
    }

    fn bounds(&self, partition: &TopicPartition) -> Result<PartitionBounds> {
        let directory = self.0.directory()?;
        self.0.topics.of(partition)?;
        let info = directory.offsets(partition).map_err(|error| self.0.error(error))?;
        Ok(PartitionBounds {
            topic_id: info.topic_id,
            log_start: info.log_start,
            last_stable: info.last_stable,
            high_watermark: info.high_watermark,
        })
    }

    fn read(&self, partition: &TopicPartition, request: ReadRequest) -> Result<Fetched> {
        let directory = self.0.directory()?;
        let isolation = match request.isolation {
            Isolation::ReadCommitted => StorageIsolation::ReadCommitted,
            Isolation::ReadUncommitted => StorageIsolation::ReadUncommitted,
        };
        let read = directory.read(partition, request.from, request.max_bytes, isolation).map_err(|error| self.0.error(error))?;
        let upto = if request.isolation == Isolation::ReadCommitted { read.last_stable } else { read.high_watermark };
        let mut size_bytes = 0;
        let mut batches = read.batches;
        let found = batches.len();
        let fits = batches.iter().take_while(|batch| {
            size_bytes += batch.size_bytes();
            size_bytes <= request.max_bytes
        });
        let keep = fits.count().max(usize::from(request.at_least_one));
        batches.truncate(keep);
        let next = match batches.last() {
            Some(last) => last.next_offset(),
            // Nothing is left of what was between here and the end.
            None if found == 0 => upto,
            None => request.from,
        };
        if request.isolation == Isolation::ReadCommitted {
            batches = self.shown(&directory, partition, batches)?;
        }
        batches.retain(|batch| !batch.is_control() && batch.record_count() > 0);
        Ok(Fetched { batches, next: next.max(request.from) })
    }

    fn committed_offset(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata> {
        self.0.offsets.get(group, partition)
    }

    async fn commit_offsets(&self, by: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        for (partition, _) in &offsets {
            self.0.topics.of(partition)?;
        }
        let partitions = offsets.iter().map(|(partition, _)| partition.clone()).collect();
        let permit = self.0.groups.begin_commit(by, partitions)?;
        if offsets.is_empty() {
            return Ok(());
        }
        self.stage_offsets(by, offsets, permit)?.await
    }

    fn groups(&self) -> &Arc<GroupRegistry> {
        &self.0.groups
    }

    fn wakeups(&self) -> &Wakeups {
        &self.0.wakeups
    }
}
