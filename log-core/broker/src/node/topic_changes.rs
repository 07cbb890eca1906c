//! Creating, changing and deleting topics and their records. Every function waits for the disk; what it changed is durable on return.

use crate::node::core::Core;
use crate::node::offsets_codec::offset_batches;
use crate::node::settings::{Turn, encode_setting};
use crate::node::staging::Durable;
use crate::node::topic_config::own_part;
use crate::node::topics::{TopicEntry, check_new, is_internal, new_topic_id, offsets_partition, refuse_internal};
use log_client::{Error, NewTopic, PartitionInfo, Result, TopicDescription};
use log_model::{Offset, TopicConfig, TopicName, TopicPartition};
use std::sync::Arc;

/// The setting that holds what the node gives its topics.
const TOPIC_DEFAULTS: &str = "topic.defaults";

/// Reads what the node gave its topics when it was last served.
pub(crate) fn load_topic_defaults(core: &Core) {
    core.topics.set_defaults(core.settings.get(TOPIC_DEFAULTS).unwrap_or_default());
}

pub(crate) fn describe(core: &Core, name: &TopicName, topic: &TopicEntry) -> Result<TopicDescription> {
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

/// Makes a topic. Its configuration is what was set for the topic itself; the node gives the rest.
pub(crate) fn create(core: &Arc<Core>, topic: NewTopic) -> Result<TopicDescription> {
    check_new(&topic.name, topic.partition_count)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    if core.topics.topic(&topic.name).is_ok() {
        return Err(Error::TopicExists { topic: topic.name });
    }
    // Nothing is left of an earlier topic of the name, unless the disk was full when it was deleted.
    forget_offsets(core, |name| *name == topic.name)?;
    let id = new_topic_id(core.env.random.as_ref());
    let config = topic.config.over(&core.topics.defaults());
    directory.create_partitions(&topic.name, 0..topic.partition_count, id, &config).map_err(|error| core.error(error))?;
    let entry = TopicEntry { id, config, partition_count: topic.partition_count };
    core.topics.put(topic.name.clone(), entry.clone());
    core.topic_changed(&topic.name);
    describe(core, &topic.name, &entry)
}

pub(crate) fn delete(core: &Arc<Core>, topic: &TopicName) -> Result<()> {
    refuse_internal(topic)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    directory.delete_topic(entry.id).map_err(|error| core.error(error))?;
    core.topics.remove(topic);
    if let Err(error) = forget_offsets(core, |name| name == topic) {
        // The topic is gone all the same; whoever makes one of its name has to get them out of the way first.
        tracing::warn!(%topic, %error, "positions in a deleted topic stay on disk for now");
    }
    core.topic_changed(topic);
    let partitions: Vec<TopicPartition> = (0..entry.partition_count).map(|index| topic.partition(index)).collect();
    core.wakeups.ring(&partitions);
    Ok(())
}

/// Forgets the positions of all groups in topics that are gone, in memory and on disk.
///
/// Errors: their tombstones could not be staged; call it again before a topic of such a name is made.
pub(crate) fn forget_offsets(core: &Core, is_gone: impl Fn(&TopicName) -> bool) -> Result<()> {
    let _order = core.offsets.order.lock();
    let gone = core.offsets.forget(is_gone);
    let batches = offset_batches(gone.iter().map(|(group, partition)| (group, partition, None)), core.now_ms())?;
    if batches.is_empty() {
        return Ok(());
    }
    // Nobody waits for it.
    let _staged = core.stage(vec![(offsets_partition(), batches)])?;
    core.offsets.buried(&gone);
    core.commits.signal();
    Ok(())
}

/// Replaces what was set for a topic itself; the node gives the rest.
pub(crate) fn alter(core: &Core, topic: &TopicName, config: TopicConfig) -> Result<()> {
    refuse_internal(topic)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    let config = config.over(&core.topics.defaults());
    directory.set_config(entry.id, &config).map_err(|error| core.error(error))?;
    core.topics.put(topic.clone(), TopicEntry { config, ..(*entry).clone() });
    Ok(())
}

/// As [`alter`], with what `change` makes of the configuration now; nobody else changes it meanwhile. Its error leaves all as it was.
pub(crate) fn alter_with<E>(
    core: &Core,
    topic: &TopicName,
    change: impl FnOnce(&TopicConfig) -> std::result::Result<TopicConfig, E>,
) -> Result<std::result::Result<(), E>> {
    refuse_internal(topic)?;
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let entry = core.topics.topic(topic)?;
    let config = match change(&entry.config) {
        Ok(config) => config,
        Err(error) => return Ok(Err(error)),
    };
    if config != entry.config {
        directory.set_config(entry.id, &config).map_err(|error| core.error(error))?;
        core.topics.put(topic.clone(), TopicEntry { config, ..(*entry).clone() });
    }
    Ok(Ok(()))
}

/// Gives all topics what the node gives them now, except for what was set for a topic itself. What it gave them before is kept as a setting, so
/// that a change of its configuration while it was stopped is noticed too. Durable when the answer resolves.
pub(crate) fn change_topic_defaults(core: &Arc<Core>, turn: Turn, now: impl FnOnce() -> TopicConfig) -> Result<Durable> {
    let directory = core.directory()?;
    let _changing = core.topics.changing.lock();
    let before = core.topics.defaults();
    let after = now();
    if *before == after {
        return Ok(Durable::already());
    }
    for name in core.topics.names().into_iter().filter(|name| !is_internal(name)) {
        let entry = core.topics.topic(&name)?;
        let config = own_part(&entry.config, &before).over(&after);
        if config != entry.config {
            directory.set_config(entry.id, &config).map_err(|error| core.error(error))?;
            core.topics.put(name, TopicEntry { config, ..(*entry).clone() });
        }
    }
    let durable = core.settings.change(core, turn, vec![(TOPIC_DEFAULTS.to_owned(), Some(encode_setting(&after)?))], |_| {})?;
    core.topics.set_defaults(after);
    Ok(durable)
}

pub(crate) fn add_partitions(core: &Arc<Core>, topic: &TopicName, partition_count: i32) -> Result<()> {
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
    core.topic_changed(topic);
    Ok(())
}

pub(crate) fn delete_records(core: &Core, partition: &TopicPartition, before: Offset) -> Result<Offset> {
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
