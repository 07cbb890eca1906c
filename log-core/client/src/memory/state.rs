//! All of a memory log's state behind one lock, and what consumers ask of it.

use super::log::AppendClock;
use super::partition::Partition;
use crate::local::{Fetched, GroupRegistry, LocalStore, PartitionBounds, ReadRequest, Wakeups};
use crate::{Error, GroupMetadata, OffsetAndMetadata, Result};
use async_trait::async_trait;
use log_model::{GroupId, ProducerEpoch, ProducerId, TopicConfig, TopicId, TopicName, TopicPartition};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Topic {
    pub(super) id: TopicId,
    pub(super) config: TopicConfig,
    pub(super) partitions: Vec<Partition>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) topics: BTreeMap<TopicName, Topic>,
    pub(super) topics_ever: u128,
    pub(super) committed: BTreeMap<GroupId, BTreeMap<TopicPartition, OffsetAndMetadata>>,
    pub(super) producers_ever: i64,
    /// The newest producer of each transactional id.
    pub(super) transactional: BTreeMap<String, (ProducerId, ProducerEpoch)>,
}

impl State {
    pub(super) fn topic(&self, topic: &TopicName) -> Result<&Topic> {
        self.topics.get(topic).ok_or_else(|| Error::UnknownTopic { topic: topic.clone() })
    }

    pub(super) fn topic_mut(&mut self, topic: &TopicName) -> Result<&mut Topic> {
        self.topics.get_mut(topic).ok_or_else(|| Error::UnknownTopic { topic: topic.clone() })
    }

    pub(super) fn partition(&self, partition: &TopicPartition) -> Result<(&Topic, &Partition)> {
        let topic = self.topic(&partition.topic)?;
        let found = usize::try_from(partition.partition).ok().and_then(|index| topic.partitions.get(index));
        found.map(|found| (topic, found)).ok_or_else(|| Error::UnknownPartition { partition: partition.clone() })
    }

    pub(super) fn partition_mut(&mut self, partition: &TopicPartition) -> Result<&mut Partition> {
        let topic = self.topic_mut(&partition.topic)?;
        let found = usize::try_from(partition.partition).ok().and_then(|index| topic.partitions.get_mut(index));
        found.ok_or_else(|| Error::UnknownPartition { partition: partition.clone() })
    }

    /// Refuses positions of partitions that do not exist.
    pub(super) fn check_partitions<'a>(&self, partitions: impl IntoIterator<Item = &'a TopicPartition>) -> Result<()> {
        partitions.into_iter().try_for_each(|partition| self.partition(partition).map(drop))
    }

    pub(super) fn store_offsets(&mut self, group: &GroupId, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) {
        self.committed.entry(group.clone()).or_default().extend(offsets);
    }
}

pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) groups: Arc<GroupRegistry>,
    pub(super) wakeups: Wakeups,
    pub(super) clock: AppendClock,
}

#[async_trait]
impl LocalStore for Shared {
    fn partition_count(&self, topic: &TopicName) -> Result<i32> {
        self.state.lock().topic(topic).map(|topic| topic.partitions.len() as i32)
    }

    fn bounds(&self, partition: &TopicPartition) -> Result<PartitionBounds> {
        let state = self.state.lock();
        let (topic, found) = state.partition(partition)?;
        Ok(PartitionBounds { topic_id: topic.id, log_start: found.log_start, last_stable: found.next, high_watermark: found.next })
    }

    fn read(&self, partition: &TopicPartition, request: ReadRequest) -> Result<Fetched> {
        self.state.lock().partition(partition)?.1.read(partition, request)
    }

    fn committed_offset(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata> {
        self.state.lock().committed.get(group)?.get(partition).cloned()
    }

    async fn commit_offsets(&self, by: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        let partitions: Vec<TopicPartition> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
        self.state.lock().check_partitions(&partitions)?;
        let _permit = self.groups.begin_commit(by, partitions)?;
        self.state.lock().store_offsets(&by.group, offsets);
        Ok(())
    }

    fn groups(&self) -> &Arc<GroupRegistry> {
        &self.groups
    }

    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}
