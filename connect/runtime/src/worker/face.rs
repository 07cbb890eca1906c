//! The public face.

use super::connector::{Broken, Connector};
use crate::config;
use crate::error::{Error, Result};
use crate::metrics::TaskMetrics;
use crate::options::WorkerOptions;
use crate::state::{ConnectorInfo, ConnectorStatus, TargetState};
use crate::store::{ConfigStore, KeyedTopic, OffsetStore, StatusStore};
use connect_api::{JsonMap, Plugin, Plugins, SourcePartition, ValidatedKey};
use log_client::Log;
use log_env::Env;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::watch;

/// Runs connectors against a log. Cheap to clone; when the last clone is dropped, all tasks end where they are, as if the process had died.
///
/// Guarantees: a call that changes a connector is durable when it returns. After [`Worker::start`] every stored connector runs again where it was.
///
/// ```
/// use connect_runtime::{Worker, WorkerOptions};
/// use log_client::memory::MemoryLog;
/// use log_env::Env;
/// use std::sync::Arc;
///
/// let (env, sim) = Env::simulated(1);
/// sim.run_until(async {
///     let worker = Worker::start(Arc::new(MemoryLog::new()), env, Vec::new(), WorkerOptions::default()).await?;
///     let config = [("connector.class".to_string(), "FileStreamSource".to_string())].into();
///     let error = worker.create("lines", config).await.unwrap_err();
///     assert!(error.to_string().starts_with("connector lines: invalid value \"FileStreamSource\" for option connector.class"));
///     worker.stop().await;
///     Ok::<(), connect_runtime::Error>(())
/// })
/// # .unwrap();
/// ```
#[derive(Clone)]
pub struct Worker {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) log: Arc<dyn Log>,
    pub(super) env: Env,
    pub(super) plugins: Plugins,
    pub(super) options: WorkerOptions,
    pub(super) configs: ConfigStore,
    pub(super) offsets: OffsetStore,
    pub(super) statuses: StatusStore,
    pub(super) connectors: Mutex<BTreeMap<String, Connector>>,
    /// Stored connectors that could not be started.
    pub(super) broken: Mutex<BTreeMap<String, Broken>>,
    /// Held by whoever changes connectors, so that changes do not overlap.
    pub(super) changing: tokio::sync::Mutex<()>,
    /// Moves on whenever a task has something new to say.
    pub(super) changed: watch::Sender<u64>,
    pub(super) drain_round: AtomicU64,
    pub(super) closed: AtomicBool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for connector in self.connectors.get_mut().values() {
            for task in &connector.tasks {
                (task.task.abort)();
            }
        }
    }
}

impl Worker {
    /// Starts a worker on a log, with the connectors that are stored there.
    ///
    /// A stored connector that can no longer be configured does not keep the others from starting: its status says why.
    pub async fn start(log: Arc<dyn Log>, env: Env, plugins: Vec<Plugin>, options: WorkerOptions) -> Result<Worker> {
        let open = async |name: &str, partitions: i32| KeyedTopic::open(log.clone(), env.clone(), name, partitions).await;
        let configs = ConfigStore::new(open(&options.config_topic, 1).await?);
        let offsets = OffsetStore::new(open(&options.offset_topic, options.offset_partitions).await?);
        let statuses = StatusStore::new(open(&options.status_topic, 1).await?, &options.worker_id);
        let inner = Inner {
            log,
            env,
            plugins: Plugins::new(plugins),
            options,
            configs,
            offsets,
            statuses,
            connectors: Mutex::default(),
            broken: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            changed: watch::Sender::new(0),
            drain_round: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        };
        let worker = Worker { inner: Arc::new(inner) };
        worker.start_stored().await?;
        Ok(worker)
    }

    /// Creates a connector and starts it. Errors: it exists, or the configuration is refused.
    pub async fn create(&self, name: &str, config: BTreeMap<String, String>) -> Result<ConnectorInfo> {
        let _changing = self.change().await?;
        if self.inner.connectors.lock().contains_key(name) || self.inner.broken.lock().contains_key(name) {
            return Err(Error::Exists { name: name.to_string() });
        }
        self.put_and_warn(name, config, TargetState::Running).await
    }

    /// Creates a connector, or replaces its configuration and starts its tasks anew. Source positions are kept.
    pub async fn put_config(&self, name: &str, config: BTreeMap<String, String>) -> Result<ConnectorInfo> {
        let _changing = self.change().await?;
        let wanted = self.inner.connectors.lock().get(name).map_or(TargetState::Running, |connector| connector.wanted);
        self.put_and_warn(name, config, wanted).await
    }

    async fn put_and_warn(&self, name: &str, config: BTreeMap<String, String>, wanted: TargetState) -> Result<ConnectorInfo> {
        let warning = config::warning(&config);
        let info = self.put(name, config, wanted).await?;
        if let Some(warning) = warning {
            tracing::warn!(connector = name, "{warning}");
        }
        Ok(info)
    }

