//! Topics of an embedded log. Whatever waits for the disk runs on a thread of its own.

use crate::node::core::Core;
use crate::node::find_offset::find;
use crate::node::topic_changes::{add_partitions, alter, create, delete, delete_records, describe};
use async_trait::async_trait;
use log_client::local::partition_count;
use log_client::{Admin, NewTopic, OffsetAndMetadata, OffsetAndTimestamp, OffsetSpec, Result, TopicDescription};
use log_model::{GroupId, Offset, TopicConfig, TopicName, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) struct EmbeddedAdmin(pub(crate) Arc<Core>);

#[async_trait]
impl Admin for EmbeddedAdmin {
    async fn create_topic(&self, mut topic: NewTopic) -> Result<TopicDescription> {
        topic.partition_count = partition_count(&topic)?;
        self.0.blocking("create-topic", move |core| create(core, topic)).await
    }

    async fn delete_topic(&self, topic: &TopicName) -> Result<()> {
        let topic = topic.clone();
        self.0.blocking("delete-topic", move |core| delete(core, &topic)).await
    }

    async fn list_topics(&self) -> Result<Vec<TopicName>> {
        self.0.directory()?;
        Ok(self.0.topics.names())
    }

    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription> {
        let entry = self.0.topics.topic(topic)?;
        describe(&self.0, topic, &entry)
    }

    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()> {
        let topic = topic.clone();
        self.0.blocking("alter-topic", move |core| alter(core, &topic, config)).await
    }

    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()> {
        let topic = topic.clone();
        self.0.blocking("add-partitions", move |core| add_partitions(core, &topic, partition_count)).await
    }

    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        let partition = partition.clone();
        self.0.blocking("delete-records", move |core| delete_records(core, &partition, before)).await
    }

    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        let partition = partition.clone();
        self.0.blocking("find-offset", move |core| find(core, &partition, spec)).await
    }

    async fn list_groups(&self) -> Result<Vec<GroupId>> {
        self.0.directory()?;
        let mut groups: BTreeSet<GroupId> = self.0.offsets.groups().into_iter().collect();
        groups.extend(self.0.groups.with_members());
        Ok(groups.into_iter().collect())
    }

    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
        self.0.directory()?;
        Ok(self.0.offsets.of_group(group))
    }
}
