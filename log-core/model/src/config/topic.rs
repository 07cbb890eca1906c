//! The configuration of one topic: Kafka 4.3's keys (`LogConfig`, `TopicConfig`) with its defaults and bounds, and our own.
//!
//! Kafka's bound of `segment.bytes` is not among the bounds of the table: [`TopicConfig::validate_kafka`] holds it, with what must hold between keys,
//! for what comes over the wire. Not here: which key of a node gives a default, see `BrokerConfig::topic_defaults`.

use super::error::ConfigError;
use super::key::{Access, Effect, Key};
use super::rule::Rule::{AtLeast, Between, MinusOneOr, Text};
use super::rule::throttled_replicas;
use super::table::{self, SetToDefault};
use super::types::Ratio;
use super::value::Value;
use super::words::{CleanupPolicy, CompressionType, FlushMode, RecordCheck, TimestampType};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// The least `segment.bytes` Kafka takes for a topic (KIP-1030).
const KAFKA_SEGMENT_BYTES_MIN: i32 = 1 << 20;

configuration! {
    "topic";
    /// The configuration of one topic. Field names are Kafka's keys with underscores.
    ///
    /// It is stored as text with these names, without what is the default.
    ///
    /// ```
    /// use log_model::TopicConfig;
    /// let config = TopicConfig::from_entries([("retention.ms", "60000")])?;
    /// assert_eq!((config.retention_ms, config.retention_bytes), (60_000, -1));
    /// # Ok::<(), log_model::ConfigError>(())
    /// ```
    pub struct TopicConfig {
        /// What happens to old records: `delete` by time and size, `compact` to the last one of each key, both, or nothing if empty.
        cleanup_policy: CleanupPolicy = CleanupPolicy::Delete, "cleanup.policy" [Acts Dynamic] from "log.cleanup.policy";
        /// The level of gzip, 1 to 9; -1 leaves it to the codec.
        compression_gzip_level: i32 = -1, "compression.gzip.level" [Acts Dynamic] from "compression.gzip.level" => MinusOneOr(1, 9);
        /// The level of lz4, 1 to 17; ours has one.
        compression_lz4_level: i32 = 9, "compression.lz4.level" [Kept Dynamic] from "compression.lz4.level" => Between(1, 17);
        /// The codec of stored batches; `producer` keeps what the producer chose (`None` here).
        compression_type: Option<CompressionType> = None, "compression.type" [Acts Dynamic] from "compression.type";
        /// The level of zstd, -131072 to 22.
        compression_zstd_level: i32 = 3, "compression.zstd.level" [Acts Dynamic] from "compression.zstd.level" => Between(-131_072, 22);
        /// How long a tombstone outlives compaction.
        delete_retention_ms: i64 = 86_400_000, "delete.retention.ms" [Acts Dynamic] from "log.cleaner.delete.retention.ms" => AtLeast(0);
        /// How long a removed segment would stay on disk; ours go when their last reader has gone.
        file_delete_delay_ms: i64 = 60_000, "file.delete.delay.ms" [Kept Dynamic] from "log.segment.delete.delay.ms" => AtLeast(0);
        /// How many records may wait for a flush; `headwater.flush` decides instead.
        flush_messages: i64 = i64::MAX, "flush.messages" [Kept Dynamic] from "log.flush.interval.messages" => AtLeast(1);
        /// How long a record may wait for a flush; `headwater.flush` decides instead.
        flush_ms: i64 = i64::MAX, "flush.ms" [Kept Dynamic] from "log.flush.interval.ms" "log.flush.scheduler.interval.ms" => AtLeast(0);
        /// The replicas whose followers copy within the replication quota, as `partition:broker`, or `*`.
        follower_replication_throttled_replicas: Vec<String> = Vec::new(), "follower.replication.throttled.replicas" [Kept Dynamic]
            => Text(throttled_replicas);
        /// What of a produced batch is looked at before it is taken: its `header`, or all its `records` too, as Kafka does at several times the cost.
        record_check: RecordCheck = RecordCheck::Header, "headwater.check" [Acts Dynamic];
        /// When an acknowledged batch is on stable storage: `sync` before the acknowledgement, `os` whenever the operating system writes it.
        flush: FlushMode = FlushMode::Sync, "headwater.flush" [Acts Dynamic];
        /// How many bytes of a segment lie between two entries of its offset index.
        index_interval_bytes: i32 = 4096, "index.interval.bytes" [Acts Dynamic] from "log.index.interval.bytes" => AtLeast(0);
        /// The replicas whose leaders send within the replication quota, as `partition:broker`, or `*`.
        leader_replication_throttled_replicas: Vec<String> = Vec::new(), "leader.replication.throttled.replicas" [Kept Dynamic]
            => Text(throttled_replicas);
        /// The size a partition keeps locally beside remote storage; -2 is `retention.bytes`.
        local_retention_bytes: i64 = -2, "local.retention.bytes" [Kept Dynamic] from "log.local.retention.bytes" => AtLeast(-2);
        /// How long a segment stays locally beside remote storage; -2 is `retention.ms`.
        local_retention_ms: i64 = -2, "local.retention.ms" [Kept Dynamic] from "log.local.retention.ms" => AtLeast(-2);
        /// How long a record may escape compaction.
        max_compaction_lag_ms: i64 = i64::MAX, "max.compaction.lag.ms" [Acts Dynamic] from "log.cleaner.max.compaction.lag.ms" => AtLeast(1);
        /// The largest batch, as stored.
        max_message_bytes: i32 = 1_048_588, "max.message.bytes" [Acts Dynamic] from "message.max.bytes" => AtLeast(0);
        /// How far a record's timestamp may lie after the log's clock.
        message_timestamp_after_max_ms: i64 = 3_600_000, "message.timestamp.after.max.ms" [Acts Dynamic]
            from "log.message.timestamp.after.max.ms" => AtLeast(0);
        /// How far a record's timestamp may lie before the log's clock.
        message_timestamp_before_max_ms: i64 = i64::MAX, "message.timestamp.before.max.ms" [Acts Dynamic]
            from "log.message.timestamp.before.max.ms" => AtLeast(0);
        /// Whose clock stamps a record: the producer's (`CreateTime`) or the log's (`LogAppendTime`).
        message_timestamp_type: TimestampType = TimestampType::CreateTime, "message.timestamp.type" [Acts Dynamic]
            from "log.message.timestamp.type";
        /// The share of a log not yet compacted that makes compaction worth while.
        min_cleanable_dirty_ratio: Ratio = Ratio(500_000), "min.cleanable.dirty.ratio" [Acts Dynamic] from "log.cleaner.min.cleanable.ratio";
        /// How long a record is safe from compaction.
        min_compaction_lag_ms: i64 = 0, "min.compaction.lag.ms" [Acts Dynamic] from "log.cleaner.min.compaction.lag.ms" => AtLeast(0);
        /// How many replicas must have a batch that is produced with acks=all.
        min_insync_replicas: i32 = 1, "min.insync.replicas" [Kept Dynamic] from "min.insync.replicas" => AtLeast(1);
        /// Whether the file of a new segment is given its full size at once.
        preallocate: bool = false, "preallocate" [Kept Dynamic] from "log.preallocate";
        /// Whether nothing new goes to remote storage.
        remote_log_copy_disable: bool = false, "remote.log.copy.disable" [Kept Dynamic];
        /// Whether remote segments go when remote storage is turned off.
        remote_log_delete_on_disable: bool = false, "remote.log.delete.on.disable" [Kept Dynamic];
        /// Whether old segments move to remote storage.
        remote_storage_enable: bool = false, "remote.storage.enable" [Kept Dynamic];
        /// The size a partition may reach before its oldest segments go; no limit below 0.
        retention_bytes: i64 = -1, "retention.bytes" [Acts Dynamic] from "log.retention.bytes";
        /// How long records stay; -1 for no limit.
        retention_ms: i64 = 604_800_000, "retention.ms" [Acts Dynamic]
            from "log.retention.ms" "log.retention.minutes" "log.retention.hours" => AtLeast(-1);
        /// The size at which a new segment begins.
        segment_bytes: i32 = 1_073_741_824, "segment.bytes" [Acts Dynamic] from "log.segment.bytes" => AtLeast(14);
        /// The size an index of a segment may reach.
        segment_index_bytes: i32 = 10_485_760, "segment.index.bytes" [Acts Dynamic] from "log.index.size.max.bytes" => AtLeast(4);
        /// By how much at most `segment.ms` is shortened, so that segments of many partitions do not begin at once.
        segment_jitter_ms: i64 = 0, "segment.jitter.ms" [Kept Dynamic] from "log.roll.jitter.ms" "log.roll.jitter.hours" => AtLeast(0);
        /// The age at which a new segment begins though the old one is not full.
        segment_ms: i64 = 604_800_000, "segment.ms" [Acts Dynamic] from "log.roll.ms" "log.roll.hours" => AtLeast(1);
        /// Whether a replica that is not in sync may become leader.
        unclean_leader_election_enable: bool = false, "unclean.leader.election.enable" [Kept Dynamic] from "unclean.leader.election.enable";
    }
}

