//! What of a topic's configuration was set for the topic itself, and what it has from the node.
//!
//! A topic is stored with the configuration it lives by. An entry is its own if it differs from what the node gives, or was set to the very value
//! that every node gives.

use log_model::TopicConfig;
use log_model::config::Key;

/// Whether an entry was set for the topic itself.
pub(crate) fn is_own(config: &TopicConfig, defaults: &TopicConfig, key: &Key<TopicConfig>) -> bool {
    let value = key.get(config);
    value != key.get(defaults) || (config.is_set(key.name) && value == key.get(&TopicConfig::default()))
}

/// What was set for the topic itself.
pub(crate) fn own_part(config: &TopicConfig, defaults: &TopicConfig) -> TopicConfig {
    let mut own = TopicConfig::default();
    for key in TopicConfig::keys().iter().filter(|key| is_own(config, defaults, key)) {
        if let Err(error) = own.set(key.name, &key.get(config).unwrap_or_default()) {
            tracing::warn!(%error, "an entry of a topic's configuration is taken for the node's");
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_topic_set_stays_when_the_node_changes_and_the_rest_follows() {
        let node = |hours: &str| log_model::BrokerConfig::from_entries([("log.retention.hours", hours)]).unwrap().topic_defaults();
        let own = TopicConfig::from_entries([("segment.bytes", "1073741824"), ("max.message.bytes", "5000")]).unwrap();
        let effective = own.over(&node("1"));
        assert_eq!(own_part(&effective, &node("1")), own);
        let followed = own_part(&effective, &node("1")).over(&node("2"));
        assert_eq!((followed.retention_ms, followed.max_message_bytes), (7_200_000, 5000));
        assert_eq!(own_part(&followed, &node("2")), own);
    }
}
