//! The narrow waist: what streams, connect and SQL know of a log, whoever keeps it.
//!
//! Three small, object-safe roles ([`Admin`], [`Producer`], [`Consumer`]) behind one [`Log`]. They move record batches, not records. The memory
//! log here, the embedded log of `log-broker` and a log kept by a Kafka cluster (feature `kafka`) pass one contract suite ([`contract`]).
//!
//! The path of the data: a [`log_record::RecordBatch`] goes through [`Producer::send`] into the log, is given its offset there, and comes back as
//! the same bytes in a [`FetchedBatch`]. Logs kept in the process of their clients share the consumer and the groups of [`local`], whose
//! membership decisions are the pure [`group_machine`].
//!
//! There is no clock here: [`Consumer::poll`] returns at once and [`Consumer::ready`] resolves when polling again may be worth it, so the
//! caller decides with its own clock how long to wait.

mod admin;
mod consumer;
pub mod contract;
mod error;
pub mod group_machine;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod local;
mod log;
pub mod memory;
mod partitioner;
mod producer;

pub use admin::{Admin, NewTopic, OffsetAndTimestamp, OffsetSpec, PartitionInfo, TopicDescription};
pub use consumer::{
    Consumer, ConsumerOptions, FetchLimit, FetchedBatch, GroupMetadata, Isolation, OffsetAndMetadata, OffsetReset, Poll, Position,
    Rebalance,
};
pub use error::{Error, Result};
pub use log::Log;
pub use partitioner::partition_for_key;
pub use producer::{Delivery, Producer, ProducerOptions};
