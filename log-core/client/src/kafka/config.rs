//! Topic configurations: ours to the cluster's entries and back.

use super::native::ConfigEntry;
use log_model::TopicConfig;

/// The entries to set: those that were set, to whatever value. The rest is the cluster's to decide.
pub(super) fn to_entries(config: &TopicConfig) -> Vec<(&'static str, String)> {
    config.set_entries().into_iter().collect()
}

/// The configuration that the cluster's entries say: what is set for the topic, and where the cluster's default differs from ours. Keys that only Kafka knows
/// are left out, and so are values that Headwater does not take.
pub(super) fn from_entries(entries: &[ConfigEntry]) -> TopicConfig {
    let mut config = TopicConfig::default();
    let defaults = config.entries();
    for entry in entries {
        if !entry.is_topics_own && defaults.get(entry.name.as_str()) == Some(&entry.value) {
            continue;
        }
        if let Err(error) = config.set(&entry.name, &entry.value) {
            tracing::trace!(target: "kafka", "left out: {error}");
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, value: &str, is_topics_own: bool) -> ConfigEntry {
        ConfigEntry { name: name.into(), value: value.into(), is_topics_own }
    }

    #[test]
    fn what_is_set_is_sent_and_comes_back() {
        let config =
            TopicConfig::from_entries([("cleanup.policy", "compact"), ("segment.bytes", "1048576"), ("retention.ms", "604800000")])
                .unwrap();
        let sent = to_entries(&config);
        assert_eq!(sent.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["cleanup.policy", "retention.ms", "segment.bytes"]);
        let mut all: Vec<ConfigEntry> = sent.iter().map(|(name, value)| told(name, value, true)).collect();
        all.extend([
            told("max.message.bytes", "1048588", false),
            told("a.key.of.tomorrow", "1", false),
            told("segment.ms", "never", false),
        ]);
        assert_eq!(from_entries(&all), config);
        assert_eq!(to_entries(&TopicConfig::default()), []);
    }

    #[test]
    fn a_default_of_the_cluster_that_differs_from_ours_is_seen() {
        assert_eq!(from_entries(&[told("max.message.bytes", "500", false)]).max_message_bytes, 500);
    }
}
