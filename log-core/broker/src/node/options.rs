//! The limits and periods of an embedded log.

use log_coordination::groups::{GroupsConfig, assignors};
use log_coordination::transactions::Options as TransactionOptions;
use log_model::BrokerConfig;
use log_storage::DirectoryOptions;
use std::time::Duration;

/// How an embedded log behaves. The defaults suit a machine with a few GiB of memory.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// The room the data directory may take in memory and in the journal.
    pub directory: DirectoryOptions,
    /// The bytes of batches that are sent but not acknowledged; `send` waits beyond it.
    pub in_flight_bytes_max: usize,
    /// The bytes of one transaction; a larger one is refused. No more than half of the journal counts, because a transaction is one entry of it.
    pub transaction_bytes_max: u64,
    /// Batches are copied into segments when so many bytes were staged since the last time, or at the next interval.
    pub write_behind_bytes: u64,
    /// How often staged batches are copied into segments at the latest.
    pub write_behind_interval: Duration,
    /// How often compaction looks at all partitions.
    pub maintenance_interval: Duration,
    /// How often retention does, at one of these looks.
    pub retention_interval: Duration,
    /// The size of a segment of the log's own topics when these are made. They are compacted a segment at a time and read when the log opens, so
    /// small ones keep that quick.
    pub internal_segment_bytes: i32,
    /// How long committed positions outlive the use of them; `None` for ever, as an application expects that alone uses its log: where a
    /// pipeline stood must not be forgotten because it did not run for a while, and nobody else leaves groups behind.
    pub offsets_retention: Option<Duration>,
    /// How often it is looked for positions and groups that nobody uses any more.
    pub offsets_retention_check_interval: Duration,
    /// How groups of Kafka's protocol are coordinated.
    pub groups: GroupsConfig,
    /// How transactions of Kafka's protocol are coordinated.
    pub transactions: TransactionOptions,
    /// Whether commit and background loops have threads of their own. Without, they are tasks of the environment's spawner, as a simulation
    /// needs them.
    pub threads: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        EmbeddedOptions {
            directory: DirectoryOptions::default(),
            in_flight_bytes_max: 16 << 20,
            transaction_bytes_max: 128 << 20,
            write_behind_bytes: 32 << 20,
            write_behind_interval: Duration::from_millis(500),
            maintenance_interval: Duration::from_secs(30),
            retention_interval: Duration::from_secs(30),
            internal_segment_bytes: 16 << 20,
            offsets_retention: None,
            offsets_retention_check_interval: Duration::from_secs(600),
            groups: GroupsConfig::default(),
            transactions: TransactionOptions::default(),
            threads: true,
        }
    }
}

impl EmbeddedOptions {
    /// The options of a node with this configuration.
    pub fn of_node(config: &BrokerConfig) -> EmbeddedOptions {
        let count = |value: i32| usize::try_from(value).unwrap_or(usize::MAX);
        let ms = |value: i64| Duration::from_millis(u64::try_from(value).unwrap_or(0));
        let groups = GroupsConfig {
            min_session_timeout_ms: config.group_min_session_timeout_ms,
            max_session_timeout_ms: config.group_max_session_timeout_ms,
            initial_rebalance_delay_ms: config.group_initial_rebalance_delay_ms,
            max_size: count(config.group_max_size),
            consumer_max_size: count(config.group_consumer_max_size),
            consumer_session_timeout_ms: config.group_consumer_session_timeout_ms,
            consumer_heartbeat_interval_ms: config.group_consumer_heartbeat_interval_ms,
            consumer_assignment_interval_ms: config.group_consumer_assignment_interval_ms,
            consumer_assignors: assignors(&config.group_consumer_assignors),
            regex_refresh_interval_ms: config.group_consumer_regex_refresh_interval_ms,
            migration_policy: config.group_consumer_migration_policy,
            ..GroupsConfig::default()
        };
        let transactions = TransactionOptions {
            transaction_max_timeout_ms: config.transaction_max_timeout_ms,
            transactional_id_expiration_ms: i64::from(config.transactional_id_expiration_ms),
            ..TransactionOptions::default()
        };
        // A server shares its machine's page cache with what reads from it: its own memory is for what is on its way.
        let directory =
            DirectoryOptions { hot_bytes_max: 6 << 20, index_bytes_max: 1 << 20, group_bytes_max: 4 << 20, ..DirectoryOptions::default() };
        EmbeddedOptions {
            directory,
            in_flight_bytes_max: 8 << 20,
            write_behind_bytes: 1 << 20,
            retention_interval: ms(config.log_retention_check_interval_ms),
            maintenance_interval: ms(config.log_cleaner_backoff_ms),
            offsets_retention: Some(ms(i64::from(config.offsets_retention_minutes) * 60_000)),
            offsets_retention_check_interval: ms(config.offsets_retention_check_interval_ms),
            groups,
            transactions,
            ..EmbeddedOptions::default()
        }
    }
}
