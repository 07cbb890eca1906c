//! What a task needs to know of topics: how many partitions they have and how large a batch they take. Creates the missing.

use log_client::{Admin, Error, NewTopic, Result};
use log_model::{TopicConfig, TopicName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topic {
    pub(crate) partition_count: i32,
    pub(crate) batch_bytes_max: usize,
}

/// Topics, looked up once.
pub(crate) struct Topics {
    admin: Arc<dyn Admin>,
    known: BTreeMap<TopicName, Topic>,
}

impl Topics {
    pub(crate) fn new(admin: Arc<dyn Admin>) -> Topics {
        Topics { admin, known: BTreeMap::new() }
    }

    /// What is known of a topic, if it was looked up.
    pub(crate) fn known(&self, name: &TopicName) -> Option<Topic> {
        self.known.get(name).copied()
    }

    /// Looks a topic up and creates it if it is missing.
    pub(crate) async fn ensure(&mut self, name: &TopicName, partition_count: i32, config: &TopicConfig) -> Result<Topic> {
        if let Some(topic) = self.known.get(name) {
            return Ok(*topic);
        }
        let topic = ensure_topic(self.admin.as_ref(), name, partition_count, config).await?;
        self.known.insert(name.clone(), topic);
        Ok(topic)
    }
}

/// Looks a topic up and creates it if it is missing.
pub(crate) async fn ensure_topic(admin: &dyn Admin, name: &TopicName, partition_count: i32, config: &TopicConfig) -> Result<Topic> {
    let description = match admin.describe_topic(name).await {
        Ok(description) => description,
        Err(Error::UnknownTopic { .. }) => {
            let topic = NewTopic::new(name.clone(), partition_count).with_config(config.clone());
            match admin.create_topic(topic).await {
                Ok(description) => description,
                // Another task was quicker.
                Err(Error::TopicExists { .. }) => admin.describe_topic(name).await?,
                Err(error) => return Err(error),
            }
        }
        Err(error) => return Err(error),
    };
    Ok(Topic {
        partition_count: i32::try_from(description.partitions.len()).unwrap_or(i32::MAX),
        batch_bytes_max: usize::try_from(description.config.max_message_bytes).unwrap_or(0),
    })
}
