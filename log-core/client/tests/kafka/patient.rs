//! A log that waits for its cluster: cases ask once, and what a cluster has to say comes a moment later.
//!
//! A poll goes on until nothing has come for a while, and gives what came as one; a producer with transactions learns of a fence before it answers; a dropped
//! consumer has left its group, and one that subscribed has joined it. Nothing else is changed.

use async_trait::async_trait;
use futures::future::BoxFuture;
use log_client::{
    Admin, Consumer, ConsumerOptions, Delivery, FetchLimit, GroupMetadata, Log, OffsetAndMetadata, Poll, Position, Producer,
    ProducerOptions, Result,
};
use log_model::{Offset, TopicName, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;
use std::time::Duration;

/// How long a poll waits for the first thing to come: longer than a heartbeat, a metadata refresh and a rebalance together.
const PATIENCE: Duration = Duration::from_millis(1800);
/// A poll with less room takes once what came in a while.
const TINY: usize = 10_000;
/// How long it waits for more of the same.
const QUIET: Duration = Duration::from_millis(250);

/// Waits for `ready`, but not longer than `patience`; answers whether it came.
#[allow(clippy::disallowed_methods, reason = "a cluster has a clock of its own")]
async fn comes(ready: BoxFuture<'static, ()>, patience: Duration) -> bool {
    tokio::time::timeout(patience, ready).await.is_ok()
}

async fn pass(time: Duration) {
    comes(Box::pin(std::future::pending()), time).await;
}

/// A log seen with patience.
pub(crate) struct Patient(pub(crate) Arc<dyn Log>);

#[async_trait]
impl Log for Patient {
    fn admin(&self) -> Arc<dyn Admin> {
        self.0.admin()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        let is_transactional = options.transactional_id.is_some();
        let producer = self.0.producer(options).await?;
        Ok(if is_transactional { Arc::new(PatientProducer(producer)) } else { producer })
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(PatientConsumer(self.0.consumer(options).await?)))
    }
}

struct PatientProducer(Arc<dyn Producer>);

#[async_trait]
impl Producer for PatientProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        let delivery = self.0.send(partition, batch).await?;
        self.0.flush().await?;
        Ok(delivery)
    }

    async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }

    async fn begin(&self) -> Result<()> {
        self.0.begin().await
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.0.send_offsets(group, offsets).await
    }

    async fn commit(&self) -> Result<()> {
        self.0.commit().await?;
        // Until the markers are everywhere.
        pass(QUIET).await;
        Ok(())
    }

    async fn abort(&self) -> Result<()> {
        self.0.abort().await
    }
}

struct PatientConsumer(Box<dyn Consumer>);

impl Drop for PatientConsumer {
    fn drop(&mut self) {
        // The next line of the case expects it to be gone. The call runs on a thread of the consumer's own.
        let _ = futures::executor::block_on(self.0.close());
    }
}

#[async_trait]
impl Consumer for PatientConsumer {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        self.0.subscribe(topics).await?;
        let has_joined = |consumer: &dyn Consumer| consumer.group_metadata().is_some_and(|member| member.generation >= 0);
        let started = Started::now();
        while !has_joined(&*self.0) && started.elapsed() < PATIENCE {
            pass(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.0.assign(partitions).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.0.assignment()
    }

    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll> {
        let mut all = Poll::default();
        let mut rest = limit;
        let started = Started::now();
        if limit.max_bytes < TINY {
            pass(QUIET).await;
        }
        loop {
            let came = match self.0.poll(rest).await {
                Ok(came) => came,
                Err(error) if all.batches.is_empty() && all.rebalance.is_none() => return Err(error),
                Err(_) => return Ok(all),
            };
            let is_news = !came.batches.is_empty() || came.rebalance.is_some();
            rest.max_bytes = rest.max_bytes.saturating_sub(came.batches.iter().map(|fetched| fetched.batch.size_bytes()).sum());
            all.batches.extend(came.batches);
            all.at_end = came.at_end;
            all.rebalance = all.rebalance.or(came.rebalance);
            let takes = all.rebalance.as_ref().is_some_and(|rebalance| !rebalance.revoked.is_empty());
            if takes || (rest.max_bytes < limit.max_bytes && (rest.max_bytes == 0 || limit.max_bytes < TINY)) {
                return Ok(all);
            }
            let has_some = !all.batches.is_empty() || all.rebalance.is_some();
            let patience = if has_some { QUIET } else { PATIENCE.saturating_sub(started.elapsed()) };
            if !is_news && patience.is_zero() || !comes(self.0.ready(), patience).await {
                return Ok(all);
            }
            tokio::task::yield_now().await;
        }
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.0.ready()
    }

    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()> {
        self.0.seek(partition, position).await
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.0.position(partition)
    }

    fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        self.0.pause(partitions, paused);
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.0.commit(offsets).await
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        self.0.group_metadata()
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close().await
    }
}

/// When a poll began.
struct Started(std::time::Instant);

impl Started {
    #[allow(clippy::disallowed_methods, reason = "a cluster has a clock of its own")]
    fn now() -> Started {
        Started(std::time::Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
