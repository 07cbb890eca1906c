//! A log kept by servers whose topics are described with their sizes: librdkafka does not ask for them, and SQL shows them.

use async_trait::async_trait;
use headwater::admin::ClusterAdmin;
use headwater::log::{
    Admin, Consumer, ConsumerOptions, GroupId, Log, NewTopic, Offset, OffsetAndMetadata, OffsetAndTimestamp, OffsetSpec, Producer,
    ProducerOptions, Result, TopicConfig, TopicDescription, TopicName, TopicPartition,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The log, and whom to ask for sizes.
pub(super) struct SizedLog {
    pub(super) log: Arc<dyn Log>,
    pub(super) servers: Arc<ClusterAdmin>,
}

#[async_trait]
impl Log for SizedLog {
    fn admin(&self) -> Arc<dyn Admin> {
        Arc::new(SizedAdmin { admin: self.log.admin(), servers: self.servers.clone() })
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        self.log.producer(options).await
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        self.log.consumer(options).await
    }
}

struct SizedAdmin {
    admin: Arc<dyn Admin>,
    servers: Arc<ClusterAdmin>,
}

impl SizedAdmin {
    /// Servers that do not tell leave a topic as it was described.
    async fn with_sizes(&self, mut topic: TopicDescription) -> TopicDescription {
        let partitions: Vec<TopicPartition> = topic.partitions.iter().map(|info| topic.name.partition(info.partition)).collect();
        match self.servers.partition_sizes(Some(&partitions)).await {
            // What servers do not list is not there any more, or is empty.
            Ok(sizes) => topic.partitions.iter_mut().zip(&partitions).for_each(|(info, partition)| {
                info.size_bytes = sizes.get(partition).copied().unwrap_or(0);
            }),
            Err(error) => tracing::debug!(%error, "the servers do not tell sizes"),
        }
        topic
    }
}

#[async_trait]
impl Admin for SizedAdmin {
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription> {
        self.admin.create_topic(topic).await
    }

    async fn delete_topic(&self, topic: &TopicName) -> Result<()> {
        self.admin.delete_topic(topic).await
    }

    async fn list_topics(&self) -> Result<Vec<TopicName>> {
        self.admin.list_topics().await
    }

    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription> {
        Ok(self.with_sizes(self.admin.describe_topic(topic).await?).await)
    }

    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()> {
        self.admin.alter_topic(topic, config).await
    }

    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()> {
        self.admin.add_partitions(topic, partition_count).await
    }

    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        self.admin.delete_records(partition, before).await
    }

    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        self.admin.find_offset(partition, spec).await
    }

    async fn list_groups(&self) -> Result<Vec<GroupId>> {
        self.admin.list_groups().await
    }

    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
        self.admin.committed(group).await
    }
}
