//! The configuration of a node: Kafka 4.3's keys (`KafkaConfig`) with its defaults and bounds, as far as they say something to a single node.
//!
//! Kafka asks for `node.id` and `process.roles`; they have a default here. Not here: keys of
//! security but for who may do what, of remote storage and of the share coordinator; what holds between keys, and the defaults of topics, are in `broker_rules`.
//!
//! Keys that are kept and do not act have one of these reasons:
//!
//! - There is one node: whatever is about replicas, leaders, controllers, other brokers, and the partitions, replicas and segments of internal topics.
//! - The work is shared out otherwise: threads, queues, buffers of sockets and of loading, the windows of quotas.
//! - The journal takes its place: `log.flush.*` (`headwater.flush` says what is durable when), `log.preallocate`, `log.segment.delete.delay.ms`.
//! - A codec without levels: `compression.lz4.level`.
//! - Nothing would be gained by it: `log.cleaner.enable` (without it `__consumer_offsets` grows for ever), `log.roll.jitter.*` (segments of one journal do not
//!   begin at once), `transaction.partition.verification.enable` (verifying costs nothing here), `request.timeout.ms` (nobody is asked),
//!   `max.connections.per.ip.overrides` (all come from this machine).

use super::error::ConfigError;
use super::key::{Access, Effect, Key};
use super::rule::Rule::{AtLeast, Between, MinusOneOr, OneOf};
use super::table::{self, SetToDefault};
use super::types::Ratio;
use super::value::Value;
use super::words::{CleanupPolicy, CompressionType, MigrationPolicy, TimestampType};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

