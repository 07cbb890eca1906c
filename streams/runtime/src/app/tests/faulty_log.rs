//! A log whose calls fail as told.

use async_trait::async_trait;
use futures::future::BoxFuture;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, Error, FetchLimit, GroupMetadata, Log, OffsetAndMetadata, Poll, Position, Producer,
    ProducerOptions, Result,
};
use log_model::{Offset, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What happens to one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitFault {
    /// It is refused; nothing of the transaction is stored.
    Refuse,
    /// It is stored, and then the call fails: nobody can know.
    Hide,
    /// The log is full; a repetition succeeds.
    Full,
}

/// A call that may fail beside the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Send,
    SendOffsets,
    Poll,
}

/// Chooses the fault of the n-th commit.
pub(super) type Choose = Arc<dyn Fn(u64) -> Option<CommitFault> + Send + Sync>;

/// Chooses whether the n-th call (of these three together) fails, and with what.
pub(super) type ChooseCall = Arc<dyn Fn(Call, u64) -> Option<Error> + Send + Sync>;

/// The wrapper.
pub(super) struct FaultyLog {
    inner: Arc<dyn Log>,
    faults: Faults,
}

#[derive(Clone)]
struct Faults {
    choose: Choose,
    commits: Arc<AtomicU64>,
    choose_call: ChooseCall,
    calls: Arc<AtomicU64>,
}

impl Faults {
    fn call(&self, call: Call) -> Result<()> {
        (self.choose_call)(call, self.calls.fetch_add(1, Ordering::Relaxed)).map_or(Ok(()), Err)
    }
}

impl FaultyLog {
    /// Commits fail.
    pub(super) fn new(inner: Arc<dyn Log>, choose: impl Fn(u64) -> Option<CommitFault> + Send + Sync + 'static) -> Arc<FaultyLog> {
        FaultyLog::with(inner, Arc::new(choose), Arc::new(|_, _| None))
    }

    /// Other calls fail.
    pub(super) fn calls(inner: Arc<dyn Log>, choose: impl Fn(Call, u64) -> Option<Error> + Send + Sync + 'static) -> Arc<FaultyLog> {
        FaultyLog::with(inner, Arc::new(|_| None), Arc::new(choose))
    }

    fn with(inner: Arc<dyn Log>, choose: Choose, choose_call: ChooseCall) -> Arc<FaultyLog> {
        let faults = Faults { choose, commits: Arc::default(), choose_call, calls: Arc::default() };
        Arc::new(FaultyLog { inner, faults })
    }
}

#[async_trait]
impl Log for FaultyLog {
    fn admin(&self) -> Arc<dyn Admin> {
        self.inner.admin()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        Ok(Arc::new(FaultyProducer { inner: self.inner.producer(options).await?, faults: self.faults.clone() }))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(FaultyConsumer { inner: self.inner.consumer(options).await?, faults: self.faults.clone() }))
    }
}

struct FaultyProducer {
    inner: Arc<dyn Producer>,
    faults: Faults,
}

#[async_trait]
impl Producer for FaultyProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        self.faults.call(Call::Send)?;
        self.inner.send(partition, batch).await
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.inner.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.faults.call(Call::SendOffsets)?;
        self.inner.send_offsets(group, offsets).await
    }

    async fn commit(&self) -> Result<()> {
        match (self.faults.choose)(self.faults.commits.fetch_add(1, Ordering::Relaxed)) {
            None => self.inner.commit().await,
            Some(CommitFault::Refuse) => {
                self.inner.abort().await?;
                Err(Error::Invalid { reason: "refused by the test".into() })
            }
            Some(CommitFault::Hide) => {
                self.inner.commit().await?;
                Err(Error::UnknownTopic { topic: TopicName::new("hidden-by-the-test").unwrap() })
            }
            Some(CommitFault::Full) => Err(Error::Full { location: "test".into(), reason: "told so".into() }),
        }
    }

    async fn abort(&self) -> Result<()> {
        self.inner.abort().await
    }
}

struct FaultyConsumer {
    inner: Box<dyn Consumer>,
    faults: Faults,
}

#[async_trait]
impl Consumer for FaultyConsumer {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        self.inner.subscribe(topics).await
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.inner.assign(partitions).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.inner.assignment()
    }

    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll> {
        self.faults.call(Call::Poll)?;
        self.inner.poll(limit).await
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.inner.ready()
    }

    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()> {
        self.inner.seek(partition, position).await
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.inner.position(partition)
    }

    fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        self.inner.pause(partitions, paused);
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.inner.commit(offsets).await
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        self.inner.group_metadata()
    }

    async fn close(&mut self) -> Result<()> {
        self.inner.close().await
    }
}
