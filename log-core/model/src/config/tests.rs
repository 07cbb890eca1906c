//! The tables against Kafka's facts, and what every configuration can do.

use super::*;
use crate::{ErrorKind, KafkaCode};

type Entries = &'static [(&'static str, &'static str)];

/// The lines of a list of facts: name, type, default.
fn facts(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [name, kind, default] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line:?} is not a fact") };
        (name, kind, default)
    })
}

type Row = (&'static str, &'static str, String);

fn rows<C: Default>(keys: &[Key<C>]) -> Vec<Row> {
    let row = |key: &Key<C>| (key.name, key.config_type.name(), key.get(&C::default()).unwrap_or_else(|| "null".to_string()));
    keys.iter().map(row).collect()
}

fn kafka_rows(text: &'static str) -> Vec<Row> {
    facts(text).map(|(name, kind, default)| (name, kind, default.to_string())).collect()
}

#[test]
fn topics_have_kafkas_keys_types_and_defaults() {
    let mut ours = rows(TopicConfig::keys());
    assert!(ours.is_sorted_by_key(|row| row.0));
    ours.retain(|row| !row.0.starts_with("headwater."));
    assert_eq!(ours, kafka_rows(include_str!("facts/topic.txt")));
}

#[test]
fn groups_have_kafkas_keys_types_and_defaults() {
    assert_eq!(rows(GroupConfig::keys()), kafka_rows(include_str!("facts/group.txt")));
}

#[test]
fn every_key_of_a_node_is_kafkas_and_has_its_type_and_default() {
    let (ours, kafka) = (rows(BrokerConfig::keys()), kafka_rows(include_str!("facts/broker.txt")));
    assert!(ours.is_sorted_by_key(|row| row.0));
    let mut own_defaults = Vec::new();
    for row in &ours {
        let fact = kafka.iter().find(|fact| fact.0 == row.0).unwrap_or_else(|| panic!("{} is not a key of Kafka's", row.0));
        assert_eq!(row.1, fact.1, "{}", row.0);
        if row.2 != fact.2 {
            own_defaults.push(row.0);
        }
    }
    assert_eq!(own_defaults, ["allow.everyone.if.no.acl.found", "controller.listener.names", "node.id", "process.roles"]);
}

#[test]
fn synonyms_are_keys_of_the_node_whose_default_is_the_same() {
    let node = BrokerConfig::default();
    for (name, synonyms) in TopicConfig::keys().iter().map(|key| (key.name, key.synonyms)) {
        assert!(synonyms.iter().all(|synonym| BrokerConfig::key(synonym).is_ok()), "{name}");
    }
    assert_eq!(node.topic_defaults(), TopicConfig::default());
    for key in GroupConfig::keys() {
        for synonym in key.synonyms {
            assert_eq!(*synonym, format!("group.{}", key.name));
        }
    }
}

macro_rules! every_default_can_be_set {
    ($($config:ty),*) => {
        $(for key in <$config>::keys() {
            let mut config = <$config>::default();
            assert!(!config.is_set(key.name) && key.documentation().ends_with('.'), "{}", key.name);
            let default = key.get(&config).unwrap_or_default();
            config.set(key.name, &default).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((config.is_set(key.name), config.get(key.name).unwrap()), (true, key.get(&<$config>::default())), "{}", key.name);
            config.unset(key.name).unwrap();
            assert_eq!(config, <$config>::default());
        })*
    };
}

#[test]
fn every_default_can_be_set_and_counts_as_set_until_it_is_unset() {
    every_default_can_be_set!(TopicConfig, GroupConfig, BrokerConfig);
}

#[test]
fn entries_round_trip() {
    let given =
        [("cleanup.policy", "compact,delete"), ("headwater.flush", "os"), ("min.cleanable.dirty.ratio", "0.25"), ("segment.bytes", "1024")];
    let config = TopicConfig::from_entries(given).unwrap();
    let set = config.set_entries();
    assert_eq!(set.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>(), given);
    let again = TopicConfig::from_entries(set.iter().map(|(key, value)| (*key, value.as_str()))).unwrap();
    assert_eq!(config, again);
    let literal = TopicConfig {
        cleanup_policy: CleanupPolicy::CompactDelete,
        flush: FlushMode::Os,
        min_cleanable_dirty_ratio: Ratio(250_000),
        segment_bytes: 1024,
        ..TopicConfig::default()
    };
    assert_eq!(config, literal);
}

