//! Opening and closing an embedded log.

use crate::coordinators::{GroupCoordinator, TransactionCoordinator, decode_group_record, run_timers};
use crate::embedded::admin::EmbeddedAdmin;
use crate::embedded::consumer::ConsumerStore;
use crate::embedded::producer::EmbeddedProducer;
use crate::node::committer::{CommitQueue, answer_upto, end};
use crate::node::core::{BLOCKING_MAX, Core, closed};
use crate::node::error::client_error;
use crate::node::latch::Latch;
use crate::node::loop_watch::LoopWatch;
use crate::node::offsets::OffsetStore;
use crate::node::options::EmbeddedOptions;
use crate::node::settings::Settings;
use crate::node::topic_changes::{forget_offsets, load_topic_defaults};
use crate::node::topics::{INTERNAL_TOPICS, Topics, internal_config, internal_partition, new_topic_id};
use crate::node::{background, committer};
use async_trait::async_trait;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use log_client::local::{GroupRegistry, LocalConsumer, Wakeups};
use log_client::{Admin, Consumer, ConsumerOptions, Error, Log, Producer, ProducerOptions, Result};
use log_env::{Env, Task};
use log_storage::DataDirectory;
use parking_lot::{Mutex, RwLock};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Notify, Semaphore};

/// A log kept in a data directory by this process.
///
/// Dropping it closes it: everything acknowledged is durable anyway, and a checkpoint makes the next opening quick. Producers and consumers left
/// behind answer `Closed`.
///
/// ```
/// use log_broker::{EmbeddedLog, EmbeddedOptions};
/// use log_client::{Log, NewTopic, ProducerOptions};
/// use log_env::Env;
/// use log_model::{CompressionType, Offset, Timestamp, TopicName};
/// use log_record::BatchBuilder;
///
/// let (env, sim) = Env::simulated(1);
/// let options = EmbeddedOptions { threads: false, ..EmbeddedOptions::default() };
/// let log = EmbeddedLog::open(env, "data", options)?;
/// sim.run_until(async {
///     let topic = TopicName::new("words").expect("a legal name");
///     log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await?;
///     let mut builder = BatchBuilder::new(CompressionType::None);
///     builder.append_parts(Timestamp(0), None, Some(b"hello"), &[])?;
///     let producer = log.producer(ProducerOptions::default()).await?;
///     let offset = producer.send(&topic.partition(0), builder.build()).await?.await?;
///     assert_eq!(offset, Offset(0));
///     log.close()
/// })?;
/// # Ok::<(), log_client::Error>(())
/// ```
pub struct EmbeddedLog {
    core: Arc<Core>,
    loops: Mutex<Vec<Loop>>,
}

/// A loop at work, and how to know that it has ended.
struct Loop {
    ended: Latch,
    task: Task,
}

