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

/// All running queries, by relation.
pub(crate) struct Queries {
    log: Arc<dyn Log>,
    env: Env,
    options: EngineOptions,
    running: Mutex<BTreeMap<String, State>>,
}

#[derive(Clone)]
enum State {
    Running(Arc<StreamsHandle>),
    /// It did not start.
    Failed(String),
}

impl Queries {
    pub(crate) fn new(log: Arc<dyn Log>, env: Env, options: EngineOptions) -> Queries {
        Queries { log, env, options, running: Mutex::new(BTreeMap::new()) }
    }

    /// The topology of a relation's plan. Errors: anything that would keep it from running.
    pub(crate) fn compile(&self, entry: &RelationEntry, plan: &StreamPlan, planner: &Planner) -> Result<Topology> {
        compile::compile(plan, planner, Settings { shuffle: entry.input_partition_count > 1, durable: true, collector: None })
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
        self.running.lock().insert(name, State::Running(Arc::new(handle)));
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

    pub(crate) async fn wait_idle(&self, name: &str) -> Result<()> {
        let handle = self.handle(name)?;
        handle.wait_idle().await.map_err(|error| query_error(name, &error))
    }

    pub(crate) async fn close_windows(&self, name: &str) -> Result<()> {
        let handle = self.handle(name)?;
        handle.close_windows().await.map_err(|error| query_error(name, &error))
    }

    fn handle(&self, name: &str) -> Result<Arc<StreamsHandle>> {
        match self.running.lock().get(name) {
            Some(State::Running(handle)) => Ok(Arc::clone(handle)),
            Some(State::Failed(reason)) => Err(Error::Query { name: name.to_string(), reason: reason.clone() }),
            None => Err(Error::Stopped),
        }
    }

    pub(crate) fn status(&self, name: &str) -> QueryStatus {
        let state = self.running.lock().get(name).cloned();
        match state {
            Some(State::Running(handle)) => {
                QueryStatus::of(name, &handle.metrics(), handle.topology(), handle.failed().map(|error| error.to_string()))
            }
            Some(State::Failed(reason)) => QueryStatus { name: name.to_string(), error: Some(reason), ..QueryStatus::default() },
            None => QueryStatus { name: name.to_string(), error: Some("it is stopped".to_string()), ..QueryStatus::default() },
        }
    }

    /// Ends a dropped relation's query and removes its state and internal topics.
    pub(crate) async fn forget(&self, entry: &RelationEntry) -> Result<()> {
        let state = self.running.lock().remove(&entry.relation.name);
        if let Some(State::Running(handle)) = state
            && let Some(handle) = Arc::into_inner(handle)
        {
            handle.abort().await;
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

    /// Commits and stops all queries. The first failure is returned, after all have been stopped.
    pub(crate) async fn stop_all(&self) -> Result<()> {
        let running = std::mem::take(&mut *self.running.lock());
        let mut outcome = Ok(());
        for (name, state) in running {
            let State::Running(handle) = state else { continue };
            let Some(handle) = Arc::into_inner(handle) else { continue };
            if let Err(error) = handle.stop().await
                && outcome.is_ok()
            {
                outcome = Err(query_error(&name, &error));
            }
        }
        outcome
    }
}

fn query_error(name: &str, error: &streams_runtime::Error) -> Error {
    Error::Query { name: name.to_string(), reason: error.to_string() }
}