#[test]
fn refused_entries_name_key_value_and_reason() {
    let cases = [
        (("retention.msec", "1"), "unknown topic configuration \"retention.msec\"; did you mean \"retention.ms\"?"),
        (("no.such.thing.at.all", "1"), "unknown topic configuration \"no.such.thing.at.all\""),
        (
            ("cleanup.policy", "purge"),
            "invalid value \"purge\" for topic configuration cleanup.policy: it takes delete, compact or compact,delete",
        ),
        (("segment.bytes", "13"), "invalid value \"13\" for topic configuration segment.bytes: it is below the least value, 14"),
        (
            ("segment.bytes", "2147483648"),
            "invalid value \"2147483648\" for topic configuration segment.bytes: it is above the largest value, 2147483647",
        ),
        (("retention.ms", "a week"), "invalid value \"a week\" for topic configuration retention.ms: it takes a whole number"),
        (("preallocate", "yes"), "invalid value \"yes\" for topic configuration preallocate: it takes true or false"),
        (("compression.gzip.level", "0"), "invalid value \"0\" for topic configuration compression.gzip.level: it takes 1 to 9, or -1"),
        (
            ("compression.type", "none"),
            "invalid value \"none\" for topic configuration compression.type: it takes producer, uncompressed, gzip, snappy, lz4 or zstd",
        ),
        (
            ("cleanup.policy", "delete,"),
            "invalid value \"delete,\" for topic configuration cleanup.policy: an item is empty; it takes delete, compact or compact,delete",
        ),
        (
            ("compression.zstd.level", "23"),
            "invalid value \"23\" for topic configuration compression.zstd.level: it is above the largest value, 22",
        ),
        (
            ("leader.replication.throttled.replicas", "0:1,x"),
            "invalid value \"0:1,x\" for topic configuration leader.replication.throttled.replicas: it takes * or a list of partition:broker",
        ),
    ];
    for (entry, expected) in cases {
        let mut config = TopicConfig::default();
        let error = config.set(entry.0, entry.1).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!((error.kind(), error.kafka_code(), config), (ErrorKind::Invalid, KafkaCode::InvalidConfig, TopicConfig::default()));
    }
    let node = BrokerConfig::from_entries([("num.partition", "3")]).unwrap_err();
    assert_eq!(node.to_string(), "unknown broker configuration \"num.partition\"; did you mean \"num.partitions\"?");
    let group = GroupConfig::from_entries([("share.isolation.level", "none")]).unwrap_err();
    let expected = "invalid value \"none\" for group configuration share.isolation.level: it takes read_committed, read_uncommitted";
    assert_eq!(group.to_string(), expected);
}

#[test]
fn values_are_read_as_kafka_reads_them() {
    let cases = [
        ("retention.ms", " 5 ", "5"),
        ("preallocate", "TRUE", "true"),
        ("cleanup.policy", "delete, compact", "compact,delete"),
        ("cleanup.policy", "delete,delete", "delete"),
        ("cleanup.policy", "", ""),
        ("retention.bytes", "-2", "-2"),
        ("min.cleanable.dirty.ratio", "1", "1.0"),
        ("leader.replication.throttled.replicas", "*", "*"),
        ("follower.replication.throttled.replicas", "0:1,1:2", "0:1,1:2"),
    ];
    for (key, value, expected) in cases {
        let config = TopicConfig::from_entries([(key, value)]).unwrap();
        assert_eq!(config.get(key).unwrap().as_deref(), Some(expected), "{key}={value:?}");
    }
    assert!(!CleanupPolicy::Keep.compacts() && !CleanupPolicy::Keep.deletes());
}

#[test]
fn lists_take_and_lose_items() {
    let mut config = TopicConfig::default();
    config.append("cleanup.policy", "compact,delete").unwrap();
    assert_eq!(config.cleanup_policy, CleanupPolicy::CompactDelete);
    config.subtract("cleanup.policy", "delete, other").unwrap();
    assert_eq!(config.cleanup_policy, CleanupPolicy::Compact);
    config.append("leader.replication.throttled.replicas", "0:1").unwrap();
    config.append("leader.replication.throttled.replicas", "1:1,0:1").unwrap();
    assert_eq!(config.leader_replication_throttled_replicas, ["0:1", "1:1"]);
    assert_eq!(config.append("cleanup.policy", "purge").unwrap_err().kafka_code(), KafkaCode::InvalidConfig);
    assert_eq!(
        config.subtract("retention.ms", "1").unwrap_err().to_string(),
        "topic configuration retention.ms takes one value, not a list"
    );
}

