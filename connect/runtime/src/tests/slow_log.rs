//! A log whose calls take time, before and after they have their effect: whoever is interrupted in between cannot tell whether it had.

use async_trait::async_trait;
use futures::future::BoxFuture;
use log_client::memory::MemoryLog;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, FetchLimit, GroupMetadata, Log, OffsetAndMetadata, Poll, Position, Producer,
    ProducerOptions, Result,
};
use log_env::Env;
use log_model::{Offset, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct SlowLog {
    inner: MemoryLog,
    env: Env,
}

impl SlowLog {
    pub(super) fn new(inner: MemoryLog, env: Env) -> SlowLog {
        SlowLog { inner, env }
    }
}

async fn pass(env: &Env) {
    env.clock.sleep(Duration::from_micros(100 + env.random.below(900))).await;
}

#[async_trait]
impl Log for SlowLog {
    fn admin(&self) -> Arc<dyn Admin> {
        self.inner.admin()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        pass(&self.env).await;
        Ok(Arc::new(SlowProducer { inner: self.inner.producer(options).await?, env: self.env.clone() }))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(SlowConsumer { inner: self.inner.consumer(options).await?, env: self.env.clone() }))
    }
}

struct SlowProducer {
    inner: Arc<dyn Producer>,
    env: Env,
}

#[async_trait]
impl Producer for SlowProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        pass(&self.env).await;
        self.inner.send(partition, batch).await
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.inner.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        pass(&self.env).await;
        self.inner.send_offsets(group, offsets).await
    }

    async fn commit(&self) -> Result<()> {
        pass(&self.env).await;
        let result = self.inner.commit().await;
        pass(&self.env).await;
        result
    }

    async fn abort(&self) -> Result<()> {
        self.inner.abort().await
    }
}

struct SlowConsumer {
    inner: Box<dyn Consumer>,
    env: Env,
}

#[async_trait]
impl Consumer for SlowConsumer {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        self.inner.subscribe(topics).await
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.inner.assign(partitions).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.inner.assignment()
    }

    async fn poll(&mut self, _limit: FetchLimit) -> Result<Poll> {
        pass(&self.env).await;
        // One batch at a time: more places to be interrupted.
        self.inner.poll(FetchLimit { max_bytes: 1, max_partition_bytes: 1 }).await
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
        pass(&self.env).await;
        let result = self.inner.commit(offsets).await;
        pass(&self.env).await;
        result
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        self.inner.group_metadata()
    }

    async fn close(&mut self) -> Result<()> {
        self.inner.close().await
    }
}
