//! A log whose names all begin with a prefix, so that cases which expect an empty log share one cluster and runs do not meet.

use async_trait::async_trait;
use futures::future::BoxFuture;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, FetchLimit, GroupMetadata, Log, NewTopic, OffsetAndMetadata, OffsetAndTimestamp,
    OffsetSpec, Poll, Position, Producer, ProducerOptions, Result, TopicDescription,
};
use log_model::{GroupId, Offset, TopicConfig, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds and takes off the prefix.
#[derive(Clone)]
struct Names(Arc<str>);

impl Names {
    fn topic(&self, name: &TopicName) -> TopicName {
        TopicName::new(format!("{}{name}", self.0)).expect("prefix and name are short")
    }

    fn partition(&self, partition: &TopicPartition) -> TopicPartition {
        self.topic(&partition.topic).partition(partition.partition)
    }

    fn group(&self, group: &GroupId) -> GroupId {
        GroupId::new(format!("{}{group}", self.0))
    }

    fn own_topic(&self, name: &TopicName) -> Option<TopicName> {
        TopicName::new(name.as_str().strip_prefix(&*self.0)?).ok()
    }

    fn own_group(&self, group: &GroupId) -> Option<GroupId> {
        group.as_str().strip_prefix(&*self.0).map(GroupId::new)
    }

    fn own(&self, partition: &TopicPartition) -> TopicPartition {
        self.own_topic(&partition.topic).expect("only our own topics are read").partition(partition.partition)
    }

    fn owns(&self, partitions: Vec<TopicPartition>) -> Vec<TopicPartition> {
        partitions.iter().map(|partition| self.own(partition)).collect()
    }

    fn positions(&self, positions: Vec<(TopicPartition, OffsetAndMetadata)>) -> Vec<(TopicPartition, OffsetAndMetadata)> {
        positions.into_iter().map(|(partition, position)| (self.partition(&partition), position)).collect()
    }
}

/// A log seen through a prefix.
pub(crate) struct Renamed {
    log: Arc<dyn Log>,
    names: Names,
}

impl Renamed {
    pub(crate) fn new(log: Arc<dyn Log>, prefix: &str) -> Renamed {
        Renamed { log, names: Names(prefix.into()) }
    }
}

#[async_trait]
impl Log for Renamed {
    fn admin(&self) -> Arc<dyn Admin> {
        Arc::new(RenamedAdmin(self.log.admin(), self.names.clone()))
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        let transactional_id = options.transactional_id.map(|id| format!("{}{id}", self.names.0));
        let producer = self.log.producer(ProducerOptions { transactional_id, ..options }).await?;
        Ok(Arc::new(RenamedProducer(producer, self.names.clone())))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        let group = options.group.map(|group| self.names.group(&group));
        let consumer = self.log.consumer(ConsumerOptions { group, ..options }).await?;
        Ok(Box::new(RenamedConsumer(consumer, self.names.clone())))
    }
}

struct RenamedAdmin(Arc<dyn Admin>, Names);

#[async_trait]
impl Admin for RenamedAdmin {
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription> {
        let name = topic.name.clone();
        let created = self.0.create_topic(NewTopic { name: self.1.topic(&name), ..topic }).await?;
        Ok(TopicDescription { name, ..created })
    }

    async fn delete_topic(&self, topic: &TopicName) -> Result<()> {
        self.0.delete_topic(&self.1.topic(topic)).await
    }

    async fn list_topics(&self) -> Result<Vec<TopicName>> {
        Ok(self.0.list_topics().await?.iter().filter_map(|topic| self.1.own_topic(topic)).collect())
    }

    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription> {
        let found = self.0.describe_topic(&self.1.topic(topic)).await?;
        Ok(TopicDescription { name: topic.clone(), ..found })
    }

    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()> {
        self.0.alter_topic(&self.1.topic(topic), config).await
    }

    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()> {
        self.0.add_partitions(&self.1.topic(topic), partition_count).await
    }

    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        self.0.delete_records(&self.1.partition(partition), before).await
    }

    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        self.0.find_offset(&self.1.partition(partition), spec).await
    }

    async fn list_groups(&self) -> Result<Vec<GroupId>> {
        Ok(self.0.list_groups().await?.iter().filter_map(|group| self.1.own_group(group)).collect())
    }

    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
        let committed = self.0.committed(&self.1.group(group)).await?;
        Ok(committed.into_iter().map(|(partition, position)| (self.1.own(&partition), position)).collect())
    }
}

struct RenamedProducer(Arc<dyn Producer>, Names);

#[async_trait]
impl Producer for RenamedProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        self.0.send(&self.1.partition(partition), batch).await
    }

    async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.0.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        let group = GroupMetadata { group: self.1.group(&group.group), ..group.clone() };
        self.0.send_offsets(&group, self.1.positions(offsets)).await
    }

    async fn commit(&self) -> Result<()> {
        self.0.commit().await
    }

    async fn abort(&self) -> Result<()> {
        self.0.abort().await
    }
}

struct RenamedConsumer(Box<dyn Consumer>, Names);

#[async_trait]
impl Consumer for RenamedConsumer {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        let topics: Vec<TopicName> = topics.iter().map(|topic| self.1.topic(topic)).collect();
        self.0.subscribe(&topics).await
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        let partitions: Vec<_> = partitions.iter().map(|(partition, position)| (self.1.partition(partition), *position)).collect();
        self.0.assign(&partitions).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.1.owns(self.0.assignment())
    }

    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll> {
        let mut poll = self.0.poll(limit).await?;
        poll.batches.iter_mut().for_each(|fetched| fetched.partition = self.1.own(&fetched.partition));
        poll.at_end = self.1.owns(poll.at_end);
        if let Some(rebalance) = &mut poll.rebalance {
            rebalance.revoked = self.1.owns(std::mem::take(&mut rebalance.revoked));
            rebalance.assigned = self.1.owns(std::mem::take(&mut rebalance.assigned));
        }
        Ok(poll)
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.0.ready()
    }

    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()> {
        self.0.seek(&self.1.partition(partition), position).await
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.0.position(&self.1.partition(partition))
    }

    fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        let partitions: Vec<TopicPartition> = partitions.iter().map(|partition| self.1.partition(partition)).collect();
        self.0.pause(&partitions, paused);
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.0.commit(self.1.positions(offsets)).await
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        let found = self.0.group_metadata()?;
        Some(GroupMetadata { group: self.1.own_group(&found.group)?, ..found })
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close().await
    }
}
