//! Queries that fill relations: each a streams application named after its relation.

use super::QueryStatus;
use crate::catalog::RelationEntry;
use crate::compile::{self, Settings};
use crate::{EngineOptions, Error, Result, topics};
use log_client::Log;
use log_env::Env;
use log_model::TopicName;
use parking_lot::Mutex;
use sql_planner::plan::StreamPlan;
use sql_planner::{Error as SqlError, Planner};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use streams_runtime::topology::Topology;
use streams_runtime::{StreamsApp, StreamsHandle, StreamsOptions};
use tokio::sync::{RwLock, watch};

/// All running queries, by relation.
pub(crate) struct Queries {
    log: Arc<dyn Log>,
    env: Env,
    options: EngineOptions,
    running: Mutex<BTreeMap<String, State>>,
}

#[derive(Clone)]
enum State {
    Running(Arc<Shared>),
    /// It did not start.
    Failed(String),
}

/// A running application that several may wait for and one may end, whatever the others do.
struct Shared {
    /// `None` once it has been ended.
    handle: RwLock<Option<StreamsHandle>>,
    /// Set before it is ended: whoever waits for it lets go.
    ending: watch::Sender<bool>,
}

impl Shared {
    fn new(handle: StreamsHandle) -> Shared {
        Shared { handle: RwLock::new(Some(handle)), ending: watch::Sender::new(false) }
    }

    /// Commits what has been processed and ends. Does nothing the second time.
    async fn stop(&self) -> streams_runtime::Result<()> {
        self.ending.send_replace(true);
        match self.handle.write().await.take() {
            Some(handle) => handle.stop().await,
            None => Ok(()),
        }
    }

    /// Returns once everything there is has been processed, with `close` also once every window is closed; or when it is ended.
    async fn settle(&self, name: &str, close: bool) -> Result<()> {
        let mut ending = self.ending.subscribe();
        let handle = self.handle.read().await;
        let Some(handle) = handle.as_ref() else { return Err(Error::Stopped) };
        let settled = async { if close { handle.close_windows().await } else { handle.wait_idle().await } };
        tokio::select! {
            biased;
            _ = ending.wait_for(|ending| *ending) => Err(Error::Stopped),
            settled = settled => settled.map_err(|error| query_error(name, &error)),
        }
    }
}

impl Queries {
    pub(crate) fn new(log: Arc<dyn Log>, env: Env, options: EngineOptions) -> Queries {
        Queries { log, env, options, running: Mutex::new(BTreeMap::new()) }
    }

    /// The topology of a relation's plan. Errors: anything that would keep it from running.
    pub(crate) fn compile(&self, entry: &RelationEntry, plan: &StreamPlan, planner: &Planner) -> Result<Topology> {
        compile::compile(plan, planner, Settings::filling(&entry.relation.name, entry.input_partition_count, self.options.stores))
    }

    /// Starts a relation's query where it committed last.
    pub(crate) async fn start(&self, entry: &RelationEntry, plan: &StreamPlan, planner: &Planner) -> Result<()> {
        let name = entry.relation.name.clone();
        self.refuse_more_partitions(entry, plan).await?;
        let topology = self.compile(entry, plan, planner)?;
        let application = entry.application.clone().unwrap_or_else(|| format!("sql-{name}"));
        let mut options = StreamsOptions::new(application, self.options.state_dir.clone());
        options.commit_interval = Duration::from_millis(self.options.commit_interval_ms);
        options.threads = self.options.thread_count;
        let handle = StreamsApp::start(topology, Arc::clone(&self.log), self.env.clone(), options).await?;
        self.running.lock().insert(name, State::Running(Arc::new(Shared::new(handle))));
        Ok(())
    }

    /// A grouping over one partition has no shuffle; with more partitions it would split groups.
    async fn refuse_more_partitions(&self, entry: &RelationEntry, plan: &StreamPlan) -> Result<()> {
        if entry.input_partition_count > 1 || !plan.root.groups() {
            return Ok(());
        }
        for scan in plan.root.scans() {
            let count = topics::partition_count(&self.log, &TopicName::new(&scan.topic)?).await?;
            if count > 1 {
                let name = &entry.relation.name;
                let error =
                    SqlError::invalid(format!("topic {} has {count} partitions, and \"{name}\" was created when it had one", scan.topic))
                        .with_hint(format!("DROP {name} and create it again"));
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Lists a query that did not start.
    pub(crate) fn set_failed(&self, name: &str, reason: String) {
        self.running.lock().insert(name.to_string(), State::Failed(reason));
    }

    /// Whether a relation's query has been started, or tried to be.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.running.lock().contains_key(name)
    }

    pub(crate) async fn wait_idle(&self, name: &str) -> Result<()> {
        self.running(name)?.settle(name, false).await
    }

    pub(crate) async fn close_windows(&self, name: &str) -> Result<()> {
        self.running(name)?.settle(name, true).await
    }

    fn running(&self, name: &str) -> Result<Arc<Shared>> {
        match self.running.lock().get(name) {
            Some(State::Running(shared)) => Ok(Arc::clone(shared)),
            Some(State::Failed(reason)) => Err(Error::Query { name: name.to_string(), reason: reason.clone() }),
            None => Err(Error::Stopped),
        }
    }

    pub(crate) fn status(&self, name: &str) -> QueryStatus {
        let state = self.running.lock().get(name).cloned();
        let stopped = || QueryStatus { name: name.to_string(), ..QueryStatus::default() };
        match state {
            Some(State::Running(shared)) => match shared.handle.try_read().as_deref() {
                Ok(Some(handle)) => {
                    QueryStatus::of(name, &handle.metrics(), handle.topology(), handle.failed().map(|error| error.to_string()))
                }
                _ => stopped(),
            },
            Some(State::Failed(reason)) => QueryStatus { error: Some(reason), ..stopped() },
            None => stopped(),
        }
    }

    /// Ends a dropped relation's query and removes its state and internal topics.
    pub(crate) async fn forget(&self, entry: &RelationEntry) -> Result<()> {
        let name = &entry.relation.name;
        let state = self.running.lock().remove(name);
        if let Some(State::Running(shared)) = state
            && let Err(error) = shared.stop().await
        {
            tracing::debug!(query = %name, %error, "a dropped query had failed");
        }
        let Some(application) = &entry.application else { return Ok(()) };
        let admin = self.log.admin();
        let prefix = format!("{application}-");
        for topic in admin.list_topics().await?.into_iter().filter(|topic| topic.as_str().starts_with(&prefix)) {
            admin.delete_topic(&topic).await?;
        }
        let directory = self.options.state_dir.join(application);
        if let Err(error) = self.env.disk.remove_dir_all(&directory)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(directory = %directory.display(), %error, "state of a dropped query not removed; it may be deleted by hand");
        }
        Ok(())
    }

    /// Commits and stops all queries. What fails is in the log: it has its place in SHOW QUERIES, and the next start goes on from the last commit.
    pub(crate) async fn stop_all(&self) {
        let running = std::mem::take(&mut *self.running.lock());
        for (name, state) in running {
            let State::Running(shared) = state else { continue };
            if let Err(error) = shared.stop().await {
                tracing::warn!(query = %name, %error, "query had failed before it was stopped");
            }
        }
    }
}

fn query_error(name: &str, error: &streams_runtime::Error) -> Error {
    Error::Query { name: name.to_string(), reason: error.to_string() }
}