#[test]
fn kafkas_stricter_bounds_are_apart() {
    let cases: [(Entries, Result<(), &str>); 5] = [
        (&[], Ok(())),
        (
            &[("remote.storage.enable", "true")],
            Err("invalid value \"true\" for topic configuration remote.storage.enable: the node has no remote storage"),
        ),
        (&[("segment.bytes", "1048576")], Ok(())),
        (
            &[("segment.bytes", "1048575")],
            Err("invalid value \"1048575\" for topic configuration segment.bytes: it is below the least value, 1048576"),
        ),
        (
            &[("min.compaction.lag.ms", "10"), ("max.compaction.lag.ms", "5")],
            Err("topic configuration min.compaction.lag.ms does not fit max.compaction.lag.ms: 10 is above 5"),
        ),
    ];
    for (entries, expected) in cases {
        let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
        assert_eq!(config.validate_kafka().map_err(|error| error.to_string()), expected.map_err(ToString::to_string));
    }
}

#[test]
fn a_node_gives_topics_their_defaults() {
    let cases: [(Entries, &str, &str); 10] = [
        (&[("log.retention.bytes", "-2")], "retention.bytes", "-2"),
        (&[("message.max.bytes", "77")], "max.message.bytes", "77"),
        (&[("log.retention.hours", "2")], "retention.ms", "7200000"),
        (&[("log.retention.hours", "2"), ("log.retention.minutes", "1")], "retention.ms", "60000"),
        (&[("log.retention.minutes", "1"), ("log.retention.ms", "7")], "retention.ms", "7"),
        (&[("log.retention.hours", "-1")], "retention.ms", "-1"),
        (&[("log.roll.hours", "1")], "segment.ms", "3600000"),
        (&[("log.roll.jitter.ms", "5"), ("log.roll.jitter.hours", "1")], "segment.jitter.ms", "5"),
        (&[("log.flush.scheduler.interval.ms", "9")], "flush.ms", "9"),
        (&[("log.cleanup.policy", "compact")], "cleanup.policy", "compact"),
    ];
    for (entries, key, expected) in cases {
        let defaults = BrokerConfig::from_entries(entries.iter().copied()).unwrap().topic_defaults();
        assert_eq!(TopicConfig::default().over(&defaults).get(key).unwrap().as_deref(), Some(expected), "{entries:?}");
        // What was set for the topic stays, even where it is Kafka's own default.
        let default = TopicConfig::default().get(key).unwrap().unwrap();
        let topic = TopicConfig::from_entries([(key, default.as_str())]).unwrap();
        assert_eq!(topic.over(&defaults).get(key).unwrap(), Some(default), "{entries:?}");
    }
}

