//! Topics of an embedded log. Whatever waits for the disk runs on a thread of its own.

use crate::committer::{Answer, Waiter};
use crate::core::Core;
use crate::offsets::offset_batches;
use crate::topics::{TopicEntry, check_new, new_topic_id, offsets_partition, refuse_internal};
use async_trait::async_trait;
use log_client::{Admin, Error, NewTopic, OffsetAndMetadata, OffsetAndTimestamp, OffsetSpec, PartitionInfo, Result, TopicDescription};
use log_model::{GroupId, LeaderEpoch, Offset, Timestamp, TopicConfig, TopicName, TopicPartition};
use log_storage::DataDirectory;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) struct EmbeddedAdmin(pub(crate) Arc<Core>);

fn describe(core: &Core, name: &TopicName, topic: &TopicEntry) -> Result<TopicDescription> {
    let directory = core.directory()?;
    let mut partitions = Vec::with_capacity(topic.partition_count as usize);
    for partition in 0..topic.partition_count {
        let info = directory.info(&name.partition(partition)).map_err(|error| core.error(error))?;
        partitions.push(PartitionInfo {
            partition,
            log_start: info.log_start,
            last_stable: info.last_stable,
            high_watermark: info.high_watermark,
            size_bytes: info.size_bytes,
        });
    }
    Ok(TopicDescription { name: name.clone(), id: topic.id, config: topic.config.clone(), partitions })
}

fn create(core: &Core, topic: NewTopic) -> Result<TopicDescription> {
    check_new(&topic.name, topic.partition_count)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    if core.topics.topic(&topic.name).is_ok() {
        return Err(Error::TopicExists { topic: topic.name });
    }
    // Nothing is left of an earlier topic of the name, unless the disk was full when it was deleted.
    forget_offsets(core, &directory, |name| *name == topic.name)?;
    let id = new_topic_id(core.env.random.as_ref());
    directory.create_partitions(&topic.name, 0..topic.partition_count, id, &topic.config).map_err(|error| core.error(error))?;
    let entry = TopicEntry { id, config: topic.config, partition_count: topic.partition_count };
    core.topics.put(topic.name.clone(), entry.clone());
    core.groups.topic_changed(&topic.name, topic.partition_count);
    describe(core, &topic.name, &entry)
}

pub(crate) fn delete(core: &Core, topic: &TopicName) -> Result<()> {
    refuse_internal(topic)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    directory.delete_topic(entry.id).map_err(|error| core.error(error))?;
    core.topics.remove(topic);
    if let Err(error) = forget_offsets(core, &directory, |name| name == topic) {
        // The topic is gone all the same; whoever makes one of its name has to get them out of the way first.
        tracing::warn!(%topic, %error, "positions in a deleted topic stay on disk for now");
    }
    core.groups.topic_changed(topic, 0);
    let partitions: Vec<TopicPartition> = (0..entry.partition_count).map(|index| topic.partition(index)).collect();
    core.wakeups.ring(&partitions);
    Ok(())
}

/// Forgets the positions of all groups in topics that are gone, in memory and on disk.
///
/// Errors: their tombstones could not be staged; call it again before a topic of such a name is made.
pub(crate) fn forget_offsets(core: &Core, directory: &DataDirectory, is_gone: impl Fn(&TopicName) -> bool) -> Result<()> {
    let _order = core.offsets.order.lock();
    let gone = core.offsets.forget(is_gone);
    let now_ms = core.now_ms();
    let batches = offset_batches(gone.iter().map(|(group, partition)| (group, partition, None)), now_ms)?;
    if batches.is_empty() {
        return Ok(());
    }
    let staged = directory.stage(vec![(offsets_partition(), batches)], now_ms).map_err(|error| core.error(error))?;
    core.offsets.buried(&gone);
    core.commits.push(Waiter { lsn: staged.lsn, units: 0, answer: Answer::Call(Box::new(drop)) });
    Ok(())
}

