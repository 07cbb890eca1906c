//! Plain values every layer shares: names, ids, offsets, epochs, error kinds and topic configuration.
//!
//! Nothing here does I/O, reads a clock or draws a random number. Wire encodings live in `log-wire` and `log-record`.

mod config;
mod error;
mod group;
mod number;
mod topic;

pub use config::{CleanupPolicy, CompressionType, ConfigError, FlushMode, Ratio, TimestampType, TopicConfig};
pub use error::{ErrorKind, KafkaCode};
pub use group::GroupId;
pub use number::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};
pub use topic::{InvalidTopicName, TopicId, TopicName, TopicPartition, is_internal_topic};
