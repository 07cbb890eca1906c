//! The entry to a memory log.

use super::producer::MemoryProducer;
use super::state::{Shared, State};
use crate::local::{GroupRegistry, LocalConsumer, Wakeups};
use crate::{Admin, Consumer, ConsumerOptions, Log, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use log_model::Timestamp;
use parking_lot::Mutex;
use std::sync::Arc;

/// Tells the time for topics with log-append time.
pub(super) type AppendClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A log that lives in memory and ends with its last handle; cheap to clone.
///
/// ```
/// use log_client::{Log, NewTopic, ProducerOptions, memory::MemoryLog};
/// use log_model::{CompressionType, Offset, Timestamp, TopicName};
/// use log_record::BatchBuilder;
///
/// # futures::executor::block_on(async {
/// let log = MemoryLog::new();
/// let topic = TopicName::new("words").expect("a legal name");
/// log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await?;
///
/// let mut builder = BatchBuilder::new(CompressionType::None);
/// builder.append_parts(Timestamp(0), None, Some(b"hello"), &[])?;
/// let producer = log.producer(ProducerOptions::default()).await?;
/// let offset = producer.send(&topic.partition(0), builder.build()).await?.await?;
/// assert_eq!(offset, Offset(0));
/// # Ok::<(), log_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct MemoryLog {
    shared: Arc<Shared>,
}

impl MemoryLog {
    /// An empty log whose append time, for topics that ask for it, stands still at 0.
    pub fn new() -> Self {
        MemoryLog::with_clock(|| Timestamp(0))
    }

    /// An empty log with a clock for append times.
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let shared = Shared {
            state: Mutex::new(State::default()),
            groups: Arc::new(GroupRegistry::default()),
            wakeups: Wakeups::default(),
            clock: Arc::new(clock),
        };
        MemoryLog { shared: Arc::new(shared) }
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        MemoryLog::new()
    }
}

#[async_trait]
impl Log for MemoryLog {
    fn admin(&self) -> Arc<dyn Admin> {
        self.shared.clone()
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        Ok(Arc::new(MemoryProducer::new(self.shared.clone(), options)))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(LocalConsumer::new(self.shared.clone(), options)))
    }
}
