//! Where the batches of a load go and where they are read: a log through its roles, or servers spoken to directly.

use anyhow::Result;
use futures::FutureExt;
use futures::future::BoxFuture;
use headwater::log::{Clock, Consumer, FetchLimit, Offset, Poll, Producer, RecordBatch, TopicPartition};
use std::sync::Arc;
use std::time::Duration;

/// Where a batch was stored, once it is acknowledged.
pub(super) type Acknowledged = BoxFuture<'static, Result<Offset>>;

/// Takes batches, in order within a partition.
pub(super) trait BatchSink: Send {
    /// Hands over one batch; returns once it is queued or on its way.
    fn send<'a>(&'a mut self, partition: &'a TopicPartition, batch: RecordBatch) -> BoxFuture<'a, Result<Acknowledged>>;
}

/// Gives batches from positions that it was made with.
pub(super) trait BatchSource: Send {
    /// What is there; where there is nothing yet it waits, but not longer than `patience`. Of the answer the rebalance is never set.
    fn next(&mut self, patience: Duration) -> BoxFuture<'_, Result<Poll>>;

    /// The next offset that it reads.
    fn position(&self, partition: &TopicPartition) -> Option<Offset>;

    /// Ends it in order.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
}

/// A producer of the log.
pub(super) struct LogSink(pub(super) Arc<dyn Producer>);

impl BatchSink for LogSink {
    fn send<'a>(&'a mut self, partition: &'a TopicPartition, batch: RecordBatch) -> BoxFuture<'a, Result<Acknowledged>> {
        async {
            let delivery = self.0.send(partition, batch).await?;
            Ok(async { Ok(delivery.await?) }.boxed())
        }
        .boxed()
    }
}

/// An assigned consumer of the log.
pub(super) struct LogSource {
    pub(super) consumer: Box<dyn Consumer>,
    pub(super) limit: FetchLimit,
    pub(super) clock: Arc<dyn Clock>,
}

impl BatchSource for LogSource {
    fn next(&mut self, patience: Duration) -> BoxFuture<'_, Result<Poll>> {
        async move {
            let poll = self.consumer.poll(self.limit).await?;
            if poll.batches.is_empty() && poll.at_end.len() == self.consumer.assignment().len() {
                tokio::select! {
                    biased;
                    () = self.consumer.ready() => {}
                    () = self.clock.sleep(patience) => {}
                }
            }
            Ok(poll)
        }
        .boxed()
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.consumer.position(partition)
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        async move { Ok(self.consumer.close().await?) }.boxed()
    }
}
