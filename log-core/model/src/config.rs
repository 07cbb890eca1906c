//! Topic configuration: Kafka's keys, defaults and validation, and our own keys under `headwater.`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// What happens to old records (`cleanup.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CleanupPolicy {
    /// Old segments are deleted by time and size.
    Delete,
    /// The last value of each key is kept.
    Compact,
    /// Both.
    CompactDelete,
}

impl CleanupPolicy {
    /// Whether compaction applies.
    pub fn compacts(self) -> bool {
        self != CleanupPolicy::Delete
    }

    /// Whether retention by time and size applies.
    pub fn deletes(self) -> bool {
        self != CleanupPolicy::Compact
    }
}

/// The codec of a record batch (`compression.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the codecs'")]
pub enum CompressionType {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

/// Whose clock stamps a record (`message.timestamp.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The log's, at append.
    LogAppendTime,
}

/// When an acknowledged batch is on stable storage (`headwater.flush`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlushMode {
    /// Before the acknowledgement: the default.
    Sync,
    /// Whenever the operating system writes it: Kafka's behaviour. Survives the death of the process, not of the machine.
    Os,
}

/// A refused configuration entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The key is not one of ours.
    #[error("unknown topic configuration {key:?}{}", hint(nearest))]
    UnknownKey {
        /// The key given.
        key: String,
        /// The known key that resembles it most.
        nearest: Option<&'static str>,
    },
    /// The value does not fit the key.
    #[error("invalid value {value:?} for topic configuration {key}: {reason}")]
    InvalidValue {
        /// The key given.
        key: &'static str,
        /// The value given.
        value: String,
        /// What the key takes.
        reason: &'static str,
    },
}

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// The configuration of one topic. Field names are Kafka's keys with underscores.
///
/// It is stored as text with these names. What an older program stored may lack a key: it has its default then.
///
/// ```
/// use log_model::TopicConfig;
/// let config = TopicConfig::from_entries([("retention.ms", "60000")])?;
/// assert_eq!((config.retention_ms, config.retention_bytes), (60_000, -1));
/// # Ok::<(), log_model::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicConfig {
    /// `cleanup.policy`
    pub cleanup_policy: CleanupPolicy,
    /// `compression.type`: `None` keeps what the producer chose.
    pub compression_type: Option<CompressionType>,
    /// `delete.retention.ms`: how long a tombstone outlives compaction.
    pub delete_retention_ms: i64,
    /// `max.compaction.lag.ms`
    pub max_compaction_lag_ms: i64,
    /// `max.message.bytes`: the largest batch.
    pub max_message_bytes: i32,
    /// `message.timestamp.type`
    pub message_timestamp_type: TimestampType,
    /// `min.cleanable.dirty.ratio`
    pub min_cleanable_dirty_ratio: Ratio,
    /// `min.compaction.lag.ms`
    pub min_compaction_lag_ms: i64,
    /// `retention.bytes`: -1 for no limit.
    pub retention_bytes: i64,
    /// `retention.ms`: -1 for no limit.
    pub retention_ms: i64,
    /// `segment.bytes`
    pub segment_bytes: i32,
    /// `segment.index.bytes`
    pub segment_index_bytes: i32,
    /// `segment.ms`
    pub segment_ms: i64,
    /// `index.interval.bytes`
    pub index_interval_bytes: i32,
    /// `headwater.flush`
    pub flush: FlushMode,
}

/// A fraction between 0 and 1, kept in millionths so that configurations compare exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(pub u32);

impl Default for TopicConfig {
    fn default() -> Self {
        TopicConfig {
            cleanup_policy: CleanupPolicy::Delete,
            compression_type: None,
            delete_retention_ms: 86_400_000,
            max_compaction_lag_ms: i64::MAX,
            max_message_bytes: 1_048_588,
            message_timestamp_type: TimestampType::CreateTime,
            min_cleanable_dirty_ratio: Ratio(500_000),
            min_compaction_lag_ms: 0,
            retention_bytes: -1,
            retention_ms: 604_800_000,
            segment_bytes: 1_073_741_824,
            segment_index_bytes: 10_485_760,
            segment_ms: 604_800_000,
            index_interval_bytes: 4096,
            flush: FlushMode::Sync,
        }
    }
}

