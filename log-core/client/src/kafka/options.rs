//! How to reach a cluster, and librdkafka's properties for each role.
//!
//! The properties that the traits depend on are set last, so that nobody turns them off by mistake.

use std::collections::BTreeMap;

/// How a [`KafkaLog`](super::KafkaLog) talks to its cluster.
#[derive(Clone, Debug, Default)]
pub struct KafkaOptions {
    /// librdkafka's properties, over our defaults: `("linger.ms", "5")`, `("compression.type", "lz4")`. Those that the contract rests on
    /// (idempotence, isolation, commits by hand, cooperative assignment, no topics that make themselves) cannot be changed.
    pub properties: BTreeMap<String, String>,
}

/// What all instances share. Failures are found sooner than by librdkafka's defaults, which are meant for readers far away.
const COMMON: &[(&str, &str)] = &[
    ("socket.nagle.disable", "true"),
    ("reconnect.backoff.max.ms", "2000"),
    ("topic.metadata.refresh.interval.ms", "5000"),
    ("topic.metadata.propagation.max.ms", "2000"),
    ("enable.metrics.push", "false"),
];

/// What no instance may do otherwise. A producer that asks after a topic that was deleted, as it does at every refresh of its metadata, would make it anew
/// where brokers create topics by themselves.
const FIXED: &[(&str, &str)] = &[("allow.auto.create.topics", "false")];

/// Our own queue is the one with the limit: librdkafka's must never be the first to be full.
const PRODUCER: &[(&str, &str)] = &[
    ("linger.ms", "1"),
    ("queue.buffering.max.messages", "0"),
    ("queue.buffering.max.kbytes", "2147483647"),
    ("message.max.bytes", "1000000000"),
];

const PRODUCER_FIXED: &[(&str, &str)] = &[("enable.idempotence", "true"), ("acks", "all")];

const CONSUMER: &[(&str, &str)] = &[
    ("fetch.wait.max.ms", "100"),
    ("fetch.queue.backoff.ms", "10"),
    ("fetch.error.backoff.ms", "100"),
    ("heartbeat.interval.ms", "1000"),
    ("fetch.message.max.bytes", "1048576"),
];

const CONSUMER_FIXED: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("enable.partition.eof", "true"),
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
];

/// The properties of one instance, in the order they are set.
pub(super) struct Properties<'a> {
    pub(super) bootstrap: &'a str,
    pub(super) client_id: &'a str,
    pub(super) given: &'a KafkaOptions,
}

impl Properties<'_> {
    fn of(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)], own: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut set: BTreeMap<&str, &str> = COMMON.iter().chain(defaults).copied().collect();
        if !self.client_id.is_empty() {
            set.insert("client.id", self.client_id);
        }
        set.extend(self.given.properties.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        set.extend(FIXED.iter().chain(fixed).chain(own).copied());
        set.insert("bootstrap.servers", self.bootstrap);
        set.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    /// For administration: an instance that never sends a record.
    pub(super) fn admin(&self) -> Vec<(String, String)> {
        self.of(&[], &[], &[])
    }

    /// For a producer, transactional or not.
    pub(super) fn producer(&self, transactional_id: Option<&str>) -> Vec<(String, String)> {
        let own: Vec<(&str, &str)> = transactional_id.map(|id| ("transactional.id", id)).into_iter().collect();
        self.of(PRODUCER, PRODUCER_FIXED, &own)
    }

    /// For a consumer. librdkafka reads nothing without a group's name; a consumer without a group never uses it.
    pub(super) fn consumer(&self, group: Option<&str>, read_committed: bool) -> Vec<(String, String)> {
        let isolation = if read_committed { "read_committed" } else { "read_uncommitted" };
        let own = [("group.id", group.unwrap_or("headwater-without-group")), ("isolation.level", isolation)];
        self.of(CONSUMER, CONSUMER_FIXED, &own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::native::{Client, Role};

    fn find<'a>(properties: &'a [(String, String)], name: &str) -> Option<&'a str> {
        properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn librdkafka_takes_every_property_we_set() {
        let given = KafkaOptions::default();
        let properties = Properties { bootstrap: "127.0.0.1:1", client_id: "reader", given: &given };
        for (role, set) in [
            (Role::Producer, properties.admin()),
            (Role::Producer, properties.producer(None)),
            (Role::Producer, properties.producer(Some("app"))),
            (Role::Consumer, properties.consumer(None, true)),
            (Role::Consumer, properties.consumer(Some("g"), false)),
        ] {
            Client::start(role, &set).map(drop).unwrap();
        }
    }

    #[test]
    fn what_is_given_wins_over_defaults_and_not_over_the_contract() {
        let properties = [("linger.ms", "7"), ("acks", "1"), ("bootstrap.servers", "elsewhere:1")];
        let given = KafkaOptions { properties: properties.map(|(name, value)| (name.to_string(), value.to_string())).into() };
        let set = Properties { bootstrap: "here:1", client_id: "", given: &given }.producer(None);
        assert_eq!(find(&set, "linger.ms"), Some("7"));
        assert_eq!(find(&set, "acks"), Some("all"));
        assert_eq!(find(&set, "bootstrap.servers"), Some("here:1"));
        assert_eq!(find(&set, "client.id"), None);
    }

    #[test]
    fn no_instance_lets_topics_make_themselves() {
        let given = KafkaOptions { properties: [("allow.auto.create.topics".to_string(), "true".to_string())].into() };
        let properties = Properties { bootstrap: "here:1", client_id: "", given: &given };
        for set in [properties.admin(), properties.producer(None), properties.producer(Some("app")), properties.consumer(None, false)] {
            assert_eq!(find(&set, "allow.auto.create.topics"), Some("false"));
        }
    }

    #[test]
    fn an_unknown_property_is_named() {
        let given = KafkaOptions { properties: [("linger.msec".to_string(), "7".to_string())].into() };
        let set = Properties { bootstrap: "here:1", client_id: "", given: &given }.producer(None);
        assert!(Client::start(Role::Producer, &set).err().unwrap().contains("linger.msec"));
    }
}
