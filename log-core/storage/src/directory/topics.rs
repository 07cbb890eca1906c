//! Creating, configuring and deleting topics.
//!
//! Each goes through the journal, in order with the batches, and is durable on return. A directory of files is made durably before the
//! journal speaks of it, and goes away only after the journal has said so.

use super::change::Change;
use super::data_directory::DataDirectory;
use super::recovery::remove_partition;
use super::slot::Slot;
use crate::partition::{PartitionLog, PartitionPlace, Syncing};
use crate::{Error, Result};
use log_model::{FlushMode, TopicConfig, TopicId, TopicName, TopicPartition};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// The ending of a directory that is being removed: Kafka's.
pub(super) const DELETED_ENDING: &str = ".deleted";

impl DataDirectory {
    /// Creates one partition. See [`create_partitions`](DataDirectory::create_partitions).
    pub fn create_partition(&self, partition: &TopicPartition, topic_id: TopicId, config: &TopicConfig) -> Result<()> {
        self.create_partitions(&partition.topic, partition.partition..partition.partition + 1, topic_id, config)
    }

    /// Creates partitions of a topic, all or none; they are durable on return.
    ///
    /// # Errors
    /// One of them exists; the disk is full.
    pub fn create_partitions(&self, topic: &TopicName, indexes: Range<i32>, topic_id: TopicId, config: &TopicConfig) -> Result<()> {
        let (first, end) = (indexes.start, indexes.end);
        let change = Change::CreatePartitions { topic: topic.clone(), topic_id, first, end, config: config.clone() };
        let claimed = self.claim_change(&change)?;
        let _topics = self.topics.lock();
        for partition in indexes.clone().map(|index| topic.partition(index)) {
            if self.slots.read().contains_key(&partition) {
                self.give_back(&claimed);
                return Err(Error::PartitionExists { partition });
            }
        }
        // A directory and a file each, and the names of all.
        let syncing = self.syncer.choose(3 * indexes.len());
        let make = |index| self.make(topic.partition(index), topic_id, config, syncing);
        let made: Result<Vec<PartitionLog>> = indexes.clone().map(make).collect();
        let logs = match self.health.watch(made.and_then(|logs| self.syncer.finish(syncing).map(|()| logs))) {
            Ok(logs) => logs,
            Err(error) => {
                self.give_back(&claimed);
                for index in indexes {
                    // Directories without a topic are removed when the data directory is opened, should this fail.
                    _ = self.disk.remove_dir_all(&self.partition_path(&topic.partition(index)));
                }
                return Err(error);
            }
        };
        // No checkpoint may free the journal's word of them before it knows them itself.
        let _state = self.checkpoint_state.lock();
        self.journal_claimed(&claimed)?;
        let mut slots = self.slots.write();
        for log in logs {
            slots.insert(log.partition().clone(), Arc::new(Slot::new(log)));
        }
        Ok(())
    }

    fn make(&self, partition: TopicPartition, topic_id: TopicId, config: &TopicConfig, syncing: Syncing) -> Result<PartitionLog> {
        let path = self.partition_path(&partition);
        PartitionLog::create(PartitionPlace { disk: self.disk.clone(), path: &path, partition, topic_id, config, syncing })
    }

    pub(super) fn partition_path(&self, partition: &TopicPartition) -> PathBuf {
        self.topics_path().join(partition.to_string())
    }

    fn slots_of(&self, topic_id: TopicId) -> Vec<Arc<Slot>> {
        self.slots.read().values().filter(|slot| slot.topic_id == topic_id).cloned().collect()
    }

    /// Configures all partitions of a topic anew; durable on return. Where `headwater.flush=os` ends, everything appended until then is durable too,
    /// and appends meanwhile answer [`Error::Busy`].
    pub fn set_config(&self, topic_id: TopicId, config: &TopicConfig) -> Result<()> {
        let claimed = self.claim_change(&Change::SetConfig { topic_id, config: config.clone() })?;
        let _topics = self.topics.lock();
        // No checkpoint may free the journal's word of it before it has the new configuration itself.
        let mut state = self.checkpoint_state.lock();
        let slots = self.slots_of(topic_id);
        let is_os = |slot: &Arc<Slot>| slot.read().is_ok_and(|log| log.config().flush == FlushMode::Os);
        let leaves_os = config.flush != FlushMode::Os && slots.iter().any(is_os);
        let mut frozen = Vec::new();
        if leaves_os {
            // What lies in the page cache only is made durable before batches that may not be lost follow it: else a power cut would leave a
            // gap before them.
            frozen.extend(slots.iter().map(|slot| slot.freeze()));
            if let Err(error) = self.checkpoint_locked(&mut state, None) {
                self.give_back(&claimed);
                return Err(error);
            }
        }
        self.journal_claimed(&claimed)?;
        for slot in &slots {
            if let Ok(mut log) = slot.write() {
                log.set_config(config.clone());
            }
        }
        Ok(())
    }

    /// Deletes a topic with all its records. Readers and producers get `UnknownPartition` from now on; on return it is durable.
    ///
    /// A topic that is not there is no error.
    pub fn delete_topic(&self, topic_id: TopicId) -> Result<()> {
        let claimed = self.claim_change(&Change::DeleteTopic { topic_id })?;
        let _topics = self.topics.lock();
        // No checkpoint may forget the topic while its directory still has its name.
        let _state = self.checkpoint_state.lock();
        let slots = self.slots_of(topic_id);
        let _frozen: Vec<_> = slots.iter().map(|slot| slot.freeze()).collect();
        self.journal_claimed(&claimed)?;
        self.slots.write().retain(|_, slot| slot.topic_id != topic_id);
        for slot in &slots {
            if let Some(log) = slot.take() {
                self.count_hot(log.hot_bytes(), 0);
                self.health.watch(remove_partition(self.disk.as_ref(), &self.topics_path(), log))?;
            }
        }
        Ok(())
    }
}
