//! The configuration of one group: Kafka 4.3's keys (`GroupConfig`) with its defaults and bounds.
//!
//! Not here: the limits of the node, see [`GroupConfig::validate`].

use super::broker::BrokerConfig;
use super::error::ConfigError;
use super::key::{Access, Effect, Key};
use super::rule::Rule::{AtLeast, OneOf, Text};
use super::table::{self, SetToDefault};
use super::value::Value;
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

configuration! {
    "group";
    /// The configuration of one group. Field names are Kafka's keys with underscores.
    pub struct GroupConfig {
        /// How long at least lies between two assignments of a consumer group.
        consumer_assignment_interval_ms: i32 = 1000, "consumer.assignment.interval.ms" [Acts Dynamic]
            from "group.consumer.assignment.interval.ms" => AtLeast(0);
        /// How often a member of a consumer group sends a heartbeat.
        consumer_heartbeat_interval_ms: i32 = 5000, "consumer.heartbeat.interval.ms" [Acts Dynamic]
            from "group.consumer.heartbeat.interval.ms" => AtLeast(1);
        /// How long a member of a consumer group may be silent.
        consumer_session_timeout_ms: i32 = 45_000, "consumer.session.timeout.ms" [Acts Dynamic]
            from "group.consumer.session.timeout.ms" => AtLeast(1);
        /// How long at least lies between two assignments of a share group.
        share_assignment_interval_ms: i32 = 1000, "share.assignment.interval.ms" [Kept Dynamic]
            from "group.share.assignment.interval.ms" => AtLeast(0);
        /// Where a share group begins in a partition it has not read: `latest`, `earliest` or `by_duration:` with a duration.
        share_auto_offset_reset: String = "latest".to_string(), "share.auto.offset.reset" [Kept Dynamic] => Text(offset_reset);
        /// How often a record is delivered to a share group at most.
        share_delivery_count_limit: i32 = 5, "share.delivery.count.limit" [Kept Dynamic]
            from "group.share.delivery.count.limit" => AtLeast(2);
        /// How often a member of a share group sends a heartbeat.
        share_heartbeat_interval_ms: i32 = 5000, "share.heartbeat.interval.ms" [Kept Dynamic]
            from "group.share.heartbeat.interval.ms" => AtLeast(1);
        /// Whether a share group reads records of open transactions.
        share_isolation_level: String = "read_uncommitted".to_string(), "share.isolation.level" [Kept Dynamic]
            => OneOf(&["read_committed", "read_uncommitted"]);
        /// How many records of a partition a share group may hold at once.
        share_partition_max_record_locks: i32 = 2000, "share.partition.max.record.locks" [Kept Dynamic]
            from "group.share.partition.max.record.locks" => AtLeast(100);
        /// How long a member of a share group holds a record.
        share_record_lock_duration_ms: i32 = 30_000, "share.record.lock.duration.ms" [Kept Dynamic]
            from "group.share.record.lock.duration.ms" => AtLeast(1000);
        /// Whether a member of a share group may prolong its hold of a record.
        share_renew_acknowledge_enable: bool = true, "share.renew.acknowledge.enable" [Kept Dynamic];
        /// How long a member of a share group may be silent.
        share_session_timeout_ms: i32 = 45_000, "share.session.timeout.ms" [Kept Dynamic]
            from "group.share.session.timeout.ms" => AtLeast(1);
        /// How long at least lies between two assignments of a streams group.
        streams_assignment_interval_ms: i32 = 1000, "streams.assignment.interval.ms" [Kept Dynamic]
            from "group.streams.assignment.interval.ms" => AtLeast(0);
        /// How often a member of a streams group sends a heartbeat.
        streams_heartbeat_interval_ms: i32 = 5000, "streams.heartbeat.interval.ms" [Kept Dynamic]
            from "group.streams.heartbeat.interval.ms" => AtLeast(1);
        /// How long an empty streams group waits for more members.
        streams_initial_rebalance_delay_ms: i32 = 3000, "streams.initial.rebalance.delay.ms" [Kept Dynamic]
            from "group.streams.initial.rebalance.delay.ms" => AtLeast(0);
        /// How many copies of its state a task of a streams group has besides the active one.
        streams_num_standby_replicas: i32 = 0, "streams.num.standby.replicas" [Kept Dynamic]
            from "group.streams.num.standby.replicas" => AtLeast(0);
        /// How long a member of a streams group may be silent.
        streams_session_timeout_ms: i32 = 45_000, "streams.session.timeout.ms" [Kept Dynamic]
            from "group.streams.session.timeout.ms" => AtLeast(1);
    }
}