#[test]
fn a_node_refuses_what_contradicts_itself() {
    let cases: [(Entries, &str); 9] = [
        (
            &[("group.min.session.timeout.ms", "10"), ("group.max.session.timeout.ms", "5")],
            "broker configuration group.min.session.timeout.ms does not fit group.max.session.timeout.ms: 10 is above 5",
        ),
        (
            &[("group.consumer.assignment.interval.ms", "15001")],
            "broker configuration group.consumer.assignment.interval.ms does not fit group.consumer.max.assignment.interval.ms: 15001 is above 15000",
        ),
        (
            &[("group.consumer.min.assignment.interval.ms", "1001")],
            "broker configuration group.consumer.min.assignment.interval.ms does not fit group.consumer.assignment.interval.ms: 1001 is above 1000",
        ),
        (
            &[("group.consumer.session.timeout.ms", "44999")],
            "broker configuration group.consumer.min.session.timeout.ms does not fit group.consumer.session.timeout.ms: 45000 is above 44999",
        ),
        (
            &[("group.consumer.min.session.timeout.ms", "1"), ("group.consumer.session.timeout.ms", "5000")],
            "broker configuration group.consumer.session.timeout.ms does not fit group.consumer.heartbeat.interval.ms: \
             a session of 5000 is not longer than the 5000 between heartbeats",
        ),
        (&[("log.retention.ms", "0")], "invalid value \"0\" for broker configuration log.retention.ms: it takes -1 or more than 0"),
        (&[("log.roll.ms", "0")], "invalid value \"0\" for broker configuration log.roll.ms: it takes more than 0"),
        (
            &[("group.coordinator.rebalance.protocols", "consumer")],
            "invalid value \"consumer\" for broker configuration group.coordinator.rebalance.protocols: classic cannot be left out",
        ),
        (
            &[("group.consumer.assignors", "")],
            "invalid value \"\" for broker configuration group.consumer.assignors: it takes one or more assignors",
        ),
    ];
    BrokerConfig::default().validate().unwrap();
    for (entries, expected) in cases {
        let config = BrokerConfig::from_entries(entries.iter().copied()).unwrap();
        assert_eq!(config.validate().unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_group_stays_within_the_limits_of_its_node() {
    let node = BrokerConfig::default();
    GroupConfig::default().validate(&node).unwrap();
    let cases = [
        (("consumer.assignment.interval.ms", "15000"), None),
        (
            ("consumer.assignment.interval.ms", "15001"),
            Some(
                "group configuration consumer.assignment.interval.ms does not fit group.consumer.max.assignment.interval.ms: 15001 is above 15000",
            ),
        ),
        (("consumer.session.timeout.ms", "60000"), None),
        (
            ("consumer.session.timeout.ms", "60001"),
            Some(
                "group configuration consumer.session.timeout.ms does not fit group.consumer.max.session.timeout.ms: 60001 is above 60000",
            ),
        ),
        (
            ("consumer.heartbeat.interval.ms", "4999"),
            Some(
                "group configuration consumer.heartbeat.interval.ms does not fit group.consumer.min.heartbeat.interval.ms: 4999 is below 5000",
            ),
        ),
        (
            ("share.session.timeout.ms", "5000"),
            Some(
                "group configuration share.session.timeout.ms does not fit share.heartbeat.interval.ms: \
                 a session of 5000 is not longer than the 5000 between heartbeats",
            ),
        ),
    ];
    for (entry, expected) in cases {
        let config = GroupConfig::from_entries([entry]).unwrap();
        assert_eq!(config.validate(&node).err().map(|error| error.to_string()).as_deref(), expected, "{entry:?}");
    }
    let short = BrokerConfig { group_consumer_session_timeout_ms: 50_000, ..BrokerConfig::default() };
    assert_eq!(GroupConfig::default().over(&GroupConfig::of_node(&short)).consumer_session_timeout_ms, 50_000);
}

#[test]
fn what_was_set_is_stored_and_older_forms_are_read() {
    let topic = TopicConfig::from_entries([("retention.ms", "604800000"), ("flush.ms", "5")]).unwrap();
    let stored = serde_json::to_string(&topic).unwrap();
    assert_eq!(serde_json::from_str::<TopicConfig>(&stored).unwrap(), topic);
    assert_eq!(stored, r#"{"flush_ms":5,"set_to_default":["retention.ms"]}"#);
    assert_eq!(serde_json::to_string(&TopicConfig::default()).unwrap(), "{}");
    // As the first version of the program wrote it: every field there was, and nothing about what was set.
    let first = r#"{"cleanup_policy":"Compact","compression_type":null,"delete_retention_ms":86400000,
        "max_compaction_lag_ms":9223372036854775807,"max_message_bytes":1048588,"message_timestamp_type":"CreateTime",
        "min_cleanable_dirty_ratio":500000,"min_compaction_lag_ms":0,"retention_bytes":-1,"retention_ms":604800000,"segment_bytes":2000,
        "segment_index_bytes":10485760,"segment_ms":604800000,"index_interval_bytes":4096,"flush":"Sync"}"#;
    let read: TopicConfig = serde_json::from_str(first).unwrap();
    assert_eq!(read.set_entries().into_keys().collect::<Vec<_>>(), ["cleanup.policy", "segment.bytes"]);
    let node = BrokerConfig::from_entries([("log.retention.hours", "168"), ("num.partitions", "4")]).unwrap();
    let stored = serde_json::to_string(&node).unwrap();
    assert_eq!(stored, r#"{"num_partitions":4,"set_to_default":["log.retention.hours"]}"#);
    assert_eq!(serde_json::from_str::<BrokerConfig>(&stored).unwrap(), node);
    let group = GroupConfig::from_entries([("consumer.session.timeout.ms", "50000")]).unwrap();
    assert_eq!(serde_json::from_str::<GroupConfig>(&serde_json::to_string(&group).unwrap()).unwrap(), group);
}