fn alter(core: &Core, topic: &TopicName, config: TopicConfig) -> Result<()> {
    refuse_internal(topic)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    directory.set_config(entry.id, &config).map_err(|error| core.error(error))?;
    core.topics.put(topic.clone(), TopicEntry { config, ..(*entry).clone() });
    Ok(())
}

fn add_partitions(core: &Core, topic: &TopicName, partition_count: i32) -> Result<()> {
    check_new(topic, partition_count)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    let now = entry.partition_count;
    if partition_count < now {
        return Err(Error::Invalid { reason: format!("topic {topic} has {now} partitions; they can only become more") });
    }
    if partition_count == now {
        return Ok(());
    }
    directory.create_partitions(topic, now..partition_count, entry.id, &entry.config).map_err(|error| core.error(error))?;
    core.topics.put(topic.clone(), TopicEntry { partition_count, ..(*entry).clone() });
    core.groups.topic_changed(topic, partition_count);
    Ok(())
}

fn delete_records(core: &Core, partition: &TopicPartition, before: Offset) -> Result<Offset> {
    refuse_internal(&partition.topic)?;
    core.topics.of(partition)?;
    let directory = core.directory()?;
    if before.0 < 0 {
        let info = directory.info(partition).map_err(|error| core.error(error))?;
        let (log_start, log_end) = (info.log_start, info.high_watermark);
        return Err(Error::OffsetOutOfRange { partition: partition.clone(), offset: before, log_start, log_end });
    }
    directory.delete_records(partition, before).map_err(|error| core.error(error))
}

fn find(core: &Core, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
    core.topics.of(partition)?;
    let directory = core.directory()?;
    let info = directory.offsets(partition).map_err(|error| core.error(error))?;
    let plain = |offset| Some(OffsetAndTimestamp { offset, timestamp: Timestamp::NONE, leader_epoch: LeaderEpoch::NONE });
    match spec {
        OffsetSpec::Earliest => Ok(plain(info.log_start)),
        OffsetSpec::Latest => Ok(plain(info.last_stable)),
        OffsetSpec::AtOrAfter(timestamp) => at_or_after(core, &directory, partition, timestamp),
        OffsetSpec::MaxTimestamp => latest_by_time(core, &directory, partition),
    }
}

fn at_or_after(
    core: &Core,
    directory: &DataDirectory,
    partition: &TopicPartition,
    timestamp: Timestamp,
) -> Result<Option<OffsetAndTimestamp>> {
    let found = directory.find_by_timestamp(partition, timestamp).map_err(|error| core.error(error))?;
    Ok(found.map(|found| OffsetAndTimestamp { offset: found.offset, timestamp: found.timestamp, leader_epoch: LeaderEpoch::NONE }))
}

/// The first record with the largest timestamp. Where the stored maximum is that of a record nobody may read any more, it is the last timestamp
/// for which [`at_or_after`] finds anything, by halving.
fn latest_by_time(core: &Core, directory: &DataDirectory, partition: &TopicPartition) -> Result<Option<OffsetAndTimestamp>> {
    if let Some(largest) = directory.max_timestamp(partition).map_err(|error| core.error(error))?
        && let Some(found) = at_or_after(core, directory, partition, largest)?
    {
        return Ok(Some(found));
    }
    let Some(mut best) = at_or_after(core, directory, partition, Timestamp::MIN)? else { return Ok(None) };
    let mut none_from = i64::MAX;
    while best.timestamp.0 < none_from {
        let middle = best.timestamp.0 + ((i128::from(none_from) - i128::from(best.timestamp.0) + 1) / 2) as i64;
        match at_or_after(core, directory, partition, Timestamp(middle))? {
            Some(later) => best = later,
            None => none_from = middle - 1,
        }
    }
    Ok(Some(best))
}

#[async_trait]
impl Admin for EmbeddedAdmin {
    async fn create_topic(&self, topic: NewTopic) -> Result<TopicDescription> {
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
