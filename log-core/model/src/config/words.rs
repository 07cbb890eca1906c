//! Values that are one of a few words, each with its word.

use super::key::ConfigType;
use super::value::Value;
use serde::{Deserialize, Serialize};

/// Says which words are taken.
fn takes(words: &[&str]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("it takes {} or {last}", others.join(", ")),
        words => format!("it takes {}", words.join(", ")),
    }
}

/// Declares an enum of words that is a value. Words are read as `is_word` compares them.
macro_rules! words {
    ($is_word:path; $(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident => $word:literal),* $(,)? }) => {
        named! {
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
            pub enum $name {
                $($(#[$doc])* $variant => $word,)*
            }
        }

        impl Value for $name {
            const TYPE: ConfigType = ConfigType::String;

            fn parse(text: &str) -> Result<Self, String> {
                let text = text.trim();
                $name::ALL.iter().copied().find(|word| $is_word(word.name(), text)).ok_or_else(|| takes(&[$($word),*]))
            }

            fn format(&self) -> Option<String> {
                Some(self.name().to_string())
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
        if text.contains(',') && text.split(',').any(|item| item.trim().is_empty()) {
            return Err("an item is empty; it takes delete, compact or compact,delete".to_string());
        }
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

/// The words of `compression.type`; no codec stands for the producer's own choice.
const CODECS: [(&str, Option<CompressionType>); 6] = [
    ("producer", None),
    ("uncompressed", Some(CompressionType::None)),
    ("gzip", Some(CompressionType::Gzip)),
    ("snappy", Some(CompressionType::Snappy)),
    ("lz4", Some(CompressionType::Lz4)),
    ("zstd", Some(CompressionType::Zstd)),
];

impl Value for Option<CompressionType> {
    const TYPE: ConfigType = ConfigType::String;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let found = CODECS.iter().find(|(word, _)| *word == text).map(|(_, codec)| *codec);
        found.ok_or_else(|| takes(&CODECS.map(|(word, _)| word)))
    }

    fn format(&self) -> Option<String> {
        CODECS.iter().find(|(_, codec)| codec == self).map(|(word, _)| (*word).to_string())
    }
}

words! {
    str::eq;
    /// Whose clock stamps a record (`message.timestamp.type`).
    pub enum TimestampType {
        /// The producer's.
        CreateTime => "CreateTime",
        /// The log's, at append.
        LogAppendTime => "LogAppendTime",
    }
}

words! {
    str::eq;
    /// When an acknowledged batch is on stable storage (`headwater.flush`).
    pub enum FlushMode {
        /// Before the acknowledgement: the default.
        Sync => "sync",
        /// Whenever the operating system writes it: Kafka's behaviour. Survives the death of the process, not of the machine.
        Os => "os",
    }
}

words! {
    str::eq;
    /// What of a produced batch is looked at before it is taken (`headwater.check`).
    pub enum RecordCheck {
        /// Its header and its checksum, and records where another rule of the topic asks for them: the default.
        Header => "header",
        /// Every record, decompressed, that it can be read: Kafka's behaviour.
        Records => "records",
    }
}

words! {
    str::eq_ignore_ascii_case;
    /// Which way a group may go between the classic and the consumer protocol (`group.consumer.migration.policy`, KIP-848).
    pub enum MigrationPolicy {
        /// Neither way.
        Disabled => "disabled",
        /// From the consumer protocol to the classic one.
        Downgrade => "downgrade",
        /// From the classic protocol to the consumer one.
        Upgrade => "upgrade",
        /// Both ways.
        Bidirectional => "bidirectional",
    }
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
