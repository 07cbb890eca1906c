//! How an application runs.

use crate::{Error, Result};
use log_client::FetchLimit;
use log_model::TopicName;
use std::path::PathBuf;
use std::time::Duration;
use streams_state::{CacheLimit, MemoryLimit};

/// Options of an application; [`StreamsOptions::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct StreamsOptions {
    /// Names the application: its consumer group, the first part of its internal topics and of its transactional ids.
    pub application_id: String,
    /// Where RocksDB stores are kept, in `<state_dir>/<application_id>`. It may be deleted while the application is stopped: it is rebuilt from the log.
    pub state_dir: PathBuf,
    /// How long an epoch lasts.
    pub commit_interval: Duration,
    /// An epoch that has written this many bytes (records and state) commits at once.
    pub epoch_bytes: usize,
    /// Output batches are closed at this size.
    pub batch_bytes: usize,
    /// How much a worker polls at once.
    pub fetch_limit: FetchLimit,
    /// A partition with this much waiting to be processed is not polled.
    pub waiting_bytes: usize,
    /// The cache of each store, one for each task.
    pub cache_limit: CacheLimit,
    /// The memory that the RocksDB stores share.
    pub state_memory: MemoryLimit,
    /// After this long committed state goes to RocksDB.
    pub flush_interval: Duration,
    /// How many workers the tasks are spread over.
    pub threads: usize,
    /// A task that has had nothing to consume for this long no longer holds up the watermark of the tasks after it; rows older than what those have
    /// seen by then will be late. `None`: it always holds it up.
    pub idle_after: Option<Duration>,
    /// How often consumed records of repartition topics are deleted.
    pub purge_interval: Duration,
    /// Whether sink and dead-letter topics that do not exist are created.
    pub create_topics: bool,
}

impl StreamsOptions {
    /// The defaults for an application of this id.
    pub fn new(application_id: impl Into<String>, state_dir: impl Into<PathBuf>) -> Self {
        StreamsOptions {
            application_id: application_id.into(),
            state_dir: state_dir.into(),
            commit_interval: Duration::from_millis(100),
            epoch_bytes: 32 << 20,
            batch_bytes: 256 << 10,
            fetch_limit: FetchLimit::default(),
            waiting_bytes: 4 << 20,
            cache_limit: CacheLimit::default(),
            state_memory: MemoryLimit::process(),
            flush_interval: Duration::from_secs(5),
            threads: 1,
            idle_after: Some(Duration::from_secs(30)),
            purge_interval: Duration::from_secs(30),
            create_topics: true,
        }
    }

    /// Errors: a value with which nothing would run.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |option, reason: &str| Err(Error::InvalidOption { option, reason: reason.to_string() });
        if let Err(error) = TopicName::new(&self.application_id) {
            return wrong("application_id", &error.to_string());
        }
        if self.application_id.len() > 64 {
            return wrong("application_id", "it is longer than 64 bytes");
        }
        if self.threads == 0 {
            return wrong("threads", "it takes at least 1");
        }
        if self.batch_bytes == 0 || self.epoch_bytes == 0 || self.waiting_bytes == 0 {
            return wrong("batch_bytes, epoch_bytes, waiting_bytes", "they take at least 1");
        }
        Ok(())
    }
}
