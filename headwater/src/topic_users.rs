//! Who needs a topic: asked before one is deleted, created or written by hand.

use crate::Error;
use connect_runtime::WorkerOptions;
use log_client::Log;
use log_model::TopicName;
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
    WorkerOptions::default().topic_keeper(topic.as_str())
}

/// The query that keeps its state in the topic or regroups its records through it: nobody else may write there. In words for a person.
pub async fn topic_query(log: &Arc<dyn Log>, topic: &TopicName) -> Result<Option<String>, Error> {
    // Of all users only a query is named so: relations and connectors are named by their kind.
    Ok(sql_engine::topic_users(log, topic).await?.into_iter().find(|user| user.starts_with("the query of ")))
}

/// Whom a topic serves: its keeper, relations, queries and connectors, in words for a person. Empty: nobody, it may go.
pub async fn topic_users(log: &Arc<dyn Log>, topic: &TopicName) -> Result<Vec<String>, Error> {
    let mut users: Vec<String> = topic_keeper(topic).map(str::to_string).into_iter().collect();
    users.extend(sql_engine::topic_users(log, topic).await?);
    Ok(users)
}
