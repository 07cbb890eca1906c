//! What is known of the cluster's topics: asked once, shared by all roles of a log, forgotten when a change or an error says that it is old.

use super::config;
use super::error::{About, error};
use super::hand::Hand;
use crate::{Error, Result};
use log_model::{TopicConfig, TopicId, TopicName, TopicPartition};
use parking_lot::Mutex;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The most topics to remember.
const TOPICS_MAX: usize = 10_000;

/// A topic as last described.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub(super) id: TopicId,
    pub(super) partition_count: i32,
    pub(super) config: TopicConfig,
}

/// The topics of a cluster.
pub(super) struct Topics {
    /// The instance for administration.
    pub(super) hand: Hand,
    known: Mutex<BTreeMap<TopicName, Arc<Topic>>>,
}

impl Topics {
    pub(super) fn new(hand: Hand) -> Topics {
        Topics { hand, known: Mutex::default() }
    }

    /// Asks the cluster. Errors: `Missing`.
    pub(super) async fn describe(&self, name: &TopicName) -> Result<Arc<Topic>> {
        let client = self.hand.client();
        let (shape, entries) = futures::join!(client.describe_topic(name.as_str()), client.describe_config(name.as_str()));
        let failed = |fault| {
            self.forget(name);
            error(&fault, About::Topic(name))
        };
        let ((high, low), partitions) = shape.map_err(failed)?;
        let entries = match entries {
            // Whoever may only write or read is not kept from it; the servers know what holds.
            Err(fault) if fault.code == RDKafkaErrorCode::TopicAuthorizationFailed => {
                tracing::warn!(target: "kafka", "the configuration of topic {name} may not be seen (an ACL for describe_configs is missing): Kafka's defaults stand for it");
                Vec::new()
            }
            entries => entries.map_err(failed)?,
        };
        let topic = Arc::new(Topic {
            id: TopicId(Uuid::from_u64_pair(high as u64, low as u64)),
            partition_count: i32::try_from(partitions).unwrap_or(i32::MAX),
            config: config::from_entries(&entries),
        });
        let mut known = self.known.lock();
        if known.len() >= TOPICS_MAX {
            known.pop_first();
        }
        known.insert(name.clone(), topic.clone());
        Ok(topic)
    }

    /// What is known, else what the cluster says.
    pub(super) async fn look_up(&self, name: &TopicName) -> Result<Arc<Topic>> {
        let known = self.known.lock().get(name).cloned();
        match known {
            Some(topic) => Ok(topic),
            None => self.describe(name).await,
        }
    }

    /// The topic of a partition. Errors: `Missing`, for the partition too; a count that is too small for it is asked for anew.
    pub(super) async fn look_up_partition(&self, partition: &TopicPartition) -> Result<Arc<Topic>> {
        let exists = |topic: &Topic| (0..topic.partition_count).contains(&partition.partition);
        let mut topic = self.look_up(&partition.topic).await?;
        if !exists(&topic) {
            topic = self.describe(&partition.topic).await?;
        }
        if exists(&topic) { Ok(topic) } else { Err(Error::UnknownPartition { partition: partition.clone() }) }
    }

    /// To be asked anew.
    pub(super) fn forget(&self, name: &TopicName) {
        self.known.lock().remove(name);
    }
}
