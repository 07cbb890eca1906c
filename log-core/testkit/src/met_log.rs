//! A log whose calls are met before and after they have their effect: to delay them, to fail them, or to hide that they succeeded.

use async_trait::async_trait;
use futures::future::BoxFuture;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, Error, FetchLimit, GroupMetadata, Log, OffsetAndMetadata, Poll, Position, Producer,
    ProducerOptions, Result,
};
use log_model::{Offset, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;

/// The calls that are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `Log::producer`
    OpenProducer,
    /// `Producer::send`
    Send,
    /// `Producer::send_offsets`
    SendOffsets,
    /// `Producer::commit`
    CommitTransaction,
    /// `Consumer::poll`
    Poll,
    /// `Consumer::commit`
    CommitOffsets,
}

/// What happens around calls; by default nothing.
#[async_trait]
pub trait Meet: Send + Sync + 'static {
    /// Comes before a call. After an error the call is not made. A transaction whose commit is refused here is aborted, unless the error says that a
    /// repetition may succeed ([`Error::Full`]).
    async fn before(&self, _call: Call) -> Result<()> {
        Ok(())
    }

    /// Comes after a call that succeeded. An error is returned in place of what the call gave: nobody can know that it had its effect.
    async fn after(&self, _call: Call) -> Result<()> {
        Ok(())
    }

    /// How much a poll may return.
    fn limit(&self, asked: FetchLimit) -> FetchLimit {
        asked
    }
}

/// The log that is met.
pub struct MetLog {
    inner: Arc<dyn Log>,
    meet: Arc<dyn Meet>,
}

impl MetLog {
    /// Puts `meet` around the calls of `inner`.
    pub fn new(inner: Arc<dyn Log>, meet: impl Meet) -> MetLog {
        MetLog { inner, meet: Arc::new(meet) }
    }
}

#[async_trait]
impl Log for MetLog {
    fn admin(&self) -> Arc<dyn Admin> {
        self.inner.admin()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        self.meet.before(Call::OpenProducer).await?;
        let inner = self.inner.producer(options).await?;
        self.meet.after(Call::OpenProducer).await?;
        Ok(Arc::new(MetProducer { inner, meet: self.meet.clone() }))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(MetConsumer { inner: self.inner.consumer(options).await?, meet: self.meet.clone() }))
    }
}

struct MetProducer {
    inner: Arc<dyn Producer>,
    meet: Arc<dyn Meet>,
}

#[async_trait]
impl Producer for MetProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        self.meet.before(Call::Send).await?;
        let delivery = self.inner.send(partition, batch).await?;
        self.meet.after(Call::Send).await?;
        Ok(delivery)
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.inner.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.meet.before(Call::SendOffsets).await?;
        self.inner.send_offsets(group, offsets).await?;
        self.meet.after(Call::SendOffsets).await
    }

    async fn commit(&self) -> Result<()> {
        match self.meet.before(Call::CommitTransaction).await {
            Ok(()) => {}
            Err(full @ Error::Full { .. }) => return Err(full),
            Err(refused) => {
                self.inner.abort().await?;
                return Err(refused);
            }
        }
        self.inner.commit().await?;
        self.meet.after(Call::CommitTransaction).await
    }

    async fn abort(&self) -> Result<()> {
        self.inner.abort().await
    }
}

struct MetConsumer {
    inner: Box<dyn Consumer>,
    meet: Arc<dyn Meet>,
}

#[async_trait]
impl Consumer for MetConsumer {
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
        self.meet.before(Call::Poll).await?;
        self.inner.poll(self.meet.limit(limit)).await
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
        self.meet.before(Call::CommitOffsets).await?;
        self.inner.commit(offsets).await?;
        self.meet.after(Call::CommitOffsets).await
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        self.inner.group_metadata()
    }

    async fn close(&mut self) -> Result<()> {
        self.inner.close().await
    }
}
