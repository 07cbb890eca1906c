//! Creating topics that are missing, and looking at those that are there.

use crate::Result;
use log_client::{Error as LogError, Log, NewTopic, TopicDescription};
use log_model::{TopicConfig, TopicName};
use std::sync::Arc;

/// Creates the topic unless it exists; an existing one is left as it is.
pub(crate) async fn ensure(log: &Arc<dyn Log>, topic: &TopicName, partition_count: i32, config: TopicConfig) -> Result<()> {
    match log.admin().create_topic(NewTopic::new(topic.clone(), partition_count).with_config(config)).await {
        Ok(_) | Err(LogError::TopicExists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// An existing topic; `None` if it is missing.
pub(crate) async fn describe(log: &Arc<dyn Log>, topic: &TopicName) -> Result<Option<TopicDescription>> {
    match log.admin().describe_topic(topic).await {
        Ok(description) => Ok(Some(description)),
        Err(LogError::UnknownTopic { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How many partitions an existing topic has.
pub(crate) async fn partition_count(log: &Arc<dyn Log>, topic: &TopicName) -> Result<i32> {
    Ok(log.admin().describe_topic(topic).await?.partitions.len() as i32)
}

/// Whether the topic is missing or has never held a record that is still there.
pub(crate) async fn is_empty(log: &Arc<dyn Log>, topic: &TopicName) -> Result<bool> {
    let description = describe(log, topic).await?;
    Ok(description.is_none_or(|topic| topic.partitions.iter().all(|partition| partition.log_start == partition.high_watermark)))
}