impl EmbeddedLog {
    /// Opens the data directory at `path`, creating it if it does not exist, and recovers what a crash left.
    ///
    /// With [`Env::real`] a tokio runtime with timers must be current, and outlive the log.
    ///
    /// # Errors
    /// `Retry` naming the owner if another process has the directory; `Corrupt` naming file and byte; `Invalid` for a directory of a newer
    /// program; `Full`.
    pub fn open(env: Env, path: impl AsRef<Path>, mut options: EmbeddedOptions) -> Result<EmbeddedLog> {
        let path = path.as_ref();
        options.transaction_bytes_max = options.transaction_bytes_max.min(options.directory.entry_bytes_max());
        let at_path = |error| client_error(path, error);
        let directory = DataDirectory::open(&env, path, options.directory).map_err(at_path)?;
        let directory = Arc::new(directory);
        create_internal_topics(&env, &directory, options.internal_segment_bytes).map_err(at_path)?;
        let now_ms = env.clock.wall_ms();
        let mut group_records = Vec::new();
        let offsets = OffsetStore::load(&directory, |key, value| group_records.extend(decode_group_record(key, value)));
        let core = Core {
            topics: Topics::load(&directory).map_err(at_path)?,
            offsets: offsets.map_err(at_path)?,
            settings: Settings::load(&directory).map_err(at_path)?,
            transactions: TransactionCoordinator::load(&directory, options.transactions.clone(), now_ms).map_err(at_path)?,
            group_coordinator: GroupCoordinator::load(options.groups, group_records),
            commits: CommitQueue::new(options.in_flight_bytes_max),
            groups: Arc::new(GroupRegistry::default()),
            wakeups: Wakeups::default(),
            background: Notify::new(),
            staged_bytes: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            blocking_places: Arc::new(Semaphore::new(BLOCKING_MAX)),
            room_making: tokio::sync::Mutex::new(()),
            directory: RwLock::new(Some(directory.clone())),
            path: path.to_owned(),
            options,
            env,
        };
        load_topic_defaults(&core);
        // A crash may have come between the deletion of a topic and that of its positions.
        forget_offsets(&core, |topic| core.topics.topic(topic).is_err())?;
        let core = Arc::new(core);
        core.transactions.start(&core);
        core.group_coordinator.start(&core);
        let loops = vec![
            ("headwater-commit", committer::run(core.clone()).boxed()),
            ("headwater-background", background::run(core.clone()).boxed()),
            ("headwater-timers", run_timers(core.clone()).boxed()),
        ];
        let log = EmbeddedLog { core: core.clone(), loops: Mutex::default() };
        for (name, work) in loops {
            let running = start(&core, name, work).map_err(|error| Error::Retry { reason: format!("{name} needs a thread: {error}") })?;
            log.loops.lock().push(running);
        }
        Ok(log)
    }

    /// Stops accepting, makes everything staged durable, leaves a checkpoint and frees the directory for the next to open it.
    ///
    /// Closing twice is no error. Errors: the disk failed; what was acknowledged before is safe.
    pub fn close(&self) -> Result<()> {
        if self.core.is_closing.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let core = &self.core;
        core.commits.close();
        core.commits.signal();
        core.background.notify_one();
        core.group_coordinator.rescheduled.notify_one();
        for running in self.loops.lock().drain(..) {
            if core.options.threads {
                running.ended.wait();
            } else {
                (running.task.abort)();
            }
        }
        let Some(directory) = core.directory.write().take() else { return Ok(()) };
        let result = directory.close().map_err(|error| core.error(error));
        if result.is_ok() {
            answer_upto(core, directory.durable().lsn);
        }
        end(core, &closed());
        result
    }
}

impl EmbeddedLog {
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the log was not closed cleanly; it recovers when it is opened again");
        }
    }
}

fn start(core: &Arc<Core>, name: &'static str, work: BoxFuture<'static, ()>) -> io::Result<Loop> {
    let ended = Latch::default();
    let (watching, _opener) = (core.clone(), ended.opener());
    let watched = async move {
        let _watch = LoopWatch { core: watching, name, _opener };
        work.await;
    };
    let task = if core.options.threads {
        core.env.spawner.spawn_blocking(name, Box::new(move || block_on(watched)))?
    } else {
        core.env.spawner.spawn(name, watched.boxed())
    };
    Ok(Loop { ended, task })
}

fn create_internal_topics(env: &Env, directory: &DataDirectory, segment_bytes: i32) -> log_storage::Result<()> {
    let known = directory.partitions();
    for partition in INTERNAL_TOPICS.map(internal_partition) {
        if !known.contains(&partition) {
            directory.create_partition(&partition, new_topic_id(env.random.as_ref()), &internal_config(segment_bytes))?;
        }
    }
    Ok(())
}

#[async_trait]
impl Log for EmbeddedLog {
    fn admin(&self) -> Arc<dyn Admin> {
        Arc::new(EmbeddedAdmin(self.core.clone()))
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        Ok(Arc::new(EmbeddedProducer::open(self.core.clone(), options).await?))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        self.core.directory()?;
        Ok(Box::new(LocalConsumer::new(Arc::new(ConsumerStore(self.core.clone())), options)))
    }
}
