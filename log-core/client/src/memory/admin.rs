//! Topics and committed positions of a memory log.

use super::partition::Partition;
use super::state::{Shared, Topic};
use crate::local::{check_partition_count, partition_count};
use crate::{Admin, Error, NewTopic, OffsetAndMetadata, OffsetAndTimestamp, OffsetSpec, PartitionInfo, Result, TopicDescription};
use async_trait::async_trait;
use log_model::{GroupId, Offset, TopicConfig, TopicId, TopicName, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn describe(name: &TopicName, topic: &Topic) -> TopicDescription {
    let info = |(index, partition): (usize, &Partition)| PartitionInfo {
        partition: index as i32,
        log_start: partition.log_start,
        last_stable: partition.next,
        high_watermark: partition.next,
        size_bytes: partition.size_bytes,
    };
    let partitions = topic.partitions.iter().enumerate().map(info).collect();
    TopicDescription { name: name.clone(), id: topic.id, config: topic.config.clone(), partitions }
}

#[async_trait]
impl Admin for Shared {
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription> {
        let partition_count = partition_count(&topic)?;
        let mut state = self.state.lock();
        if state.topics.contains_key(&topic.name) {
            return Err(Error::TopicExists { topic: topic.name });
        }
        state.topics_ever += 1;
        let partitions = (0..partition_count).map(|_| Partition::default()).collect();
        let created = Topic { id: TopicId(Uuid::from_u128(state.topics_ever)), config: topic.config, partitions };
        let description = describe(&topic.name, &created);
        state.topics.insert(topic.name.clone(), created);
        drop(state);
        self.groups.topic_changed(&topic.name, partition_count);
        Ok(description)
    }

    async fn delete_topic(&self, topic: &TopicName) -> Result<()> {
        let mut state = self.state.lock();
        let gone = state.topics.remove(topic).ok_or_else(|| Error::UnknownTopic { topic: topic.clone() })?;
        for offsets in state.committed.values_mut() {
            offsets.retain(|partition, _| partition.topic != *topic);
        }
        state.committed.retain(|_, offsets| !offsets.is_empty());
        drop(state);
        self.groups.topic_changed(topic, 0);
        let partitions: Vec<TopicPartition> = (0..gone.partitions.len() as i32).map(|index| topic.partition(index)).collect();
        self.wakeups.ring(&partitions);
        Ok(())
    }

    async fn list_topics(&self) -> Result<Vec<TopicName>> {
        Ok(self.state.lock().topics.keys().cloned().collect())
    }

    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription> {
        self.state.lock().topic(topic).map(|found| describe(topic, found))
    }

    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()> {
        self.state.lock().topic_mut(topic)?.config = config;
        Ok(())
    }

    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()> {
        check_partition_count(partition_count)?;
        let mut state = self.state.lock();
        let found = state.topic_mut(topic)?;
        let now = found.partitions.len();
        if (partition_count as usize) < now {
            return Err(Error::Invalid { reason: format!("topic {topic} has {now} partitions; they can only become more") });
        }
        found.partitions.resize_with(partition_count as usize, Partition::default);
        drop(state);
        self.groups.topic_changed(topic, partition_count);
        Ok(())
    }

    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        self.state.lock().partition_mut(partition)?.delete_records(partition, before)
    }

    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        self.state.lock().partition(partition)?.1.find(spec)
    }

    async fn list_groups(&self) -> Result<Vec<GroupId>> {
        let mut groups: BTreeSet<GroupId> = self.state.lock().committed.keys().cloned().collect();
        groups.extend(self.groups.with_members());
        Ok(groups.into_iter().collect())
    }

    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
        Ok(self.state.lock().committed.get(group).cloned().unwrap_or_default())
    }
}
