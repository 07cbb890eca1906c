//! Headwater for applications: a durable log, streams, connect and SQL in one library.
//!
//! One process opens one directory, and needs no server and no configuration for it; or it talks to servers that speak Kafka's protocol. Each layer is a
//! module behind a feature of the same name:
//!
//! - `log` (default): the embedded log with producers, consumers and transactions;
//! - `admin` (always): a client for the administration of servers that speak Kafka's protocol;
//! - `kafka`: the same over a Kafka cluster or `headwater server`, as `log::KafkaLog`;
//! - `streams`: the typed DSL over RocksDB state, exactly once, and a driver to test topologies with;
//! - `connect`: the worker that runs sources and sinks, the built-in ones, and the traits to write your own;
//! - `sql`: continuous and batch SQL over all of it, through `Headwater`.
//!
//! # Example
//!
//! ```
//! use headwater::log::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let log = EmbeddedLog::open(Env::real(), folder.path(), EmbeddedOptions::default())?;
//! let topic = TopicName::new("greetings")?;
//! log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await?;
//!
//! let mut batch = BatchBuilder::new(CompressionType::None);
//! batch.append_parts(Timestamp(0), Some(b"en"), Some(b"hello"), &[])?;
//! let producer = log.producer(ProducerOptions::default()).await?;
//! let offset = producer.send(&topic.partition(0), batch.build()).await?.await?;
//! assert_eq!(offset, Offset(0)); // durable now
//! log.close()?;
//! # Ok(())
//! # }
//! ```

pub mod log;

pub use log_admin as admin;

#[cfg(feature = "connect")]
pub mod connect;
#[cfg(feature = "sql")]
pub mod sql;
#[cfg(feature = "streams")]
pub mod streams;

#[cfg(feature = "sql")]
mod connectors;
#[cfg(feature = "sql")]
mod node;
#[cfg(feature = "sql")]
mod topic_users;

#[cfg(feature = "sql")]
pub use node::{Error, Headwater, HeadwaterOptions};
#[cfg(feature = "sql")]
pub use topic_users::{topic_keeper, topic_query, topic_users};