    /// What a configuration would give: every option with its value and errors. Errors: the class itself is refused.
    pub fn validate(&self, name: &str, config: &BTreeMap<String, String>) -> Result<Vec<ValidatedKey>> {
        let validated = config::validate(name, config, &self.inner.plugins, &self.inner.options);
        validated.map_err(|errors| Error::Config { connector: name.to_string(), errors })
    }

    /// The names of all connectors.
    pub fn list(&self) -> Vec<String> {
        let mut names: Vec<String> = self.inner.connectors.lock().keys().cloned().collect();
        names.extend(self.inner.broken.lock().keys().cloned());
        names.sort();
        names
    }

    /// A connector as it was configured.
    pub fn describe(&self, name: &str) -> Result<ConnectorInfo> {
        if let Some(broken) = self.inner.broken.lock().get(name) {
            return Ok(broken.info(name));
        }
        self.with(name, |connector| connector.info())
    }

    /// What a connector and its tasks do.
    pub fn status(&self, name: &str) -> Result<ConnectorStatus> {
        if let Some(broken) = self.inner.broken.lock().get(name) {
            return Ok(broken.status(name, &self.inner.options.worker_id));
        }
        self.with(name, |connector| connector.status(&self.inner.options.worker_id))
    }

    /// What all connectors do.
    pub fn statuses(&self) -> Vec<ConnectorStatus> {
        self.list().iter().filter_map(|name| self.status(name).ok()).collect()
    }

    /// A snapshot of all tasks' numbers; cheap.
    pub fn metrics(&self) -> Vec<TaskMetrics> {
        let connectors = self.inner.connectors.lock();
        connectors.values().flat_map(|connector| connector.tasks.iter().map(|task| task.shared.metrics())).collect()
    }

    /// The plugins it knows.
    pub fn plugins(&self) -> &[Plugin] {
        self.inner.plugins.all()
    }

    /// The stored positions of a source connector.
    pub async fn source_offsets(&self, name: &str) -> Result<Vec<(SourcePartition, JsonMap)>> {
        Ok(self.inner.offsets.read(name).await?)
    }

    /// Pauses the tasks; they keep what they have.
    pub async fn pause(&self, name: &str) -> Result<()> {
        self.set_wanted(name, TargetState::Paused).await
    }

    /// Lets a paused or stopped connector run again.
    pub async fn resume(&self, name: &str) -> Result<()> {
        self.set_wanted(name, TargetState::Running).await
    }

    /// Stops the tasks; the connector stays configured.
    pub async fn stop_connector(&self, name: &str) -> Result<()> {
        self.set_wanted(name, TargetState::Stopped).await
    }

    /// Starts the tasks anew: all of them, after ending those that run.
    pub async fn restart(&self, name: &str) -> Result<()> {
        let _changing = self.change().await?;
        let (entries, wanted) = self.with(name, |connector| (connector.entries.clone(), connector.wanted))?;
        self.put(name, entries, wanted).await.map(|_| ())
    }

    /// Starts failed tasks again at once.
    pub async fn restart_failed(&self, name: &str) -> Result<()> {
        self.with(name, |connector| {
            for task in &connector.tasks {
                task.shared.forget_failure();
            }
            connector.tell(|target| target.restart += 1);
        })
    }

    /// Stops a connector and forgets it, but for its source positions: as in Kafka, one that is created later under this name goes on from there.
    /// [`Worker::reset_offsets`] forgets them.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let _changing = self.change().await?;
        let task_count = self.describe(name)?.task_count;
        self.end_tasks(name).await;
        self.inner.configs.delete(name).await?;
        self.inner.statuses.delete(name, task_count).await;
        self.inner.connectors.lock().remove(name);
        self.inner.broken.lock().remove(name);
        Ok(())
    }

    /// Forgets the source positions of a connector, so that it reads everything again when it is next started or created (`DELETE
    /// /connectors/<name>/offsets` of KIP-875). What a sink has delivered is not forgotten.
    ///
    /// Errors: [`Error::Running`] if it has tasks, paused ones included: only a connector that is stopped or deleted can be reset. [`Error::Unknown`] if there
    /// is no such connector and none left positions.
    pub async fn reset_offsets(&self, name: &str) -> Result<()> {
        let _changing = self.change().await?;
        match self.with(name, |connector| connector.tasks.is_empty()) {
            Ok(false) => return Err(Error::Running { name: name.to_string() }),
            Err(unknown @ Error::Unknown { .. }) if self.inner.offsets.read(name).await?.is_empty() => return Err(unknown),
            // Without tasks, for whatever reason, nobody writes positions.
            Ok(true) | Err(_) => {}
        }
        Ok(self.inner.offsets.delete(name).await?)
    }

    /// Stops all tasks in order: sources first, then sinks, which finish their files. The connectors run again at the next start.
    ///
    /// A task that does not end within `shutdown_timeout` is ended where it is, which loses nothing: it resumes from what was committed.
    pub async fn stop(&self) {
        let _changing = self.inner.changing.lock().await;
        self.inner.closed.store(true, Ordering::SeqCst);
        for name in self.names_in_stop_order() {
            self.end_tasks(&name).await;
        }
        self.inner.connectors.lock().clear();
        self.inner.broken.lock().clear();
    }
}
