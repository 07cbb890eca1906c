//! What the clients are told: where the server is, how to behave, which topics there are.

use crate::role::Role;
use headwater_integration::history::Key;
use rand::Rng;
use rand::rngs::SmallRng;
use rdkafka::ClientConfig;

/// The topics of the test.
pub(crate) struct Topics;

impl Topics {
    /// Written by every producer, and copied.
    pub(crate) const PLAIN: &str = "plain";
    /// Written by transactions only.
    pub(crate) const SEVERAL: &str = "several";
    /// The copies of [`Topics::PLAIN`].
    pub(crate) const COPIED: &str = "copied";
    pub(crate) const ALL: [&str; 3] = [Topics::PLAIN, Topics::SEVERAL, Topics::COPIED];
    pub(crate) const PARTITIONS: i32 = 3;

    pub(crate) fn keys() -> impl Iterator<Item = Key> {
        Topics::ALL.into_iter().flat_map(|topic| (0..Topics::PARTITIONS).map(move |partition| Key { topic, partition }))
    }

    pub(crate) fn any_of(topics: &[&'static str], random: &mut SmallRng) -> Key {
        Key { topic: topics[random.random_range(0..topics.len())], partition: random.random_range(0..Topics::PARTITIONS) }
    }

    /// The key of a partition that librdkafka names.
    pub(crate) fn key(topic: &str, partition: i32) -> Option<Key> {
        Topics::keys().find(|key| key.topic == topic && key.partition == partition)
    }
}

/// For administration; what all others build on. A dead server is looked for often.
pub(crate) fn admin(address: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address).set("broker.address.family", "v4");
    config.set("reconnect.backoff.ms", "20").set("reconnect.backoff.max.ms", "100").set("retry.backoff.ms", "20");
    config
}

/// A producer without transactions.
pub(super) fn sender(address: &str, role: Role) -> ClientConfig {
    let mut config = admin(address);
    config.set("acks", "all").set("linger.ms", "2").set("retry.backoff.max.ms", "100");
    let never_twice = |config: &mut ClientConfig, timeout_ms: &str| {
        // A send that may have happened and is not repeated cannot become two.
        config.set("enable.idempotence", "false").set("message.send.max.retries", "0").set("message.timeout.ms", timeout_ms);
    };
    match role {
        Role::AcksAll => never_twice(&mut config, "5000"),
        // Not idempotent either: after a timeout librdkafka begins a new epoch and sends again what else was on its way, which no log can tell from
        // something new.
        Role::Impatient => never_twice(&mut config, "150"),
        // Nothing times out before the server is back.
        _ => _ = config.set("enable.idempotence", "true").set("message.timeout.ms", "300000"),
    }
    config
}

pub(super) fn transactional(address: &str, id: &str) -> ClientConfig {
    let mut config = admin(address);
    config.set("transactional.id", id).set("linger.ms", "2").set("retry.backoff.max.ms", "100").set("transaction.timeout.ms", "30000");
    config
}

/// A consumer at read_committed that commits by hand. librdkafka wants a group's name of those without a group, too.
pub(super) fn consumer(address: &str, role: Role) -> ClientConfig {
    let mut config = admin(address);
    config.set("group.id", format!("{role:?}")).set("isolation.level", "read_committed").set("auto.offset.reset", "earliest");
    config.set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
    config.set("fetch.wait.max.ms", "50").set("fetch.error.backoff.ms", "20").set("fetch.queue.backoff.ms", "10");
    match role {
        Role::ConsumerGroup => config.set("group.protocol", "consumer"),
        Role::ClassicGroup => classic(&mut config).set("partition.assignment.strategy", "cooperative-sticky"),
        Role::Auditing => config.set("enable.partition.eof", "true"),
        _ => classic(&mut config).set("partition.assignment.strategy", "range"),
    };
    config
}

fn classic(config: &mut ClientConfig) -> &mut ClientConfig {
    config.set("session.timeout.ms", "6000").set("heartbeat.interval.ms", "300")
}