impl TopicConfig {
    /// The level at which records are compressed with a codec, where it is for the log to compress them; `None` where the codec has no levels.
    pub fn compression_level(&self, codec: CompressionType) -> Option<i32> {
        match codec {
            CompressionType::Gzip => Some(self.compression_gzip_level),
            CompressionType::Zstd => Some(self.compression_zstd_level),
            CompressionType::None | CompressionType::Snappy | CompressionType::Lz4 => None,
        }
    }

    /// What Kafka refuses besides single values (`LogConfig.validate`); for configurations that come over the wire.
    ///
    /// Errors: segments below 1 MiB; remote storage, of which a node has none; compaction that must wait longer than it may.
    pub fn validate_kafka(&self) -> Result<(), ConfigError> {
        if self.segment_bytes < KAFKA_SEGMENT_BYTES_MIN {
            return Err(ConfigError::InvalidValue {
                subject: "topic",
                key: "segment.bytes",
                value: self.segment_bytes.to_string(),
                reason: format!("it is below the least value, {KAFKA_SEGMENT_BYTES_MIN}"),
            });
        }
        if self.remote_storage_enable {
            return Err(ConfigError::InvalidValue {
                subject: "topic",
                key: "remote.storage.enable",
                value: self.remote_storage_enable.to_string(),
                reason: "the node has no remote storage".to_string(),
            });
        }
        if self.min_compaction_lag_ms > self.max_compaction_lag_ms {
            return Err(ConfigError::Conflict {
                subject: "topic",
                key: "min.compaction.lag.ms",
                other: "max.compaction.lag.ms",
                reason: format!("{} is above {}", self.min_compaction_lag_ms, self.max_compaction_lag_ms),
            });
        }
        Ok(())
    }
}