type Set = fn(&mut TopicConfig, &str) -> Result<(), &'static str>;
type Get = fn(&TopicConfig) -> String;

struct Key {
    name: &'static str,
    set: Set,
    get: Get,
}

/// Every key, in the order they are listed to a user: one line a key.
const KEYS: &[Key] = &[
    Key {
        name: "cleanup.policy",
        set: |c, v| parse_policy(v).map(|x| c.cleanup_policy = x),
        get: |c| policy_text(c.cleanup_policy).into(),
    },
    Key {
        name: "compression.type",
        set: |c, v| parse_compression(v).map(|x| c.compression_type = x),
        get: |c| compression_text(c.compression_type).into(),
    },
    Key {
        name: "delete.retention.ms",
        set: |c, v| int(v, 0).map(|x| c.delete_retention_ms = x),
        get: |c| c.delete_retention_ms.to_string(),
    },
    Key {
        name: "headwater.flush",
        set: |c, v| parse_flush(v).map(|x| c.flush = x),
        get: |c| if c.flush == FlushMode::Sync { "sync".into() } else { "os".into() },
    },
    Key {
        name: "index.interval.bytes",
        set: |c, v| int32(v, 0).map(|x| c.index_interval_bytes = x),
        get: |c| c.index_interval_bytes.to_string(),
    },
    Key {
        name: "max.compaction.lag.ms",
        set: |c, v| int(v, 1).map(|x| c.max_compaction_lag_ms = x),
        get: |c| c.max_compaction_lag_ms.to_string(),
    },
    Key { name: "max.message.bytes", set: |c, v| int32(v, 0).map(|x| c.max_message_bytes = x), get: |c| c.max_message_bytes.to_string() },
    Key {
        name: "message.timestamp.type",
        set: |c, v| parse_timestamp_type(v).map(|x| c.message_timestamp_type = x),
        get: |c| timestamp_text(c.message_timestamp_type).into(),
    },
    Key {
        name: "min.cleanable.dirty.ratio",
        set: |c, v| parse_ratio(v).map(|x| c.min_cleanable_dirty_ratio = x),
        get: |c| (f64::from(c.min_cleanable_dirty_ratio.0) / 1e6).to_string(),
    },
    Key {
        name: "min.compaction.lag.ms",
        set: |c, v| int(v, 0).map(|x| c.min_compaction_lag_ms = x),
        get: |c| c.min_compaction_lag_ms.to_string(),
    },
    Key { name: "retention.bytes", set: |c, v| int(v, -1).map(|x| c.retention_bytes = x), get: |c| c.retention_bytes.to_string() },
    Key { name: "retention.ms", set: |c, v| int(v, -1).map(|x| c.retention_ms = x), get: |c| c.retention_ms.to_string() },
    Key { name: "segment.bytes", set: |c, v| int32(v, 14).map(|x| c.segment_bytes = x), get: |c| c.segment_bytes.to_string() },
    Key {
        name: "segment.index.bytes",
        set: |c, v| int32(v, 4).map(|x| c.segment_index_bytes = x),
        get: |c| c.segment_index_bytes.to_string(),
    },
    Key { name: "segment.ms", set: |c, v| int(v, 1).map(|x| c.segment_ms = x), get: |c| c.segment_ms.to_string() },
];

impl TopicConfig {
    /// The defaults with `entries` set over them.
    ///
    /// Errors: an unknown key (with the nearest known one) or a value the key does not take.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ConfigError> {
        let mut config = TopicConfig::default();
        for (key, value) in entries {
            config.set(key, value)?;
        }
        Ok(config)
    }

    /// Sets one entry.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let key = KEYS.iter().find(|key| key.name == name).ok_or_else(|| unknown(name))?;
        (key.set)(self, value).map_err(|reason| ConfigError::InvalidValue { key: key.name, value: value.to_string(), reason })
    }

    /// All entries as text, defaults included.
    pub fn entries(&self) -> BTreeMap<&'static str, String> {
        KEYS.iter().map(|key| (key.name, (key.get)(self))).collect()
    }
}

fn unknown(name: &str) -> ConfigError {
    let shared = |known: &str| known.split('.').filter(|part| name.contains(part)).map(str::len).sum::<usize>();
    let nearest = KEYS.iter().map(|key| key.name).max_by_key(|known| shared(known)).filter(|known| shared(known) > 0);
    ConfigError::UnknownKey { key: name.to_string(), nearest }
}

