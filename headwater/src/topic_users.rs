//! Who needs a topic: asked before one is deleted, created or written by hand.

use crate::Error;
use connect_runtime::WorkerOptions;
use log_client::Log;
use log_model::{TopicName, is_internal_topic};
use std::sync::Arc;

/// Whether the program itself keeps its books in the topic: records that it did not write would be taken for its own. The answer says who does.
///
/// ```
/// use headwater::{log::TopicName, topic_keeper};
///
/// assert_eq!(topic_keeper(&TopicName::new("__headwater_sql")?), Some("Headwater itself"));
/// assert_eq!(topic_keeper(&TopicName::new("connect-offsets")?), Some("the connect worker"));
/// assert_eq!(topic_keeper(&TopicName::new("requests")?), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn topic_keeper(topic: &TopicName) -> Option<&'static str> {
    let WorkerOptions { config_topic, offset_topic, status_topic, .. } = WorkerOptions::default();
    if is_internal_topic(topic.as_str()) {
        return Some("Headwater itself");
    }
    [config_topic, offset_topic, status_topic].iter().any(|name| name == topic.as_str()).then_some("the connect worker")
}

/// Whom a topic serves: its keeper, relations, queries and connectors, in words for a person. Empty: nobody, it may go.
pub async fn topic_users(log: &Arc<dyn Log>, topic: &TopicName) -> Result<Vec<String>, Error> {
    let mut users: Vec<String> = topic_keeper(topic).map(str::to_string).into_iter().collect();
    users.extend(sql_engine::topic_users(log, topic).await?);
    Ok(users)
}
