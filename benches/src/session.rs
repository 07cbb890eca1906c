//! What every benchmark's `main` does around its measurements, and the batches it keeps on their way.

use anyhow::Result;
use headwater::log::{Delivery, Producer, RecordBatch, TopicPartition};
use std::collections::VecDeque;
use std::future::Future;

/// Batches of one producer that are not acknowledged yet, at most.
const IN_FLIGHT: usize = 32;

/// Does the child's work if this process is one, else runs the benchmark on two threads.
pub fn session<F: Future<Output = Result<()>>>(benchmark: F) -> Result<()> {
    crate::memory::touch_and_exit_if_asked();
    runtime()?.block_on(benchmark)
}

/// A runtime of two threads, as many as the reference machine has cores.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Sends batches, a bounded number at once.
pub struct InFlight<'a> {
    producer: &'a dyn Producer,
    deliveries: VecDeque<Delivery>,
}

impl<'a> InFlight<'a> {
    /// Nothing is on its way.
    pub fn new(producer: &'a dyn Producer) -> InFlight<'a> {
        InFlight { producer, deliveries: VecDeque::new() }
    }

    /// Sends a batch, and waits for the oldest one if there are many.
    pub async fn send(&mut self, partition: &TopicPartition, batch: RecordBatch) -> Result<()> {
        self.deliveries.push_back(self.producer.send(partition, batch).await?);
        if self.deliveries.len() >= IN_FLIGHT
            && let Some(oldest) = self.deliveries.pop_front()
        {
            oldest.await?;
        }
        Ok(())
    }

    /// Waits until everything is acknowledged.
    pub async fn finish(self) -> Result<()> {
        for delivery in self.deliveries {
            delivery.await?;
        }
        Ok(())
    }
}
