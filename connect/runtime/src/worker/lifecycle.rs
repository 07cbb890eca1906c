//! Starting and ending connectors and their tasks.

use super::connector::{Broken, Connector, RunningTask};
use super::face::Worker;
use crate::config::{self, ConnectorConfig, Entries};
use crate::error::{Error, Result};
use crate::metrics::TaskShared;
use crate::policy::ErrorPolicy;
use crate::state::{ConnectorInfo, TargetState};
use crate::task::{Control, Target, TaskContext, supervise};
use connect_api::{Config, PluginFactory, PluginKind};
use futures::FutureExt;
use futures::future::join_all;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{MutexGuard, watch};

/// What one task of a connector does.
struct Share {
    task: usize,
    config: Config,
    policy: ErrorPolicy,
}

/// A connector about to start: nothing of it can be refused any more.
struct Prepared {
    setup: Arc<ConnectorConfig>,
    wanted: TargetState,
    shares: Vec<Share>,
}

impl Prepared {
    /// Divides the work among tasks. Errors: the connector cannot, or an option has no meaning.
    fn new(name: &str, setup: ConnectorConfig, wanted: TargetState) -> Result<Prepared> {
        let refused = |error: connect_api::Error| match error {
            connect_api::Error::Config(errors) => Error::Config { connector: name.to_string(), errors },
            other => Error::Config {
                connector: name.to_string(),
                errors: vec![connect_api::ConfigError::invalid("connector.class", setup.plugin.class, other.to_string())],
            },
        };
        let mut shares = Vec::new();
        if wanted != TargetState::Stopped {
            for (task, config) in task_configs(&setup).map_err(refused)?.into_iter().enumerate() {
                let policy = ErrorPolicy::new(name, task, &config).map_err(refused)?;
                shares.push(Share { task, config, policy });
            }
        }
        Ok(Prepared { setup: Arc::new(setup), wanted, shares })
    }
}

