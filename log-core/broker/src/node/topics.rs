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
/// Where transactions are kept.
pub(crate) const TRANSACTIONS_TOPIC: &str = "__transaction_state";
/// Where producer ids and the node's settings are kept.
pub(crate) const METADATA_TOPIC: &str = "__headwater_metadata";
/// Kafka's topic of the cluster's metadata: described, and nowhere.
pub(crate) const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";
/// The topics every log has.
pub(crate) const INTERNAL_TOPICS: [&str; 3] = [OFFSETS_TOPIC, TRANSACTIONS_TOPIC, METADATA_TOPIC];

/// One topic.
#[derive(Clone, Debug)]
pub(crate) struct TopicEntry {
    pub(crate) id: TopicId,
    pub(crate) config: TopicConfig,
    pub(crate) partition_count: i32,
}

#[derive(Debug, Default)]
struct Entries {
    by_name: BTreeMap<TopicName, Arc<TopicEntry>>,
    names: BTreeMap<TopicId, TopicName>,
}

impl Entries {
    fn put(&mut self, name: TopicName, entry: TopicEntry) {
        self.remove(&name);
        self.names.insert(entry.id, name.clone());
        self.by_name.insert(name, Arc::new(entry));
    }

    fn remove(&mut self, name: &TopicName) {
        if let Some(entry) = self.by_name.remove(name) {
            self.names.remove(&entry.id);
        }
    }
}

/// All topics, for lookups that never wait for a disk.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    entries: RwLock<Entries>,
    /// Held while a topic is created, changed or deleted.
    pub(crate) changing: Mutex<()>,
    /// What the node gives its topics: by it is judged what a topic has of its own. Changed with `changing` held.
    defaults: RwLock<Arc<TopicConfig>>,
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
        let mut all = Entries::default();
        entries.into_iter().for_each(|(name, entry)| all.put(name, entry));
        Ok(Topics { entries: RwLock::new(all), ..Topics::default() })
    }

    /// What the last server of this log gives topics for which nothing else was set.
    pub(crate) fn defaults(&self) -> Arc<TopicConfig> {
        self.defaults.read().clone()
    }

    pub(crate) fn set_defaults(&self, defaults: TopicConfig) {
        *self.defaults.write() = Arc::new(defaults);
    }

    pub(crate) fn topic(&self, topic: &TopicName) -> Result<Arc<TopicEntry>> {
        self.entries.read().by_name.get(topic).cloned().ok_or_else(|| Error::UnknownTopic { topic: topic.clone() })
    }

    /// The topic of a partition that exists.
    pub(crate) fn of(&self, partition: &TopicPartition) -> Result<Arc<TopicEntry>> {
        let entry = self.topic(&partition.topic)?;
        if (0..entry.partition_count).contains(&partition.partition) {
            return Ok(entry);
        }
        Err(Error::UnknownPartition { partition: partition.clone() })
    }

    /// The name of the topic with this id.
    pub(crate) fn name_of(&self, id: TopicId) -> Option<TopicName> {
        self.entries.read().names.get(&id).cloned()
    }

    pub(crate) fn names(&self) -> Vec<TopicName> {
        self.entries.read().by_name.keys().cloned().collect()
    }

    pub(crate) fn put(&self, topic: TopicName, entry: TopicEntry) {
        self.entries.write().put(topic, entry);
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

/// Whether a topic is one of the log's own.
pub(crate) fn is_internal(topic: &TopicName) -> bool {
    INTERNAL_TOPICS.contains(&topic.as_str())
}

/// Refuses what applications may not do to the log's own topics. Other names with two leading underscores are theirs to use, as in Kafka.
pub(crate) fn refuse_internal(topic: &TopicName) -> Result<()> {
    if !is_internal(topic) {
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
    internal_partition(OFFSETS_TOPIC)
}

pub(crate) fn transactions_partition() -> TopicPartition {
    internal_partition(TRANSACTIONS_TOPIC)
}

pub(crate) fn metadata_partition() -> TopicPartition {
    internal_partition(METADATA_TOPIC)
}

/// The one partition of an internal topic.
pub(crate) fn internal_partition(name: &str) -> TopicPartition {
    TopicName::new(name).expect("the names of internal topics are legal").partition(0)
}

/// The configuration of internal topics.
pub(crate) fn internal_config(segment_bytes: i32) -> TopicConfig {
    TopicConfig { cleanup_policy: CleanupPolicy::Compact, segment_bytes, ..TopicConfig::default() }
}
