//! The topics of an embedded log, as the data directory keeps them, and the internal ones every log has.

use log_client::local::check_partition_count;
use log_client::{Error, Result};
use log_env::Random;
use log_model::{CleanupPolicy, TopicConfig, TopicId, TopicName, TopicPartition};
use log_storage::DataDirectory;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Builder;

/// Where groups' positions are kept.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// Where producer and transactional ids are kept.
pub(crate) const METADATA_TOPIC: &str = "__headwater_metadata";

/// One topic.
#[derive(Clone, Debug)]
pub(crate) struct TopicEntry {
    pub(crate) id: TopicId,
    pub(crate) config: TopicConfig,
    pub(crate) partition_count: i32,
}

/// All topics, for lookups that never wait for a disk.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    entries: RwLock<BTreeMap<TopicName, Arc<TopicEntry>>>,
    /// Held while a topic is created, changed or deleted.
    pub(crate) changing: Mutex<()>,
}

impl Topics {
    /// The topics of a directory just opened.
    pub(crate) fn load(directory: &DataDirectory) -> log_storage::Result<Topics> {
        let mut entries: BTreeMap<TopicName, TopicEntry> = BTreeMap::new();
        for partition in directory.partitions() {
            let info = directory.info(&partition)?;
            let entry = TopicEntry { id: info.topic_id, config: info.config, partition_count: 0 };
            let entry = entries.entry(partition.topic).or_insert(entry);
            entry.partition_count = entry.partition_count.max(partition.partition + 1);
        }
        let entries = entries.into_iter().map(|(name, entry)| (name, Arc::new(entry))).collect();
        Ok(Topics { entries: RwLock::new(entries), changing: Mutex::default() })
    }

    pub(crate) fn topic(&self, topic: &TopicName) -> Result<Arc<TopicEntry>> {
        self.entries.read().get(topic).cloned().ok_or_else(|| Error::UnknownTopic { topic: topic.clone() })
    }

    /// The topic of a partition that exists.
    pub(crate) fn of(&self, partition: &TopicPartition) -> Result<Arc<TopicEntry>> {
        let entry = self.topic(&partition.topic)?;
        if (0..entry.partition_count).contains(&partition.partition) {
            return Ok(entry);
        }
        Err(Error::UnknownPartition { partition: partition.clone() })
    }

    pub(crate) fn names(&self) -> Vec<TopicName> {
        self.entries.read().keys().cloned().collect()
    }

    pub(crate) fn put(&self, topic: TopicName, entry: TopicEntry) {
        self.entries.write().insert(topic, Arc::new(entry));
    }

    pub(crate) fn remove(&self, topic: &TopicName) {
        self.entries.write().remove(topic);
    }
}

/// A new topic's id: a random UUID (version 4).
pub(crate) fn new_topic_id(random: &dyn Random) -> TopicId {
    let bytes = (u128::from(random.next_u64()) << 64 | u128::from(random.next_u64())).to_be_bytes();
    TopicId(Builder::from_random_bytes(bytes).into_uuid())
}

/// Refuses what applications may not do to the log's own topics. Other names with two leading underscores are theirs to use, as in Kafka.
pub(crate) fn refuse_internal(topic: &TopicName) -> Result<()> {
    if ![OFFSETS_TOPIC, METADATA_TOPIC].contains(&topic.as_str()) {
        return Ok(());
    }
    Err(Error::Invalid { reason: format!("topic {topic} belongs to the log itself; choose another name") })
}

/// Refuses what no topic may be.
pub(crate) fn check_new(topic: &TopicName, partition_count: i32) -> Result<()> {
    refuse_internal(topic)?;
    check_partition_count(partition_count)
}

pub(crate) fn offsets_partition() -> TopicPartition {
    internal(OFFSETS_TOPIC)
}

pub(crate) fn metadata_partition() -> TopicPartition {
    internal(METADATA_TOPIC)
}

fn internal(name: &str) -> TopicPartition {
    TopicName::new(name).expect("the names of internal topics are legal").partition(0)
}

/// The configuration of internal topics.
pub(crate) fn internal_config(segment_bytes: i32) -> TopicConfig {
    TopicConfig { cleanup_policy: CleanupPolicy::Compact, segment_bytes, ..TopicConfig::default() }
}
