//! The settings of the group coordinator: those of the node, and those that one group overrides.
//!
//! Names and defaults are Kafka 4.3's (`GroupCoordinatorConfig`, `GroupConfig`); limits that Kafka does not have say so.

use log_model::MigrationPolicy;

/// What `group.consumer.assignors` may be.
const ASSIGNOR_ORDERS: [&[&str]; 4] = [&["uniform", "range"], &["range", "uniform"], &["uniform"], &["range"]];

/// The assignors of these names, in their order; the default ones if that makes no sense.
pub fn assignors(names: &[String]) -> &'static [&'static str] {
    ASSIGNOR_ORDERS.into_iter().find(|order| order.iter().eq(names)).unwrap_or(ASSIGNOR_ORDERS[0])
}

/// Settings of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupsConfig {
    /// `group.min.session.timeout.ms`: the shortest session a classic member may ask for.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`: the longest.
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`: how long an empty classic group waits for more members before its first generation.
    pub initial_rebalance_delay_ms: i32,
    /// `group.max.size`: members of a classic group.
    pub max_size: usize,
    /// `group.consumer.max.size`: members of a consumer group.
    pub consumer_max_size: usize,
    /// `group.consumer.session.timeout.ms`.
    pub consumer_session_timeout_ms: i32,
    /// `group.consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval_ms: i32,
    /// `group.consumer.assignment.interval.ms`: the shortest time between two target assignments of a group; 0 for none.
    pub consumer_assignment_interval_ms: i32,
    /// `group.consumer.assignors`: those that consumer groups may use; the first is used when members ask for none.
    pub consumer_assignors: &'static [&'static str],
    /// `group.consumer.regex.refresh.interval.ms`: after how long regular expressions are matched again though topics have not changed.
    pub regex_refresh_interval_ms: i32,
    /// `group.consumer.migration.policy`: whether a group with members may go from one protocol to the other.
    pub migration_policy: MigrationPolicy,
    /// Bytes that the members of one group may hold in names, metadata and assignments. Not in Kafka, where the size of a record is the limit.
    pub group_bytes_max: usize,
    /// Groups that the node keeps. Not in Kafka.
    pub groups_max: usize,
    /// Bytes of a regular expression, compiled. Not in Kafka.
    pub regex_compiled_bytes_max: usize,
}

impl Default for GroupsConfig {
    fn default() -> Self {
        GroupsConfig {
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            max_size: i32::MAX as usize,
            consumer_max_size: i32::MAX as usize,
            consumer_session_timeout_ms: 45_000,
            consumer_heartbeat_interval_ms: 5_000,
            consumer_assignment_interval_ms: 1_000,
            consumer_assignors: ASSIGNOR_ORDERS[0],
            regex_refresh_interval_ms: 600_000,
            migration_policy: MigrationPolicy::Bidirectional,
            group_bytes_max: 64 << 20,
            groups_max: 100_000,
            regex_compiled_bytes_max: 1 << 20,
        }
    }
}

/// What one group overrides; `None` is the node's setting. The caller validates against the node's bounds when the setting is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupOverrides {
    /// `consumer.session.timeout.ms`.
    pub consumer_session_timeout_ms: Option<i32>,
    /// `consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval_ms: Option<i32>,
    /// `consumer.assignment.interval.ms`.
    pub consumer_assignment_interval_ms: Option<i32>,
}

impl GroupsConfig {
    /// The settings as one group sees them.
    pub fn for_group(&self, overrides: &GroupOverrides) -> GroupsConfig {
        GroupsConfig {
            consumer_session_timeout_ms: overrides.consumer_session_timeout_ms.unwrap_or(self.consumer_session_timeout_ms),
            consumer_heartbeat_interval_ms: overrides.consumer_heartbeat_interval_ms.unwrap_or(self.consumer_heartbeat_interval_ms),
            consumer_assignment_interval_ms: overrides.consumer_assignment_interval_ms.unwrap_or(self.consumer_assignment_interval_ms),
            ..*self
        }
    }
}
