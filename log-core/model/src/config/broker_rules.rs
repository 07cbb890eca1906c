//! What a node's configuration gives its topics, and what must hold between its keys (`KafkaConfig.validateValues`, `GroupCoordinatorConfig`).

use super::broker::BrokerConfig;
use super::error::ConfigError;
use super::topic::TopicConfig;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Two keys of a node with their values.
type Pair = ((&'static str, i64), (&'static str, i64));

impl BrokerConfig {
    /// The configuration of a topic where nothing was set for the topic itself.
    ///
    /// A topic's own configuration laid [`TopicConfig::over`] it is what the topic lives by.
    pub fn topic_defaults(&self) -> TopicConfig {
        TopicConfig {
            cleanup_policy: self.log_cleanup_policy,
            compression_gzip_level: self.compression_gzip_level,
            compression_lz4_level: self.compression_lz4_level,
            compression_type: self.compression_type,
            compression_zstd_level: self.compression_zstd_level,
            delete_retention_ms: self.log_cleaner_delete_retention_ms,
            file_delete_delay_ms: self.log_segment_delete_delay_ms,
            flush_messages: self.log_flush_interval_messages,
            flush_ms: self.log_flush_interval_ms.unwrap_or(self.log_flush_scheduler_interval_ms),
            index_interval_bytes: self.log_index_interval_bytes,
            local_retention_bytes: self.log_local_retention_bytes,
            local_retention_ms: self.log_local_retention_ms,
            max_compaction_lag_ms: self.log_cleaner_max_compaction_lag_ms,
            max_message_bytes: self.message_max_bytes,
            message_timestamp_after_max_ms: self.log_message_timestamp_after_max_ms,
            message_timestamp_before_max_ms: self.log_message_timestamp_before_max_ms,
            message_timestamp_type: self.log_message_timestamp_type,
            min_cleanable_dirty_ratio: self.log_cleaner_min_cleanable_ratio,
            min_compaction_lag_ms: self.log_cleaner_min_compaction_lag_ms,
            min_insync_replicas: self.min_insync_replicas,
            preallocate: self.log_preallocate,
            retention_bytes: self.log_retention_bytes,
            retention_ms: self.retention_ms(),
            segment_bytes: self.log_segment_bytes,
            segment_index_bytes: self.log_index_size_max_bytes,
            segment_jitter_ms: self.log_roll_jitter_ms.unwrap_or(i64::from(self.log_roll_jitter_hours) * HOUR_MS),
            segment_ms: self.log_roll_ms.unwrap_or(i64::from(self.log_roll_hours) * HOUR_MS),
            unclean_leader_election_enable: self.unclean_leader_election_enable,
            ..TopicConfig::default()
        }
    }

    /// Milliseconds before minutes before hours; any negative value is no limit.
    fn retention_ms(&self) -> i64 {
        let minutes = self.log_retention_minutes.map(|minutes| i64::from(minutes) * MINUTE_MS);
        let retention_ms = self.log_retention_ms.or(minutes).unwrap_or(i64::from(self.log_retention_hours) * HOUR_MS);
        retention_ms.max(-1)
    }

    /// What must hold between keys.
    ///
    /// Errors: a least value above the largest or a default outside the two, a session not longer than the heartbeats within it, no retention
    /// at all, groups without the classic protocol, no assignor.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for ((key, value), (other, bound)) in self.ordered() {
            if value > bound {
                return Err(conflict(key, other, format!("{value} is above {bound}")));
            }
        }
        let session = ("group.consumer.session.timeout.ms", self.group_consumer_session_timeout_ms);
        let heartbeat = ("group.consumer.heartbeat.interval.ms", self.group_consumer_heartbeat_interval_ms);
        if session.1 <= heartbeat.1 {
            let reason = format!("a session of {} is not longer than the {} between heartbeats", session.1, heartbeat.1);
            return Err(conflict(session.0, heartbeat.0, reason));
        }
        let retentions = [self.log_retention_ms, self.log_retention_minutes.map(i64::from), Some(i64::from(self.log_retention_hours))];
        let names = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];
        if let Some((name, value)) = names.into_iter().zip(retentions).find(|(_, value)| *value == Some(0)) {
            return Err(invalid(name, value.unwrap_or_default().to_string(), "it takes -1 or more than 0"));
        }
        if let Some(roll_ms) = self.log_roll_ms.filter(|roll_ms| *roll_ms < 1) {
            return Err(invalid("log.roll.ms", roll_ms.to_string(), "it takes more than 0"));
        }
        if !self.group_coordinator_rebalance_protocols.iter().any(|protocol| protocol == "classic") {
            let value = self.group_coordinator_rebalance_protocols.join(",");
            return Err(invalid("group.coordinator.rebalance.protocols", value, "classic cannot be left out"));
        }
        if self.group_consumer_assignors.is_empty() {
            return Err(invalid("group.consumer.assignors", String::new(), "it takes one or more assignors"));
        }
        Ok(())
    }

    /// Pairs of which the first is not above the second.
    fn ordered(&self) -> [Pair; 9] {
        let least_interval = ("group.consumer.min.assignment.interval.ms", i64::from(self.group_consumer_min_assignment_interval_ms));
        let interval = ("group.consumer.assignment.interval.ms", i64::from(self.group_consumer_assignment_interval_ms));
        let largest_interval = ("group.consumer.max.assignment.interval.ms", i64::from(self.group_consumer_max_assignment_interval_ms));
        let least_session = ("group.consumer.min.session.timeout.ms", i64::from(self.group_consumer_min_session_timeout_ms));
        let session = ("group.consumer.session.timeout.ms", i64::from(self.group_consumer_session_timeout_ms));
        let largest_session = ("group.consumer.max.session.timeout.ms", i64::from(self.group_consumer_max_session_timeout_ms));
        let least_heartbeat = ("group.consumer.min.heartbeat.interval.ms", i64::from(self.group_consumer_min_heartbeat_interval_ms));
        let heartbeat = ("group.consumer.heartbeat.interval.ms", i64::from(self.group_consumer_heartbeat_interval_ms));
        let largest_heartbeat = ("group.consumer.max.heartbeat.interval.ms", i64::from(self.group_consumer_max_heartbeat_interval_ms));
        [
            (
                ("group.min.session.timeout.ms", i64::from(self.group_min_session_timeout_ms)),
                ("group.max.session.timeout.ms", i64::from(self.group_max_session_timeout_ms)),
            ),
            (
                ("log.cleaner.min.compaction.lag.ms", self.log_cleaner_min_compaction_lag_ms),
                ("log.cleaner.max.compaction.lag.ms", self.log_cleaner_max_compaction_lag_ms),
            ),
            (least_interval, interval),
            (interval, largest_interval),
            (least_session, largest_session),
            (least_session, session),
            (session, largest_session),
            (least_heartbeat, heartbeat),
            (heartbeat, largest_heartbeat),
        ]
    }
}

fn conflict(key: &'static str, other: &'static str, reason: String) -> ConfigError {
    ConfigError::Conflict { subject: "broker", key, other, reason }
}

fn invalid(key: &'static str, value: String, reason: &str) -> ConfigError {
    ConfigError::InvalidValue { subject: "broker", key, value, reason: reason.to_string() }
}