configuration! {
    "broker";
    /// The configuration of a node. Field names are Kafka's keys with underscores.
    ///
    /// ```
    /// use log_model::BrokerConfig;
    /// let config = BrokerConfig::from_entries([("log.retention.hours", "1")])?;
    /// assert_eq!(config.topic_defaults().retention_ms, 3_600_000);
    /// # Ok::<(), log_model::ConfigError>(())
    /// ```
    pub struct BrokerConfig {
        /// The addresses clients are told, as `NAME://host:port`; where absent, those of `listeners`.
        advertised_listeners: Option<Vec<String>> = None, "advertised.listeners" [Acts ReadOnly];
        /// Whether everybody may do everything to what no ACL covers. Kafka's default is false, and its nodes come without an authorizer.
        allow_everyone_if_no_acl_found: bool = true, "allow.everyone.if.no.acl.found" [Acts ReadOnly];
        /// Whether asking for the metadata of a missing topic makes it.
        auto_create_topics_enable: bool = true, "auto.create.topics.enable" [Acts ReadOnly];
        /// Whether leadership moves back to preferred replicas.
        auto_leader_rebalance_enable: bool = true, "auto.leader.rebalance.enable" [Kept ReadOnly];
        /// How many threads do work in the background.
        background_threads: i32 = 10, "background.threads" [Kept Dynamic] => AtLeast(1);
        /// The rack of the node, which clients may prefer to read from.
        broker_rack: Option<String> = None, "broker.rack" [Acts ReadOnly];
        /// The level of gzip, 1 to 9; -1 leaves it to the codec.
        compression_gzip_level: i32 = -1, "compression.gzip.level" [Acts Dynamic] => MinusOneOr(1, 9);
        /// The level of lz4, 1 to 17; ours has one.
        compression_lz4_level: i32 = 9, "compression.lz4.level" [Kept Dynamic] => Between(1, 17);
        /// The codec of stored batches; `producer` keeps what the producer chose.
        compression_type: Option<CompressionType> = None, "compression.type" [Acts Dynamic];
        /// The level of zstd, -131072 to 22.
        compression_zstd_level: i32 = 3, "compression.zstd.level" [Acts Dynamic] => Between(-131_072, 22);
        /// How long a connection may be idle; a negative value for ever.
        connections_max_idle_ms: i64 = 600_000, "connections.max.idle.ms" [Acts ReadOnly];
        /// Whether a node hands over leadership before it stops.
        controlled_shutdown_enable: bool = true, "controlled.shutdown.enable" [Kept ReadOnly];
        /// The names of the listeners of the controller.
        controller_listener_names: Vec<String> = Vec::new(), "controller.listener.names" [Kept ReadOnly];
        /// The addresses of the controllers to begin with.
        controller_quorum_bootstrap_servers: Vec<String> = Vec::new(), "controller.quorum.bootstrap.servers" [Kept ReadOnly];
        /// The controllers that vote, as `id@host:port`.
        controller_quorum_voters: Vec<String> = Vec::new(), "controller.quorum.voters" [Kept ReadOnly];
        /// How many windows are kept to measure changes of topics.
        controller_quota_window_num: i32 = 11, "controller.quota.window.num" [Kept ReadOnly] => AtLeast(1);
        /// The length of a window in which changes of topics are measured.
        controller_quota_window_size_seconds: i32 = 1, "controller.quota.window.size.seconds" [Kept ReadOnly] => AtLeast(1);
        /// How many replicas a new topic has where nobody says.
        default_replication_factor: i32 = 1, "default.replication.factor" [Acts ReadOnly];
        /// Whether topics can be deleted.
        delete_topic_enable: bool = true, "delete.topic.enable" [Acts ReadOnly];
        /// The largest answer to a fetch.
        fetch_max_bytes: i32 = 57_671_680, "fetch.max.bytes" [Acts ReadOnly] => AtLeast(1024);
        /// How long at least lies between two assignments of a consumer group.
        group_consumer_assignment_interval_ms: i32 = 1000, "group.consumer.assignment.interval.ms" [Acts Dynamic] => AtLeast(0);
        /// The assignors of consumer groups; the first is the default.
        group_consumer_assignors: Vec<String> = list(&["uniform", "range"]), "group.consumer.assignors" [Acts ReadOnly]
            => OneOf(&["uniform", "range"]);
        /// How often a member of a consumer group sends a heartbeat.
        group_consumer_heartbeat_interval_ms: i32 = 5000, "group.consumer.heartbeat.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// The largest `consumer.assignment.interval.ms` of a group.
        group_consumer_max_assignment_interval_ms: i32 = 15_000, "group.consumer.max.assignment.interval.ms" [Acts ReadOnly] => AtLeast(0);
        /// The largest `consumer.heartbeat.interval.ms` of a group.
        group_consumer_max_heartbeat_interval_ms: i32 = 15_000, "group.consumer.max.heartbeat.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// The largest `consumer.session.timeout.ms` of a group.
        group_consumer_max_session_timeout_ms: i32 = 60_000, "group.consumer.max.session.timeout.ms" [Acts ReadOnly] => AtLeast(1);
        /// How many members a consumer group may have.
        group_consumer_max_size: i32 = i32::MAX, "group.consumer.max.size" [Acts ReadOnly] => AtLeast(1);
        /// Which way a group may go between the classic and the consumer protocol.
        group_consumer_migration_policy: MigrationPolicy = MigrationPolicy::Bidirectional, "group.consumer.migration.policy" [Acts ReadOnly];
        /// The least `consumer.assignment.interval.ms` of a group.
        group_consumer_min_assignment_interval_ms: i32 = 0, "group.consumer.min.assignment.interval.ms" [Acts ReadOnly] => AtLeast(0);
        /// The least `consumer.heartbeat.interval.ms` of a group.
        group_consumer_min_heartbeat_interval_ms: i32 = 5000, "group.consumer.min.heartbeat.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// The least `consumer.session.timeout.ms` of a group.
        group_consumer_min_session_timeout_ms: i32 = 45_000, "group.consumer.min.session.timeout.ms" [Acts ReadOnly] => AtLeast(1);
        /// How often the topics that match a regular expression are looked up again.
        group_consumer_regex_refresh_interval_ms: i32 = 600_000, "group.consumer.regex.refresh.interval.ms" [Acts ReadOnly] => AtLeast(10_000);
        /// How long a member of a consumer group may be silent.
        group_consumer_session_timeout_ms: i32 = 45_000, "group.consumer.session.timeout.ms" [Acts ReadOnly] => AtLeast(1);
        /// How long the group coordinator gathers records before it writes them; -1 adapts to the load.
        group_coordinator_append_linger_ms: i32 = -1, "group.coordinator.append.linger.ms" [Kept ReadOnly] => AtLeast(-1);
        /// The protocols of groups that are served.
        group_coordinator_rebalance_protocols: Vec<String> = list(&["classic", "consumer", "streams"]),
            "group.coordinator.rebalance.protocols" [Acts ReadOnly] => OneOf(&["classic", "consumer", "share", "streams"]);
        /// How many threads coordinate groups.
        group_coordinator_threads: i32 = 4, "group.coordinator.threads" [Kept ReadOnly] => AtLeast(1);
        /// How long a new classic group waits for more members.
        group_initial_rebalance_delay_ms: i32 = 3000, "group.initial.rebalance.delay.ms" [Acts ReadOnly];
        /// The largest session timeout of a classic member.
        group_max_session_timeout_ms: i32 = 1_800_000, "group.max.session.timeout.ms" [Acts ReadOnly];
        /// How many members a classic group may have.
        group_max_size: i32 = i32::MAX, "group.max.size" [Acts ReadOnly] => AtLeast(1);
        /// The least session timeout of a classic member.
        group_min_session_timeout_ms: i32 = 6000, "group.min.session.timeout.ms" [Acts ReadOnly];
        /// The listener nodes talk to each other by.
        inter_broker_listener_name: Option<String> = None, "inter.broker.listener.name" [Kept ReadOnly];
        /// How often it is checked whether leaders are the preferred ones.
        leader_imbalance_check_interval_seconds: i64 = 300, "leader.imbalance.check.interval.seconds" [Kept ReadOnly] => AtLeast(1);
        /// The security protocol of each listener, as `NAME:PROTOCOL`.
        listener_security_protocol_map: String = "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT".to_string(),
            "listener.security.protocol.map" [Acts ReadOnly];
        /// The addresses the node listens at, as `NAME://host:port`.
        listeners: Vec<String> = list(&["PLAINTEXT://:9092"]), "listeners" [Acts ReadOnly];
        /// How long the cleaner rests when there is nothing to compact.
        log_cleaner_backoff_ms: i64 = 15_000, "log.cleaner.backoff.ms" [Acts ReadOnly] => AtLeast(0);
        /// The memory compaction may take to find the last record of each key.
        log_cleaner_dedupe_buffer_size: i64 = 134_217_728, "log.cleaner.dedupe.buffer.size" [Kept Dynamic];
        /// How long a tombstone outlives compaction.
        log_cleaner_delete_retention_ms: i64 = 86_400_000, "log.cleaner.delete.retention.ms" [Acts Dynamic] => AtLeast(0);
        /// Whether logs are compacted.
        log_cleaner_enable: bool = true, "log.cleaner.enable" [Kept ReadOnly];
        /// How long a record may escape compaction.
        log_cleaner_max_compaction_lag_ms: i64 = i64::MAX, "log.cleaner.max.compaction.lag.ms" [Acts Dynamic] => AtLeast(1);
        /// The share of a log not yet compacted that makes compaction worth while.
        log_cleaner_min_cleanable_ratio: Ratio = Ratio(500_000), "log.cleaner.min.cleanable.ratio" [Acts Dynamic];
        /// How long a record is safe from compaction.
        log_cleaner_min_compaction_lag_ms: i64 = 0, "log.cleaner.min.compaction.lag.ms" [Acts Dynamic] => AtLeast(0);
        /// How many threads compact.
        log_cleaner_threads: i32 = 1, "log.cleaner.threads" [Kept Dynamic] => AtLeast(0);
        /// What happens to old records: `delete`, `compact`, both, or nothing if empty.
        log_cleanup_policy: CleanupPolicy = CleanupPolicy::Delete, "log.cleanup.policy" [Acts Dynamic];
        /// The data directories; where absent, the one the program was given.
        log_dirs: Option<Vec<String>> = None, "log.dirs" [Acts ReadOnly];
        /// How many records may wait for a flush; `headwater.flush` decides instead.
        log_flush_interval_messages: i64 = i64::MAX, "log.flush.interval.messages" [Kept Dynamic] => AtLeast(1);
        /// How long a record may wait for a flush; where absent, as long as the scheduler says.
        log_flush_interval_ms: Option<i64> = None, "log.flush.interval.ms" [Kept Dynamic];
        /// How often it is checked whether a log is to be flushed.
        log_flush_scheduler_interval_ms: i64 = i64::MAX, "log.flush.scheduler.interval.ms" [Kept ReadOnly];
        /// How many bytes of a segment lie between two entries of its offset index.
        log_index_interval_bytes: i32 = 4096, "log.index.interval.bytes" [Acts Dynamic] => AtLeast(0);
        /// The size an index of a segment may reach.
        log_index_size_max_bytes: i32 = 10_485_760, "log.index.size.max.bytes" [Acts Dynamic] => AtLeast(4);
        /// The size a partition keeps locally beside remote storage; -2 is `log.retention.bytes`.
        log_local_retention_bytes: i64 = -2, "log.local.retention.bytes" [Kept Dynamic] => AtLeast(-2);
        /// How long a segment stays locally beside remote storage; -2 is the retention.
        log_local_retention_ms: i64 = -2, "log.local.retention.ms" [Kept Dynamic] => AtLeast(-2);
        /// How far a record's timestamp may lie after the log's clock.
        log_message_timestamp_after_max_ms: i64 = 3_600_000, "log.message.timestamp.after.max.ms" [Acts Dynamic] => AtLeast(0);
        /// How far a record's timestamp may lie before the log's clock.
        log_message_timestamp_before_max_ms: i64 = i64::MAX, "log.message.timestamp.before.max.ms" [Acts Dynamic] => AtLeast(0);
        /// Whose clock stamps a record: the producer's (`CreateTime`) or the log's (`LogAppendTime`).
        log_message_timestamp_type: TimestampType = TimestampType::CreateTime, "log.message.timestamp.type" [Acts Dynamic];
        /// Whether the file of a new segment is given its full size at once.
        log_preallocate: bool = false, "log.preallocate" [Kept Dynamic];
        /// The size a partition may reach before its oldest segments go; no limit below 0.
        log_retention_bytes: i64 = -1, "log.retention.bytes" [Acts Dynamic];
        /// How often retention is applied.
        log_retention_check_interval_ms: i64 = 300_000, "log.retention.check.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// How long records stay, where neither minutes nor milliseconds are given; -1 for no limit.
        log_retention_hours: i32 = 168, "log.retention.hours" [Acts ReadOnly];
        /// How long records stay, where milliseconds are not given; -1 for no limit.
        log_retention_minutes: Option<i32> = None, "log.retention.minutes" [Acts ReadOnly];
        /// How long records stay; -1 for no limit.
        log_retention_ms: Option<i64> = None, "log.retention.ms" [Acts Dynamic] from "log.retention.minutes" "log.retention.hours";
        /// The age at which a new segment begins, where milliseconds are not given.
        log_roll_hours: i32 = 168, "log.roll.hours" [Acts ReadOnly] => AtLeast(1);
        /// By how much at most the age is shortened, where milliseconds are not given.
        log_roll_jitter_hours: i32 = 0, "log.roll.jitter.hours" [Kept ReadOnly] => AtLeast(0);
        /// By how much at most the age is shortened.
        log_roll_jitter_ms: Option<i64> = None, "log.roll.jitter.ms" [Kept Dynamic] from "log.roll.jitter.hours";
        /// The age at which a new segment begins though the old one is not full.
        log_roll_ms: Option<i64> = None, "log.roll.ms" [Acts Dynamic] from "log.roll.hours";
        /// The size at which a new segment begins.
        log_segment_bytes: i32 = 1_073_741_824, "log.segment.bytes" [Acts Dynamic] => AtLeast(1_048_576);
        /// How long a removed segment would stay on disk; ours go when their last reader has gone.
        log_segment_delete_delay_ms: i64 = 60_000, "log.segment.delete.delay.ms" [Kept Dynamic] => AtLeast(0);
        /// How many connections may be made in a second; others wait.
        max_connection_creation_rate: i32 = i32::MAX, "max.connection.creation.rate" [Acts Dynamic] => AtLeast(0);
        /// How many connections may be open.
        max_connections: i32 = i32::MAX, "max.connections" [Acts Dynamic] => AtLeast(0);
        /// How many connections one address may have open.
        max_connections_per_ip: i32 = i32::MAX, "max.connections.per.ip" [Acts Dynamic] => AtLeast(0);
        /// How many connections certain addresses may have open, as `host:count`.
        max_connections_per_ip_overrides: String = String::new(), "max.connections.per.ip.overrides" [Kept Dynamic];
        /// How many incremental fetch sessions are kept.
        max_incremental_fetch_session_cache_slots: i32 = 1000, "max.incremental.fetch.session.cache.slots" [Acts ReadOnly] => AtLeast(0);
        /// How many partitions one answer that describes topics may hold.
        max_request_partition_size_limit: i32 = 2000, "max.request.partition.size.limit" [Acts ReadOnly] => AtLeast(1);
        /// The largest batch, as stored.
        message_max_bytes: i32 = 1_048_588, "message.max.bytes" [Acts Dynamic] => AtLeast(0);
        /// The directory of the cluster's metadata.
        metadata_log_dir: Option<String> = None, "metadata.log.dir" [Kept ReadOnly];
        /// How many replicas must have a batch that is produced with acks=all.
        min_insync_replicas: i32 = 1, "min.insync.replicas" [Kept Dynamic] => AtLeast(1);
        /// The number of the node in its cluster.
        node_id: i32 = 1, "node.id" [Acts ReadOnly] => AtLeast(0);
        /// How many threads serve requests.
        num_io_threads: i32 = 8, "num.io.threads" [Kept Dynamic] => AtLeast(1);
        /// How many threads read and write connections.
        num_network_threads: i32 = 3, "num.network.threads" [Kept Dynamic] => AtLeast(1);
        /// How many partitions a new topic has where nobody says.
        num_partitions: i32 = 1, "num.partitions" [Acts ReadOnly] => AtLeast(1);
        /// How many threads open the logs of a data directory.
        num_recovery_threads_per_data_dir: i32 = 2, "num.recovery.threads.per.data.dir" [Kept Dynamic] => AtLeast(1);
        /// How many threads copy from leaders.
        num_replica_fetchers: i32 = 1, "num.replica.fetchers" [Kept Dynamic] => AtLeast(1);
        /// The longest text that can be stored with an offset.
        offset_metadata_max_bytes: i32 = 4096, "offset.metadata.max.bytes" [Acts ReadOnly];
        /// How long a commit of offsets may wait for its replicas.
        offsets_commit_timeout_ms: i32 = 5000, "offsets.commit.timeout.ms" [Kept ReadOnly] => AtLeast(1);
        /// How many bytes are read at once when offsets are loaded.
        offsets_load_buffer_size: i32 = 5_242_880, "offsets.load.buffer.size" [Kept ReadOnly] => AtLeast(1);
        /// How often old offsets are looked for.
        offsets_retention_check_interval_ms: i64 = 600_000, "offsets.retention.check.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// How long the offsets of a group without members stay.
        offsets_retention_minutes: i32 = 10_080, "offsets.retention.minutes" [Acts ReadOnly] => AtLeast(1);
        /// The number of Kafka's codec for the topic of offsets.
        offsets_topic_compression_codec: i32 = 0, "offsets.topic.compression.codec" [Kept ReadOnly];
        /// How many partitions the topic of offsets has.
        offsets_topic_num_partitions: i32 = 50, "offsets.topic.num.partitions" [Kept ReadOnly] => AtLeast(1);
        /// How many replicas the topic of offsets has.
        offsets_topic_replication_factor: i16 = 3, "offsets.topic.replication.factor" [Kept ReadOnly] => AtLeast(1);
        /// The size of a segment of the topic of offsets.
        offsets_topic_segment_bytes: i32 = 104_857_600, "offsets.topic.segment.bytes" [Kept ReadOnly] => AtLeast(1);
        /// What the node is: `broker`, `controller` or both.
        process_roles: Vec<String> = list(&["broker", "controller"]), "process.roles" [Kept ReadOnly] => OneOf(&["broker", "controller"]);
        /// How long a partition remembers a producer that writes nothing.
        producer_id_expiration_ms: i32 = 86_400_000, "producer.id.expiration.ms" [Acts Dynamic] => AtLeast(1);
        /// How many bytes of requests may wait; -1 for no limit.
        queued_max_request_bytes: i64 = -1, "queued.max.request.bytes" [Acts ReadOnly];
        /// How many requests may wait before connections are no longer read.
        queued_max_requests: i32 = 500, "queued.max.requests" [Kept ReadOnly] => AtLeast(1);
        /// How many windows are kept to measure clients.
        quota_window_num: i32 = 11, "quota.window.num" [Kept ReadOnly] => AtLeast(1);
        /// The length of a window in which clients are measured.
        quota_window_size_seconds: i32 = 1, "quota.window.size.seconds" [Kept ReadOnly] => AtLeast(1);
        /// How long a follower may be behind before it is out of sync.
        replica_lag_time_max_ms: i64 = 30_000, "replica.lag.time.max.ms" [Kept ReadOnly];
        /// How long a request between nodes may take.
        request_timeout_ms: i32 = 30_000, "request.timeout.ms" [Kept ReadOnly];
        /// How many connections may wait to be accepted.
        socket_listen_backlog_size: i32 = 50, "socket.listen.backlog.size" [Kept ReadOnly] => AtLeast(1);
        /// The receive buffer of a connection; -1 leaves it to the operating system.
        socket_receive_buffer_bytes: i32 = 102_400, "socket.receive.buffer.bytes" [Kept ReadOnly];
        /// The largest request.
        socket_request_max_bytes: i32 = 104_857_600, "socket.request.max.bytes" [Acts ReadOnly] => AtLeast(1);
        /// The send buffer of a connection; -1 leaves it to the operating system.
        socket_send_buffer_bytes: i32 = 102_400, "socket.send.buffer.bytes" [Kept ReadOnly];
        /// Who may do everything whatever the ACLs say, as `User:alice;User:bob`.
        super_users: Option<String> = None, "super.users" [Acts ReadOnly];
        /// How often transactions that ran out of time are looked for.
        transaction_abort_timed_out_transaction_cleanup_interval_ms: i32 = 10_000,
            "transaction.abort.timed.out.transaction.cleanup.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// The largest transaction timeout a producer may ask for.
        transaction_max_timeout_ms: i32 = 900_000, "transaction.max.timeout.ms" [Acts ReadOnly] => AtLeast(1);
        /// Whether a partition asks whether a transaction is open before it takes its first batch.
        transaction_partition_verification_enable: bool = true, "transaction.partition.verification.enable" [Kept Dynamic];
        /// How often transactional ids that are no longer used are looked for.
        transaction_remove_expired_transaction_cleanup_interval_ms: i32 = 3_600_000,
            "transaction.remove.expired.transaction.cleanup.interval.ms" [Acts ReadOnly] => AtLeast(1);
        /// How many bytes are read at once when transactions are loaded.
        transaction_state_log_load_buffer_size: i32 = 5_242_880, "transaction.state.log.load.buffer.size" [Kept ReadOnly] => AtLeast(1);
        /// How many replicas of the topic of transactions must be in sync.
        transaction_state_log_min_isr: i32 = 2, "transaction.state.log.min.isr" [Kept ReadOnly] => AtLeast(1);
        /// How many partitions the topic of transactions has.
        transaction_state_log_num_partitions: i32 = 50, "transaction.state.log.num.partitions" [Kept ReadOnly] => AtLeast(1);
        /// How many replicas the topic of transactions has.
        transaction_state_log_replication_factor: i16 = 3, "transaction.state.log.replication.factor" [Kept ReadOnly] => AtLeast(1);
        /// The size of a segment of the topic of transactions.
        transaction_state_log_segment_bytes: i32 = 104_857_600, "transaction.state.log.segment.bytes" [Kept ReadOnly] => AtLeast(1);
        /// Whether producers may use two-phase commit.
        transaction_two_phase_commit_enable: bool = false, "transaction.two.phase.commit.enable" [Kept ReadOnly];
        /// How long a transactional id stays that is no longer used.
        transactional_id_expiration_ms: i32 = 604_800_000, "transactional.id.expiration.ms" [Acts ReadOnly] => AtLeast(1);
        /// Whether a replica that is not in sync may become leader.
        unclean_leader_election_enable: bool = false, "unclean.leader.election.enable" [Kept Dynamic];
    }
}