fn int(value: &str, min: i64) -> Result<i64, &'static str> {
    let number = value.trim().parse::<i64>().map_err(|_| "it takes a whole number")?;
    if number < min { Err("it is below the least value") } else { Ok(number) }
}

fn int32(value: &str, min: i32) -> Result<i32, &'static str> {
    let number = int(value, i64::from(min))?;
    i32::try_from(number).map_err(|_| "it is above the largest 32-bit number")
}

fn parse_policy(value: &str) -> Result<CleanupPolicy, &'static str> {
    let mut parts: Vec<&str> = value.split(',').map(str::trim).collect();
    parts.sort_unstable();
    match parts.as_slice() {
        ["delete"] => Ok(CleanupPolicy::Delete),
        ["compact"] => Ok(CleanupPolicy::Compact),
        ["compact", "delete"] => Ok(CleanupPolicy::CompactDelete),
        _ => Err("it takes delete, compact or compact,delete"),
    }
}

fn policy_text(policy: CleanupPolicy) -> &'static str {
    match policy {
        CleanupPolicy::Delete => "delete",
        CleanupPolicy::Compact => "compact",
        CleanupPolicy::CompactDelete => "compact,delete",
    }
}

fn parse_compression(value: &str) -> Result<Option<CompressionType>, &'static str> {
    match value {
        "producer" => Ok(None),
        "uncompressed" | "none" => Ok(Some(CompressionType::None)),
        "gzip" => Ok(Some(CompressionType::Gzip)),
        "snappy" => Ok(Some(CompressionType::Snappy)),
        "lz4" => Ok(Some(CompressionType::Lz4)),
        "zstd" => Ok(Some(CompressionType::Zstd)),
        _ => Err("it takes producer, uncompressed, gzip, snappy, lz4 or zstd"),
    }
}

fn compression_text(compression: Option<CompressionType>) -> &'static str {
    match compression {
        None => "producer",
        Some(CompressionType::None) => "uncompressed",
        Some(CompressionType::Gzip) => "gzip",
        Some(CompressionType::Snappy) => "snappy",
        Some(CompressionType::Lz4) => "lz4",
        Some(CompressionType::Zstd) => "zstd",
    }
}

fn parse_flush(value: &str) -> Result<FlushMode, &'static str> {
    match value {
        "sync" => Ok(FlushMode::Sync),
        "os" => Ok(FlushMode::Os),
        _ => Err("it takes sync or os"),
    }
}

fn parse_timestamp_type(value: &str) -> Result<TimestampType, &'static str> {
    match value {
        "CreateTime" => Ok(TimestampType::CreateTime),
        "LogAppendTime" => Ok(TimestampType::LogAppendTime),
        _ => Err("it takes CreateTime or LogAppendTime"),
    }
}

fn timestamp_text(kind: TimestampType) -> &'static str {
    match kind {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn parse_ratio(value: &str) -> Result<Ratio, &'static str> {
    let number = value.trim().parse::<f64>().map_err(|_| "it takes a number between 0 and 1")?;
    if (0.0..=1.0).contains(&number) { Ok(Ratio((number * 1e6) as u32)) } else { Err("it takes a number between 0 and 1") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip() {
        let given = [
            ("cleanup.policy", "compact,delete"),
            ("headwater.flush", "os"),
            ("min.cleanable.dirty.ratio", "0.25"),
            ("segment.bytes", "1024"),
        ];
        let config = TopicConfig::from_entries(given).unwrap();
        let text = config.entries();
        let again = TopicConfig::from_entries(text.iter().map(|(key, value)| (*key, value.as_str()))).unwrap();
        assert_eq!(config, again);
        assert_eq!(again.flush, FlushMode::Os);
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = TopicConfig::from_entries([("retention.msec", "1")]).unwrap_err();
        assert_eq!(error.to_string(), "unknown topic configuration \"retention.msec\"; did you mean \"retention.ms\"?");
    }

    #[test]
    fn a_bad_value_says_what_the_key_takes() {
        let error = TopicConfig::from_entries([("cleanup.policy", "purge")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid value \"purge\" for topic configuration cleanup.policy: it takes delete, compact or compact,delete"
        );
    }
}
