//! Plain values every layer shares: names, ids, offsets, epochs, error kinds, configuration, access control, quotas.
//!
//! Nothing here does I/O, reads a clock or draws a random number. Wire encodings live in `log-wire` and `log-record`.

#[macro_use]
mod named;
pub mod acl;
pub mod config;
mod error;
mod group;
mod kafka_code;
mod number;
pub mod quota;
mod topic;

pub use config::{
    BrokerConfig, CleanupPolicy, CompressionType, ConfigError, FlushMode, GroupConfig, MigrationPolicy, Ratio, TimestampType, TopicConfig,
};
pub use error::ErrorKind;
pub use group::GroupId;
pub use kafka_code::KafkaCode;
pub use number::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};
pub use topic::{InvalidTopicName, TopicId, TopicName, TopicPartition, is_internal_topic};