impl Worker {
    /// Waits for its turn to change connectors. Errors: the worker is stopped.
    pub(super) async fn change(&self) -> Result<MutexGuard<'_, ()>> {
        let guard = self.inner.changing.lock().await;
        if self.inner.closed.load(Ordering::SeqCst) { Err(Error::Closed) } else { Ok(guard) }
    }

    pub(super) fn with<T>(&self, name: &str, look: impl FnOnce(&Connector) -> T) -> Result<T> {
        if let Some(broken) = self.inner.broken.lock().get(name) {
            return Err(Error::Broken { connector: name.to_string(), reason: broken.reason.clone() });
        }
        let connectors = self.inner.connectors.lock();
        connectors.get(name).map(look).ok_or_else(|| {
            let near = |known: &&String| known.eq_ignore_ascii_case(name) || known.contains(name) || name.contains(known.as_str());
            Error::Unknown { name: format!("connector {name}"), nearest: connectors.keys().find(near).cloned() }
        })
    }

    /// Starts everything that is stored.
    pub(super) async fn start_stored(&self) -> Result<()> {
        for (name, (entries, wanted)) in self.inner.configs.read().await? {
            let prepared = self.parse(&name, &entries).and_then(|setup| Prepared::new(&name, setup, wanted));
            match prepared {
                Ok(mut prepared) => {
                    let resumes = self.inner.options.resume;
                    if !resumes {
                        prepared.shares.clear();
                    }
                    self.begin(&name, entries, prepared);
                    if resumes {
                        self.report_connector(&name).await;
                    }
                }
                Err(error) => {
                    tracing::error!(connector = name, "a stored connector cannot start: {error}");
                    self.inner.broken.lock().insert(name, Broken { entries, reason: error.to_string() });
                }
            }
        }
        Ok(())
    }

    /// Checks, stores and starts a configuration, ending what ran under the name before.
    pub(super) async fn put(&self, name: &str, entries: Entries, wanted: TargetState) -> Result<ConnectorInfo> {
        // Whatever may be refused comes first: nothing is changed by a configuration that cannot be used.
        let prepared = Prepared::new(name, self.parse(name, &entries)?, wanted)?;
        self.inner.configs.put(name, &entries, wanted).await?;
        self.end_tasks(name).await;
        self.inner.broken.lock().remove(name);
        self.begin(name, entries, prepared);
        self.report_connector(name).await;
        self.describe(name)
    }

    /// Changes what is wanted of a connector.
    pub(super) async fn set_wanted(&self, name: &str, wanted: TargetState) -> Result<()> {
        let _changing = self.change().await?;
        let (entries, before) = self.with(name, |connector| (connector.entries.clone(), connector.wanted))?;
        if before == wanted {
            return Ok(());
        }
        let anew = wanted == TargetState::Stopped || before == TargetState::Stopped;
        let prepared = if anew { Some(Prepared::new(name, self.parse(name, &entries)?, wanted)?) } else { None };
        self.inner.configs.put_state(name, wanted).await?;
        if let Some(prepared) = prepared {
            self.end_tasks(name).await;
            self.begin(name, entries, prepared);
        } else if let Some(connector) = self.inner.connectors.lock().get_mut(name) {
            connector.wanted = wanted;
            connector.tell(|target| target.state = wanted);
        }
        self.report_connector(name).await;
        Ok(())
    }

    fn parse(&self, name: &str, entries: &Entries) -> Result<ConnectorConfig> {
        let parsed = config::parse(name, entries, &self.inner.plugins, &self.inner.options);
        parsed.map_err(|errors| Error::Config { connector: name.to_string(), errors })
    }

    async fn report_connector(&self, name: &str) {
        let state = self.with(name, |connector| (connector.state(), connector.setup.plugin.version));
        if let Ok((state, version)) = state {
            self.inner.statuses.put_connector(name, state, version).await;
        }
    }

    /// Starts the tasks of a connector.
    fn begin(&self, name: &str, entries: Entries, prepared: Prepared) {
        let Prepared { setup, wanted, shares } = prepared;
        let (target, receiver) = watch::channel(Target { state: wanted, drain: 0, restart: 0 });
        let tasks = shares.into_iter().map(|share| self.spawn(name, share, setup.clone(), receiver.clone())).collect();
        let name = name.to_string();
        let connector = Connector { name: name.clone(), entries, setup, wanted, target, tasks };
        self.inner.connectors.lock().insert(name, connector);
    }

    fn spawn(&self, name: &str, share: Share, setup: Arc<ConnectorConfig>, receiver: watch::Receiver<Target>) -> RunningTask {
        let Share { task, config, policy } = share;
        let inner = &self.inner;
        let shared = Arc::new(TaskShared::new(name, task, setup.plugin.kind(), inner.changed.clone()));
        let context = TaskContext {
            log: inner.log.clone(),
            env: inner.env.clone(),
            options: inner.options.clone(),
            offsets: inner.offsets.clone(),
            statuses: inner.statuses.clone(),
            connector: name.to_string(),
            task,
            setup,
            config,
            policy,
            shared: shared.clone(),
        };
        let future = supervise(context, Control::new(receiver)).boxed();
        RunningTask { shared, task: inner.env.spawner.spawn(&format!("connect-{name}-{task}"), future) }
    }

    /// Tells the tasks of a connector to stop and waits for them, at most `shutdown_timeout`.
    pub(super) async fn end_tasks(&self, name: &str) {
        let tasks = {
            let mut connectors = self.inner.connectors.lock();
            let Some(connector) = connectors.get_mut(name) else { return };
            connector.tell(|target| target.state = TargetState::Stopped);
            std::mem::take(&mut connector.tasks)
        };
        let (mut ended, mut aborts) = (Vec::new(), Vec::new());
        for RunningTask { task, .. } in tasks {
            ended.push(task.ended);
            aborts.push(task.abort);
        }
        let mut all_ended = join_all(ended);
        let in_time = tokio::select! {
            _ = &mut all_ended => true,
            () = self.inner.env.clock.sleep(self.inner.options.shutdown_timeout) => false,
        };
        if !in_time {
            tracing::warn!(
                connector = name,
                "tasks did not stop in time and are ended where they are; they resume from what was committed"
            );
            for abort in aborts {
                abort();
            }
            all_ended.await;
        }
    }

    /// Sources first, so that sinks do not run after what still grows.
    pub(super) fn names_in_stop_order(&self) -> Vec<String> {
        let connectors = self.inner.connectors.lock();
        let mut names: Vec<(bool, String)> =
            connectors.values().map(|connector| (connector.setup.plugin.kind() == PluginKind::Sink, connector.name.clone())).collect();
        names.sort();
        names.into_iter().map(|(_, name)| name).collect()
    }
}

fn task_configs(setup: &ConnectorConfig) -> connect_api::Result<Vec<Config>> {
    let mut configs = match &setup.plugin.factory {
        PluginFactory::Source(make) => make().task_configs(&setup.config, setup.tasks_max)?,
        PluginFactory::Sink(make) => make().task_configs(&setup.config, setup.tasks_max)?,
        PluginFactory::Converter(_) => Vec::new(),
    };
    configs.truncate(setup.tasks_max);
    Ok(configs)
}