fn offset_reset(text: &str) -> Result<(), String> {
    let is_duration = |text: &str| text.starts_with('P') && text.len() > 2 && text.bytes().any(|byte| byte.is_ascii_digit());
    if matches!(text, "latest" | "earliest") || text.strip_prefix("by_duration:").is_some_and(is_duration) {
        Ok(())
    } else {
        Err("it takes latest, earliest or by_duration:PnDTnHnMn.nS".to_string())
    }
}

/// A value and the limits the node sets to it: `(key, value, key of the least, least, key of the largest, largest)`.
type Limit = (&'static str, i32, &'static str, i32, &'static str, i32);

impl GroupConfig {
    /// The defaults of a group on a node configured so; lay a group's own configuration [`GroupConfig::over`] it.
    pub fn of_node(node: &BrokerConfig) -> GroupConfig {
        GroupConfig {
            consumer_assignment_interval_ms: node.group_consumer_assignment_interval_ms,
            consumer_heartbeat_interval_ms: node.group_consumer_heartbeat_interval_ms,
            consumer_session_timeout_ms: node.group_consumer_session_timeout_ms,
            ..GroupConfig::default()
        }
    }

    /// Whether the node allows what was set here (`GroupConfig.validate`).
    ///
    /// Errors: a value outside the node's limits, a session not longer than the heartbeats within it.
    pub fn validate(&self, node: &BrokerConfig) -> Result<(), ConfigError> {
        let limits: [Limit; 3] = [
            (
                "consumer.assignment.interval.ms",
                self.consumer_assignment_interval_ms,
                "group.consumer.min.assignment.interval.ms",
                node.group_consumer_min_assignment_interval_ms,
                "group.consumer.max.assignment.interval.ms",
                node.group_consumer_max_assignment_interval_ms,
            ),
            (
                "consumer.heartbeat.interval.ms",
                self.consumer_heartbeat_interval_ms,
                "group.consumer.min.heartbeat.interval.ms",
                node.group_consumer_min_heartbeat_interval_ms,
                "group.consumer.max.heartbeat.interval.ms",
                node.group_consumer_max_heartbeat_interval_ms,
            ),
            (
                "consumer.session.timeout.ms",
                self.consumer_session_timeout_ms,
                "group.consumer.min.session.timeout.ms",
                node.group_consumer_min_session_timeout_ms,
                "group.consumer.max.session.timeout.ms",
                node.group_consumer_max_session_timeout_ms,
            ),
        ];
        let set = limits.into_iter().filter(|limit| self.is_set(limit.0));
        let broken = set.into_iter().find_map(|(key, value, least_key, least, largest_key, largest)| match value {
            _ if value < least => Some((key, least_key, format!("{value} is below {least}"))),
            _ if value > largest => Some((key, largest_key, format!("{value} is above {largest}"))),
            _ => None,
        });
        if let Some((key, other, reason)) = broken {
            return Err(ConfigError::Conflict { subject: "group", key, other, reason });
        }
        let effective = self.over(&GroupConfig::of_node(node));
        check_session(
            ("consumer.session.timeout.ms", effective.consumer_session_timeout_ms),
            ("consumer.heartbeat.interval.ms", effective.consumer_heartbeat_interval_ms),
        )?;
        check_session(
            ("share.session.timeout.ms", effective.share_session_timeout_ms),
            ("share.heartbeat.interval.ms", effective.share_heartbeat_interval_ms),
        )?;
        check_session(
            ("streams.session.timeout.ms", effective.streams_session_timeout_ms),
            ("streams.heartbeat.interval.ms", effective.streams_heartbeat_interval_ms),
        )
    }
}

fn check_session(session: (&'static str, i32), heartbeat: (&'static str, i32)) -> Result<(), ConfigError> {
    if session.1 > heartbeat.1 {
        return Ok(());
    }
    let reason = format!("a session of {} is not longer than the {} between heartbeats", session.1, heartbeat.1);
    Err(ConfigError::Conflict { subject: "group", key: session.0, other: heartbeat.0, reason })
}
