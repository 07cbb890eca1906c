//! The log: topics, producers, consumers, transactions; the embedded log that keeps them in a directory, its listener for Kafka clients, and the
//! log that a Kafka cluster keeps (feature `kafka`).

pub use log_broker::{EmbeddedLog, EmbeddedOptions, KafkaListener};
#[cfg(feature = "kafka")]
pub use log_client::kafka::{KafkaLog, KafkaOptions};
pub use log_client::memory::MemoryLog;
pub use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, Error, FetchLimit, FetchedBatch, GroupMetadata, Isolation, Log, NewTopic,
    OffsetAndMetadata, OffsetAndTimestamp, OffsetReset, OffsetSpec, PartitionInfo, Poll, Position, Producer, ProducerOptions, Rebalance,
    Result, TopicDescription, partition_for_key,
};
pub use log_env::{Clock, Env, Mono, raise_open_file_limit};
pub use log_model::acl;
pub use log_model::{
    BrokerConfig, CleanupPolicy, CompressionType, ConfigError, ErrorKind, FlushMode, GroupId, KafkaCode, LeaderEpoch, Offset, Timestamp,
    TimestampType, TopicConfig, TopicId, TopicName, TopicPartition, is_internal_topic,
};
pub use log_record::{BatchBuilder, Header, OffsetRecord, Record, RecordBatch};
