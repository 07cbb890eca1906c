//! Names and ids of topics and partitions, with Kafka's rules for legal names.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use uuid::Uuid;

/// The longest legal topic name, in bytes.
const NAME_BYTES_MAX: usize = 249;

/// A legal topic name; cheap to clone.
///
/// 1 to 249 bytes of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..` (Kafka's `Topic.validate`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicName(Arc<str>);

/// Why a text is not a topic name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid topic name {name:?}: {reason}")]
pub struct InvalidTopicName {
    /// The refused text.
    pub name: String,
    /// The rule it breaks.
    pub reason: &'static str,
}

impl TopicName {
    /// Checks `name` by Kafka's rules.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidTopicName> {
        let name = name.as_ref();
        match broken_rule(name) {
            None => Ok(TopicName(name.into())),
            Some(reason) => Err(InvalidTopicName { name: name.chars().take(300).collect(), reason }),
        }
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition `partition` of this topic.
    pub fn partition(&self, partition: i32) -> TopicPartition {
        TopicPartition { topic: self.clone(), partition }
    }
}

fn broken_rule(name: &str) -> Option<&'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match name {
        "" => Some("it is empty"),
        "." | ".." => Some("it may not be `.` or `..`"),
        _ if name.len() > NAME_BYTES_MAX => Some("it is longer than 249 bytes"),
        _ if !name.bytes().all(legal) => Some("only letters, digits, `.`, `_` and `-` are allowed"),
        _ => None,
    }
}

impl TryFrom<String> for TopicName {
    type Error = InvalidTopicName;
    fn try_from(name: String) -> Result<Self, InvalidTopicName> {
        TopicName::new(name)
    }
}

impl From<TopicName> for String {
    fn from(name: TopicName) -> String {
        name.0.to_string()
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a topic, unique over its life: a topic deleted and created again under the same name has another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicId(pub Uuid);

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: TopicName,
    /// The partition's index, from 0.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// What the names of our own internal topics begin with.
const OWN_PREFIX: &str = "__headwater";

/// Kafka's internal topics.
const KAFKA_TOPICS: [&str; 4] = ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];

/// Whether a topic belongs to the system: one of Kafka's internal topics, or one of ours, `__headwater…`. Other names with two leading underscores are
/// anybody's, as in Kafka.
///
/// ```
/// use log_model::is_internal_topic;
/// assert!(is_internal_topic("__consumer_offsets") && is_internal_topic("__headwater_sql"));
/// assert!(!is_internal_topic("__debezium-heartbeat.shop") && !is_internal_topic("orders"));
/// ```
pub fn is_internal_topic(name: &str) -> bool {
    KAFKA_TOPICS.contains(&name) || name.starts_with(OWN_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kafkas_rules() {
        for good in ["a", "access_log", "a.b-c_D9", &"x".repeat(249)] {
            assert!(TopicName::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "ä", &"x".repeat(250)] {
            assert!(TopicName::new(bad).is_err(), "{bad}");
        }
    }
}
