//! The bridge between SQL's connector statements and the connect worker.
//!
//! The SQL catalog remembers the definitions, the worker the positions; both survive a restart, so a definition is created again at every start
//! and compared with what the worker has. The positions of a dropped one stay, as in Kafka Connect: created again under its name it goes on from there.

use async_trait::async_trait;
use connect_api::{ConfigError, Error, PluginKind, Result};
use connect_runtime::{State, Worker};
use sql_engine::{ConnectorDefinition, ConnectorHost, ConnectorStatus};
use std::collections::BTreeMap;

const CLASS: &str = "connector.class";

/// The options of built-in connectors that hold a path. Relative ones are taken from where the program that runs the statement was started, and
/// remembered absolute: the connector is to read and write the same files when it runs again from elsewhere.
const PATH_OPTIONS: [&str; 2] = ["file", "directory"];

/// Runs the connectors of SQL statements on a worker.
pub(crate) struct WorkerHost {
    pub(crate) worker: Worker,
}

impl WorkerHost {
    fn kind(&self, name: &str) -> Result<PluginKind> {
        self.worker.describe(name).map(|info| info.kind).map_err(refused)
    }

    /// A class that is unknown is left to the worker, which names the nearest.
    fn check_kind(&self, definition: &ConnectorDefinition) -> Result<()> {
        let Some(class) = definition.options.get(CLASS) else { return Ok(()) };
        let Some(plugin) = self.worker.plugins().iter().find(|plugin| plugin.answers_to(class)) else { return Ok(()) };
        let (found, stated) = (plugin.kind().name(), definition.kind.to_string());
        if plugin.kind() == PluginKind::Converter || found == stated {
            return Ok(());
        }
        let reason = format!("it is a {found}, and the statement creates a {stated}: write CREATE {} CONNECTOR", found.to_uppercase());
        Err(Error::Config(vec![ConfigError::invalid(CLASS, class, reason)]))
    }
}

/// Configuration errors keep their parts, so that the statement can point at the option.
fn refused(error: connect_runtime::Error) -> Error {
    match error {
        connect_runtime::Error::Config { errors, .. } => Error::Config(errors),
        // The caller names the connector; its name is not repeated.
        connect_runtime::Error::Stuck { reason, .. } => Error::failed(reason),
        other => Error::failed(other.to_string()),
    }
}

#[async_trait]
impl ConnectorHost for WorkerHost {
    fn complete(&self, mut definition: ConnectorDefinition) -> ConnectorDefinition {
        for option in PATH_OPTIONS {
            if let Some(value) = definition.options.get_mut(option).filter(|value| !value.is_empty())
                && let Some(path) = std::path::absolute(&*value).ok().and_then(|path| path.into_os_string().into_string().ok())
            {
                *value = path;
            }
        }
        definition
    }

    async fn create(&self, definition: &ConnectorDefinition) -> Result<()> {
        self.check_kind(definition)?;
        let existing = self.worker.describe(&definition.name).ok().map(|info| without_name(&info.config));
        if existing.as_ref() == Some(&definition.options) {
            return Ok(());
        }
        self.worker.put_config(&definition.name, definition.options.clone()).await.map(|_| ()).map_err(refused)
    }

    fn missing_delete_option(&self, definition: &ConnectorDefinition) -> Option<&'static str> {
        const OPTION: &str = "behavior.on.null.values";
        let given = |key: &str| definition.options.get(key).map(String::as_str);
        let plugin = self.worker.plugins().iter().find(|plugin| given("connector.class").is_some_and(|class| plugin.answers_to(class)))?;
        let has_it = plugin.config.keys().iter().any(|key| key.name == OPTION);
        (has_it && given(OPTION).is_none() && given("errors.tolerance") != Some("all")).then_some(OPTION)
    }

    async fn drop_connector(&self, name: &str) -> Result<()> {
        match self.worker.delete(name).await {
            Ok(()) | Err(connect_runtime::Error::Unknown { .. }) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    async fn list(&self) -> Vec<ConnectorStatus> {
        let metrics = self.worker.metrics();
        let status = |status: connect_runtime::ConnectorStatus| {
            let failed = status.tasks.iter().find(|task| task.state == State::Failed);
            ConnectorStatus {
                record_count: metrics.iter().filter(|task| task.connector == status.name).map(|task| task.records).sum(),
                task_count: status.tasks.len(),
                state: failed.map_or(status.state, |task| task.state).to_string(),
                error: failed.and_then(|task| task.cause.clone()).or(status.trace),
                name: status.name,
            }
        };
        self.worker.statuses().into_iter().map(status).collect()
    }

    async fn wait_idle(&self, name: &str) -> Result<()> {
        let drained = match self.kind(name)? {
            PluginKind::Source => self.worker.drain_sources().await,
            _ => self.worker.drain_sinks().await,
        };
        drained.map_err(refused)
    }

    async fn stop(&self) {
        self.worker.stop().await;
    }
}

fn without_name(config: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    config.iter().filter(|(key, _)| *key != "name").map(|(key, value)| (key.clone(), value.clone())).collect()
}
