//! The entry to a log: hands out its three roles.

use crate::{Admin, Consumer, ConsumerOptions, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use std::sync::Arc;

/// A log, wherever it is kept. Shared as `Arc<dyn Log>`.
///
/// ```
/// use log_client::memory::MemoryLog;
/// use log_client::{ConsumerOptions, FetchLimit, Log, NewTopic, Position, ProducerOptions};
/// use log_model::{CompressionType, Timestamp, TopicName};
/// use log_record::BatchBuilder;
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
/// let words = TopicName::new("words")?;
/// log.admin().create_topic(NewTopic::new(words.clone(), 1)).await?;
///
/// let mut batch = BatchBuilder::new(CompressionType::None);
/// batch.append_parts(Timestamp(0), None, Some(b"hello"), &[])?;
/// let producer = log.producer(ProducerOptions::default()).await?;
/// producer.send(&words.partition(0), batch.build()).await?.await?;
///
/// let mut consumer = log.consumer(ConsumerOptions::default()).await?;
/// consumer.assign(&[(words.partition(0), Position::Earliest)]).await?;
/// assert_eq!(consumer.poll(FetchLimit::default()).await?.batches.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Log: Send + Sync {
    /// Topics, configuration, offsets by time.
    fn admin(&self) -> Arc<dyn Admin>;

    /// A new producer. With a transactional id it fences every earlier producer of that id before it returns.
    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>>;

    /// A new consumer, not yet assigned to anything.
    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>>;
}
