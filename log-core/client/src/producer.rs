//! The role that appends batches, alone or in transactions.

use crate::{GroupMetadata, OffsetAndMetadata, Result};
use async_trait::async_trait;
use futures::future::BoxFuture;
use log_model::{Offset, TopicPartition};
use log_record::RecordBatch;

/// How a producer behaves.
#[derive(Clone, Debug, Default)]
pub struct ProducerOptions {
    /// The name in logs and metrics.
    pub client_id: String,
    /// Makes the producer transactional; the newest producer of an id fences all earlier ones. Every producer is idempotent.
    pub transactional_id: Option<String>,
}

/// Resolves to the offset of the batch's first record once the batch is acknowledged (durable, unless the topic's `headwater.flush` is `os`).
/// In a transaction it resolves when the transaction is committed. Dropping it does not take the batch back.
pub type Delivery = BoxFuture<'static, Result<Offset>>;

/// Appends batches. Batches of one producer to one partition keep the order of their `send` calls.
///
/// Every producer is idempotent: the implementation stamps producer id, epoch and sequence, and a retry is never stored twice.
/// Shared as `Arc<dyn Producer>`; concurrent sends are allowed outside transactions.
///
/// ```
/// use log_client::memory::MemoryLog;
/// use log_client::{Log, NewTopic, ProducerOptions};
/// use log_model::{CompressionType, Offset, Timestamp, TopicName};
/// use log_record::BatchBuilder;
///
/// # futures::executor::block_on(async {
/// # let log = MemoryLog::new();
/// let orders = TopicName::new("orders")?.partition(0);
/// log.admin().create_topic(NewTopic::new(orders.topic.clone(), 1)).await?;
/// let producer = log.producer(ProducerOptions { transactional_id: Some("shop".into()), ..Default::default() }).await?;
/// producer.begin().await?;
/// let mut batch = BatchBuilder::new(CompressionType::None);
/// batch.append_parts(Timestamp(0), Some(b"order 1"), Some(b"two apples"), &[])?;
/// let delivery = producer.send(&orders, batch.build()).await?;
/// producer.commit().await?;
/// assert_eq!(delivery.await?, Offset(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Producer: Send + Sync {
    /// Hands over one batch. Returns once it is queued; waits while the queue is full.
    ///
    /// Errors: unknown partition, batch too large, the log is full or closed, this producer was fenced, or it is transactional and no
    /// transaction was begun.
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery>;

    /// Returns once every batch sent before is acknowledged; the first failure otherwise.
    async fn flush(&self) -> Result<()>;

    /// Begins a transaction. Errors: not transactional, or one is open.
    async fn begin(&self) -> Result<()>;

    /// Adds consumed positions to the open transaction; they become the group's committed offsets with it.
    /// `group` fences: a member of an older generation is refused at commit.
    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()>;

    /// Makes everything of the transaction visible and durable, all or nothing.
    ///
    /// Errors: `Fenced` and `Invalid` mean that nothing of it was stored; after `Full` or `Retry` it may be called again.
    async fn commit(&self) -> Result<()>;

    /// Takes everything of the transaction back.
    async fn abort(&self) -> Result<()>;
}
