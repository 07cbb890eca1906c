//! What connector authors see: sources, sinks, converters, values and configuration definitions.
//!
//! A connector is a [`Plugin`]: a name, a [`ConfigDef`] and a factory. Its factory makes a [`SourceConnector`] or [`SinkConnector`], which divides the
//! work into tasks; a [`SourceTask`] hands over [`SourceRecord`]s with their position in the outside world, a [`SinkTask`] takes [`SinkRecord`]s
//! and says up to which offset they are safe. A [`Converter`] turns Connect's values into bytes and back. The words are Kafka Connect's.
//!
//! What always holds: a connector knows nothing of the log or the worker that runs it. It never starts threads or timers; it answers one call at a time
//! and may block for as long as reading or writing one batch takes.
//!
//! # Example: a source that counts
//!
//! ```
//! use connect_api::{
//!     Config, ConfigDef, ConfigKey, ConfigType, Data, Importance, Plugin, Result, SourceBatch, SourceConnector, SourceContext, SourceOffset,
//!     SourcePartition, SourcePoll, SourceRecord, SourceTask, TopicName,
//! };
//! use std::time::Duration;
//!
//! struct Count;
//!
//! impl SourceConnector for Count {
//!     fn task(&self) -> Box<dyn SourceTask> {
//!         Box::new(CountTask { topic: TopicName::new("numbers").unwrap(), next: 0, end: 0 })
//!     }
//! }
//!
//! struct CountTask {
//!     topic: TopicName,
//!     next: i64,
//!     end: i64,
//! }
//!
//! #[connect_api::async_trait]
//! impl SourceTask for CountTask {
//!     async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()> {
//!         self.topic = config.topic("topic")?;
//!         self.end = config.int("rows")?;
//!         // Resume where the last commit stood: the worker kept record and position together.
//!         self.next = context.offset_number(&SourcePartition::of("generator", "count"), "row").unwrap_or(0);
//!         Ok(())
//!     }
//!
//!     async fn poll(&mut self) -> Result<SourcePoll> {
//!         if self.next == self.end {
//!             return Ok(SourcePoll::EndOfInput { retry_after: Duration::from_secs(1) });
//!         }
//!         self.next += 1;
//!         let record = SourceRecord::new(self.topic.clone(), Data::text(self.next.to_string()))
//!             .at(SourcePartition::of("generator", "count"), SourceOffset::number("row", self.next));
//!         Ok(SourcePoll::Records(SourceBatch::from(vec![record])))
//!     }
//! }
//!
//! let plugin = Plugin::source("com.example.CountSourceConnector", "1.0", || Box::new(Count)).with_config(
//!     ConfigDef::new()
//!         .key(ConfigKey::required("topic", ConfigType::String, Importance::High, "where the numbers go"))
//!         .key(ConfigKey::new("rows", ConfigType::Long, Importance::Low, "how many").default("10").at_least(0)),
//! );
//! assert!(plugin.answers_to("CountSource") && plugin.answers_to("CountSourceConnector"));
//!
//! let errors = plugin.config.parse(&[("topic", "numbers"), ("row", "5")]).unwrap_err();
//! assert_eq!(errors[0].to_string(), "unknown option \"row\"; did you mean \"rows\"?");
//! ```

pub mod config;
pub mod data;

mod converter;
mod error;
mod plugin;
mod position;
mod record;
mod sink;
mod source;

pub use config::{Config, ConfigDef, ConfigError, ConfigKey, ConfigType, ConfigValue, Importance, ValidatedKey, Validator};
pub use converter::Converter;
pub use data::{Data, Field, Schema, SchemaBuilder, SchemaType, Struct, Value, logical};
pub use error::{Error, Result};
pub use plugin::{Plugin, PluginFactory, PluginKind, Plugins};
pub use position::{JsonMap, SourceOffset, SourcePartition};
pub use record::{ConnectHeader, SinkRecord, SourceRecord};
pub use sink::{Rejected, SinkConnector, SinkContext, SinkOffsets, SinkTask};
pub use source::{SourceBatch, SourceConnector, SourceContext, SourcePoll, SourceTask};

/// The log's names and numbers a connector meets; re-exported so that it needs no further dependency.
pub use log_model::{ErrorKind, Offset, Timestamp, TopicName, TopicPartition};

/// Async methods in traits that stay object-safe; re-exported so that a connector needs no further dependency.
pub use async_trait::async_trait;
