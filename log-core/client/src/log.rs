//! The entry to a log: hands out its three roles.

use crate::{Admin, Consumer, ConsumerOptions, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use std::sync::Arc;

/// A log, wherever it is kept. Shared as `Arc<dyn Log>`.
#[async_trait]
pub trait Log: Send + Sync {
    /// Topics, configuration, offsets by time.
    fn admin(&self) -> Arc<dyn Admin>;

    /// A new producer. With a transactional id it fences every earlier producer of that id before it returns.
    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>>;

    /// A new consumer, not yet assigned to anything.
    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>>;
}
