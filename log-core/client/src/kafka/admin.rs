//! Topics, their configuration, offsets and groups of a cluster.
//!
//! Always holds: what a call changed, the next call through the same log sees. Brokers learn of a change a moment after the controller has stored it; the calls
//! here wait for that.

use super::config;
use super::error::{About, error};
use super::log::Cluster;
use super::native::{OffsetQuery, PartitionList};
use super::positions;
use crate::local::check_partition_count;
use crate::{
    Admin, Error, Isolation, NewTopic, OffsetAndMetadata, OffsetAndTimestamp, OffsetSpec, PartitionInfo, Result, TopicDescription,
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use log_model::{ErrorKind, GroupId, LeaderEpoch, Offset, Timestamp, TopicConfig, TopicName, TopicPartition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often a change is looked for before it is believed to come.
const VISIBLE_ATTEMPTS: usize = 500;
/// How many questions about groups are open at once.
const GROUPS_AT_ONCE: usize = 16;

pub(super) struct KafkaAdmin {
    pub(super) cluster: Arc<Cluster>,
}

impl KafkaAdmin {
    /// Describes a topic until `is_seen` says that it is as wanted; gives up believing in time.
    async fn see(&self, topic: &TopicName, is_seen: impl Fn(Result<TopicDescription>) -> Result<bool> + Send + Sync) -> Result<()> {
        for _ in 0..VISIBLE_ATTEMPTS {
            if is_seen(self.describe(topic).await)? {
                return Ok(());
            }
            self.cluster.topics.hand.pause().await?;
        }
        Ok(())
    }

    async fn describe(&self, topic: &TopicName) -> Result<TopicDescription> {
        let found = self.cluster.topics.describe(topic).await?;
        let partitions: Vec<TopicPartition> = (0..found.partition_count).map(|index| topic.partition(index)).collect();
        let bounds = positions::bounds(&self.cluster.topics, &partitions, Isolation::ReadCommitted).await?;
        let info = |(index, bounds): (usize, positions::Bounds)| PartitionInfo {
            partition: index as i32,
            log_start: bounds.start,
            last_stable: bounds.end,
            high_watermark: bounds.high_watermark,
            size_bytes: 0,
        };
        let partitions = bounds.into_iter().enumerate().map(info).collect();
        Ok(TopicDescription { name: topic.clone(), id: found.id, config: found.config.clone(), partitions })
    }
}

/// Whether an answer is there; an error that may pass means not yet.
fn settled<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Retry) => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Admin for KafkaAdmin {
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription> {
        // The servers know how many are given by default.
        if topic.partition_count != NewTopic::DEFAULT_PARTITIONS {
            check_partition_count(topic.partition_count)?;
        }
        let entries = config::to_entries(&topic.config);
        let client = self.cluster.topics.hand.client();
        let created = client.create_topic(topic.name.as_str(), topic.partition_count, &entries).await;
        created.map_err(|fault| error(&fault, About::Topic(&topic.name)))?;
        self.see(&topic.name, |answer| Ok(settled(answer)?.is_some())).await?;
        self.describe(&topic.name).await
    }

    async fn delete_topic(&self, topic: &TopicName) -> Result<()> {
        let client = self.cluster.topics.hand.client();
        client.delete_topic(topic.as_str()).await.map_err(|fault| error(&fault, About::Topic(topic)))?;
        self.cluster.topics.forget(topic);
        self.see(topic, |answer| match answer {
            Err(error) if error.kind() == ErrorKind::Missing => Ok(true),
            _ => Ok(false),
        })
        .await?;
        self.cluster.topics.forget(topic);
        Ok(())
    }

    async fn list_topics(&self) -> Result<Vec<TopicName>> {
        let names = self.cluster.topics.hand.call(|client| client.topics_blocking(None)).await?;
        let names = names.map_err(|fault| error(&fault, About::Cluster))?;
        let mut topics: Vec<TopicName> = names.iter().filter_map(|name| TopicName::new(name).ok()).collect();
        topics.sort();
        Ok(topics)
    }

    async fn describe_topic(&self, topic: &TopicName) -> Result<TopicDescription> {
        self.describe(topic).await
    }

    async fn alter_topic(&self, topic: &TopicName, config: TopicConfig) -> Result<()> {
        self.cluster.topics.describe(topic).await?;
        let entries = config::to_entries(&config);
        let client = self.cluster.topics.hand.client();
        client.alter_config(topic.as_str(), &entries).await.map_err(|fault| error(&fault, About::Topic(topic)))?;
        // Of what is not set, the cluster's default is seen, which may be another than ours.
        self.see(topic, |answer| {
            let seen = answer?.config.entries();
            Ok(entries.iter().all(|(name, value)| seen.get(name) == Some(value)))
        })
        .await
    }

    async fn add_partitions(&self, topic: &TopicName, partition_count: i32) -> Result<()> {
        check_partition_count(partition_count)?;
        let now = self.cluster.topics.describe(topic).await?.partition_count;
        if partition_count < now {
            return Err(Error::Invalid { reason: format!("topic {topic} has {now} partitions; they can only become more") });
        }
        if partition_count == now {
            return Ok(());
        }
        let client = self.cluster.topics.hand.client();
        let added = client.create_partitions(topic.as_str(), partition_count as usize).await;
        added.map_err(|fault| error(&fault, About::Topic(topic)))?;
        let wanted = partition_count as usize;
        self.see(topic, |answer| Ok(settled(answer)?.is_some_and(|now| now.partitions.len() >= wanted))).await
    }

    async fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        self.cluster.topics.look_up_partition(partition).await?;
        let bounds = positions::bounds(&self.cluster.topics, std::slice::from_ref(partition), Isolation::ReadUncommitted).await?;
        // The cluster would take a negative offset for its end.
        if let Some(bounds) = bounds.first()
            && !(Offset::ZERO..=bounds.high_watermark).contains(&before)
        {
            let (log_start, log_end) = (bounds.start, bounds.high_watermark);
            return Err(Error::OffsetOutOfRange { partition: partition.clone(), offset: before, log_start, log_end });
        }
        let mut list = PartitionList::new();
        list.add(partition.topic.as_str(), partition.partition, before.0);
        let failed = |fault| error(&fault, About::Partition(partition));
        let answer = self.cluster.topics.hand.client().delete_records(&list).await.map_err(failed)?;
        let entry = answer.into_iter().next().ok_or_else(|| Error::Retry { reason: "the cluster did not tell the new start".into() })?;
        entry.outcome.map(|()| Offset(entry.offset)).map_err(failed)
    }

    async fn find_offset(&self, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        self.cluster.topics.look_up_partition(partition).await?;
        let query = match spec {
            OffsetSpec::Earliest => OffsetQuery::Earliest,
            OffsetSpec::Latest => OffsetQuery::Latest,
            OffsetSpec::AtOrAfter(timestamp) => OffsetQuery::AtOrAfter(timestamp.0.max(0)),
            OffsetSpec::MaxTimestamp => OffsetQuery::MaxTimestamp,
        };
        let asked = [(partition.topic.as_str(), partition.partition, query)];
        let failed = |fault| {
            self.cluster.topics.forget(&partition.topic);
            error(&fault, About::Partition(partition))
        };
        let found = self.cluster.topics.hand.client().list_offsets(&asked, spec == OffsetSpec::Latest).await.map_err(failed)?;
        let Some(found) = found.into_iter().next() else { return Ok(None) };
        found.place.outcome.map_err(failed)?;
        let timestamp = match spec {
            OffsetSpec::Earliest | OffsetSpec::Latest => Timestamp::NONE,
            _ => Timestamp(found.timestamp),
        };
        let (offset, leader_epoch) = (Offset(found.place.offset), LeaderEpoch(found.place.leader_epoch));
        Ok((offset >= Offset::ZERO).then_some(OffsetAndTimestamp { offset, timestamp, leader_epoch }))
    }

    async fn list_groups(&self) -> Result<Vec<GroupId>> {
        let client = self.cluster.topics.hand.client();
        let groups = client.list_groups().await.map_err(|fault| error(&fault, About::Cluster))?;
        // The coordinators keep a group without members and positions for a while.
        let listed = futures::stream::iter(groups.into_iter().filter(|group| !group.is_dead)).map(async |group| {
            let id = GroupId::new(group.name.as_str());
            let counts = !group.is_empty || !positions::committed(&self.cluster.topics, &id, None).await?.is_empty();
            Ok::<_, Error>(counts.then_some(id))
        });
        let listed: Vec<Option<GroupId>> = listed.buffer_unordered(GROUPS_AT_ONCE).try_collect().await?;
        let mut groups: Vec<GroupId> = listed.into_iter().flatten().collect();
        groups.sort();
        Ok(groups)
    }

    async fn committed(&self, group: &GroupId) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>> {
        positions::committed(&self.cluster.topics, group, None).await
    }
}
