//! Values that are one of a few words, each with its word.

use super::key::ConfigType;
use super::value::Value;
use serde::{Deserialize, Serialize};

/// Implements `Value` for an enum of words. The first word of a variant is the one written; all are read.
macro_rules! words {
    ($type:ty as $config_type:ident { $($variant:pat = $value:expr => $word:literal $(or $other:literal)*),* $(,)? } else $takes:literal) => {
        impl Value for $type {
            const TYPE: ConfigType = ConfigType::$config_type;

            fn parse(text: &str) -> Result<Self, String> {
                match text.trim() {
                    $($word $(| $other)* => Ok($value),)*
                    _ => Err($takes.to_string()),
                }
            }

            fn format(&self) -> Option<String> {
                Some(match self { $($variant => $word,)* }.to_string())
            }
        }
    };
}

/// What happens to old records (`cleanup.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CleanupPolicy {
    /// Old segments are deleted by time and size.
    Delete,
    /// The last value of each key is kept.
    Compact,
    /// Both.
    CompactDelete,
    /// Neither: records stay until they are deleted by hand. Written as an empty list.
    Keep,
}

impl CleanupPolicy {
    /// Whether compaction applies.
    pub fn compacts(self) -> bool {
        matches!(self, CleanupPolicy::Compact | CleanupPolicy::CompactDelete)
    }

    /// Whether retention by time and size applies.
    pub fn deletes(self) -> bool {
        matches!(self, CleanupPolicy::Delete | CleanupPolicy::CompactDelete)
    }
}

impl Value for CleanupPolicy {
    const TYPE: ConfigType = ConfigType::List;

    fn parse(text: &str) -> Result<Self, String> {
        let items = Vec::<String>::parse(text)?;
        if !items.iter().all(|item| item == "delete" || item == "compact") {
            return Err("it takes delete, compact or compact,delete".to_string());
        }
        let has = |word: &str| items.iter().any(|item| item == word);
        Ok(match (has("compact"), has("delete")) {
            (true, true) => CleanupPolicy::CompactDelete,
            (true, false) => CleanupPolicy::Compact,
            (false, true) => CleanupPolicy::Delete,
            (false, false) => CleanupPolicy::Keep,
        })
    }

    fn format(&self) -> Option<String> {
        let text = match self {
            CleanupPolicy::Delete => "delete",
            CleanupPolicy::Compact => "compact",
            CleanupPolicy::CompactDelete => "compact,delete",
            CleanupPolicy::Keep => "",
        };
        Some(text.to_string())
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

words! {
    Option<CompressionType> as String {
        None = None => "producer",
        Some(CompressionType::None) = Some(CompressionType::None) => "uncompressed" or "none",
        Some(CompressionType::Gzip) = Some(CompressionType::Gzip) => "gzip",
        Some(CompressionType::Snappy) = Some(CompressionType::Snappy) => "snappy",
        Some(CompressionType::Lz4) = Some(CompressionType::Lz4) => "lz4",
        Some(CompressionType::Zstd) = Some(CompressionType::Zstd) => "zstd",
    } else "it takes producer, uncompressed, gzip, snappy, lz4 or zstd"
}

/// Whose clock stamps a record (`message.timestamp.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The log's, at append.
    LogAppendTime,
}

words! {
    TimestampType as String {
        TimestampType::CreateTime = TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime = TimestampType::LogAppendTime => "LogAppendTime",
    } else "it takes CreateTime or LogAppendTime"
}

/// When an acknowledged batch is on stable storage (`headwater.flush`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlushMode {
    /// Before the acknowledgement: the default.
    Sync,
    /// Whenever the operating system writes it: Kafka's behaviour. Survives the death of the process, not of the machine.
    Os,
}

words! {
    FlushMode as String {
        FlushMode::Sync = FlushMode::Sync => "sync",
        FlushMode::Os = FlushMode::Os => "os",
    } else "it takes sync or os"
}

/// Which way a group may go between the classic and the consumer protocol (`group.consumer.migration.policy`, KIP-848).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MigrationPolicy {
    /// Neither way.
    Disabled,
    /// From the consumer protocol to the classic one.
    Downgrade,
    /// From the classic protocol to the consumer one.
    Upgrade,
    /// Both ways.
    Bidirectional,
}

impl MigrationPolicy {
    /// Whether a classic group may become a consumer group.
    pub fn upgrades(self) -> bool {
        matches!(self, MigrationPolicy::Upgrade | MigrationPolicy::Bidirectional)
    }

    /// Whether a consumer group may become a classic group.
    pub fn downgrades(self) -> bool {
        matches!(self, MigrationPolicy::Downgrade | MigrationPolicy::Bidirectional)
    }
}

words! {
    MigrationPolicy as String {
        MigrationPolicy::Disabled = MigrationPolicy::Disabled => "disabled" or "DISABLED",
        MigrationPolicy::Downgrade = MigrationPolicy::Downgrade => "downgrade" or "DOWNGRADE",
        MigrationPolicy::Upgrade = MigrationPolicy::Upgrade => "upgrade" or "UPGRADE",
        MigrationPolicy::Bidirectional = MigrationPolicy::Bidirectional => "bidirectional" or "BIDIRECTIONAL",
    } else "it takes disabled, downgrade, upgrade or bidirectional"
}
