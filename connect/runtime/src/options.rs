//! How a worker behaves, for all its connectors.

use log_model::is_internal_topic;
use std::time::Duration;

/// How a worker behaves. Kafka's names where Kafka has one.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Whether stored connectors run again when the worker starts. Without it they are known and can be described and deleted, but have no tasks.
    pub resume: bool,
    /// Who runs the tasks, in the status.
    pub worker_id: String,
    /// The topic of the connectors' configurations (`config.storage.topic`).
    pub config_topic: String,
    /// The topic of the sources' positions (`offset.storage.topic`).
    pub offset_topic: String,
    /// The topic of the states (`status.storage.topic`).
    pub status_topic: String,
    /// The partitions of the topic of positions, if it has to be created.
    pub offset_partitions: i32,
    /// The key converter where a connector names none (`key.converter`).
    pub key_converter: String,
    /// The value converter where neither a connector nor its plugin names one (`value.converter`). `JsonConverter` is then without schemas.
    pub value_converter: String,
    /// How often a sink task commits offsets, besides when it drains or stops (`offset.flush.interval.ms`).
    pub offset_flush_interval: Duration,
    /// How long `stop` waits for a task before it ends it (`task.shutdown.graceful.timeout.ms`).
    pub shutdown_timeout: Duration,
    /// The pause before the first restart of a failed task; doubles up to `restart_delay_max`, with a fifth of jitter.
    pub restart_delay: Duration,
    /// The longest pause before a restart.
    pub restart_delay_max: Duration,
    /// After so many failures in a row a drain gives up and says why.
    pub drain_failures_max: u32,
    /// The most bytes of records in one transaction of a source.
    pub transaction_bytes_max: usize,
    /// The most dead-lettered records a sink task holds back until the records before them are durable.
    pub held_dead_letters_max: usize,
    /// The most bytes of them.
    pub held_dead_letter_bytes_max: usize,
}

impl WorkerOptions {
    /// Who keeps its books in a topic of this name, if the program does: what a connector wrote there would be taken for the program's own.
    pub fn topic_keeper(&self, topic: &str) -> Option<&'static str> {
        if is_internal_topic(topic) {
            return Some("Headwater itself");
        }
        [&self.config_topic, &self.offset_topic, &self.status_topic].iter().any(|name| *name == topic).then_some("the connect worker")
    }
}

impl Default for WorkerOptions {
    fn default() -> Self {
        WorkerOptions {
            resume: true,
            worker_id: "headwater".into(),
            config_topic: "connect-configs".into(),
            offset_topic: "connect-offsets".into(),
            status_topic: "connect-status".into(),
            offset_partitions: 1,
            key_converter: "StringConverter".into(),
            value_converter: "JsonConverter".into(),
            offset_flush_interval: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(5),
            restart_delay: Duration::from_millis(500),
            restart_delay_max: Duration::from_secs(60),
            drain_failures_max: 3,
            transaction_bytes_max: 8 << 20,
            held_dead_letters_max: 1000,
            held_dead_letter_bytes_max: 16 << 20,
        }
    }
}
