//! Configuration of topics, groups and nodes under Kafka's keys, and our own keys under `headwater.`.
//!
//! A key is one entry of the table in `topic`, `group` or `broker`: documentation, field, type, default, name, effect, bounds.
//! Everything else (parsing, listing, what was set, lists, the nearest name) is the same for the three and made by `configuration!`.

#[macro_use]
mod table;
mod broker;
mod broker_rules;
mod error;
mod group;
mod key;
mod nearest;
mod rule;
mod topic;
mod types;
mod value;
mod words;

#[cfg(test)]
mod tests;

pub use broker::BrokerConfig;
pub use error::ConfigError;
pub use group::GroupConfig;
pub use key::{Access, ConfigType, Effect, Key};
pub use table::SetToDefault;
pub use topic::TopicConfig;
pub use types::Ratio;
pub use words::{CleanupPolicy, CompressionType, FlushMode, MigrationPolicy, RecordCheck, TimestampType};
