//! A log whose commits fail as told.

use async_trait::async_trait;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, Error, GroupMetadata, Log, OffsetAndMetadata, Producer, ProducerOptions, Result,
};
use log_model::TopicPartition;
use log_record::RecordBatch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What happens to one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitFault {
    /// It is refused; nothing of the transaction is stored.
    Refuse,
    /// It is stored, and its success reported as a failure.
    Hide,
    /// The log is full; a repetition succeeds.
    Full,
}

/// Chooses the fault of the n-th commit.
pub(super) type Choose = Arc<dyn Fn(u64) -> Option<CommitFault> + Send + Sync>;

/// The wrapper.
pub(super) struct FaultyLog {
    pub(super) inner: Arc<dyn Log>,
    pub(super) choose: Choose,
    pub(super) commits: Arc<AtomicU64>,
}

impl FaultyLog {
    pub(super) fn new(inner: Arc<dyn Log>, choose: impl Fn(u64) -> Option<CommitFault> + Send + Sync + 'static) -> Arc<FaultyLog> {
        Arc::new(FaultyLog { inner, choose: Arc::new(choose), commits: Arc::default() })
    }
}

#[async_trait]
impl Log for FaultyLog {
    fn admin(&self) -> Arc<dyn Admin> {
        self.inner.admin()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        let inner = self.inner.producer(options).await?;
        Ok(Arc::new(FaultyProducer { inner, choose: self.choose.clone(), commits: self.commits.clone() }))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        self.inner.consumer(options).await
    }
}

struct FaultyProducer {
    inner: Arc<dyn Producer>,
    choose: Choose,
    commits: Arc<AtomicU64>,
}

#[async_trait]
impl Producer for FaultyProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        self.inner.send(partition, batch).await
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.inner.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.inner.send_offsets(group, offsets).await
    }

    async fn commit(&self) -> Result<()> {
        match (self.choose)(self.commits.fetch_add(1, Ordering::Relaxed)) {
            None => self.inner.commit().await,
            Some(CommitFault::Refuse) => {
                self.inner.abort().await?;
                Err(Error::Invalid { reason: "refused by the test".into() })
            }
            Some(CommitFault::Hide) => {
                self.inner.commit().await?;
                Err(Error::Invalid { reason: "hidden by the test".into() })
            }
            Some(CommitFault::Full) => Err(Error::Full { location: "test".into(), reason: "told so".into() }),
        }
    }

    async fn abort(&self) -> Result<()> {
        self.inner.abort().await
    }
}
