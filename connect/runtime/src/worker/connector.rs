//! A connector as the worker holds it, with its running tasks.

use crate::config::{ConnectorConfig, Entries};
use crate::metrics::TaskShared;
use crate::state::{ConnectorInfo, ConnectorStatus, State, TargetState};
use crate::task::Target;
use connect_api::PluginKind;
use log_env::Task;
use std::sync::Arc;
use tokio::sync::watch;

/// A running task.
pub(super) struct RunningTask {
    pub(super) shared: Arc<TaskShared>,
    pub(super) task: Task,
}

/// A connector.
pub(super) struct Connector {
    pub(super) name: String,
    pub(super) entries: Entries,
    pub(super) setup: Arc<ConnectorConfig>,
    pub(super) wanted: TargetState,
    /// What its tasks are told. Dropping it tells them to stop.
    pub(super) target: watch::Sender<Target>,
    pub(super) tasks: Vec<RunningTask>,
}

/// A stored connector whose configuration is refused now, perhaps because a directory is gone.
pub(super) struct Broken {
    pub(super) entries: Entries,
    pub(super) reason: String,
}

impl Broken {
    /// What can be told of it: a sink is known by its topics.
    fn kind(&self) -> PluginKind {
        if self.entries.contains_key("topics") { PluginKind::Sink } else { PluginKind::Source }
    }

    pub(super) fn info(&self, name: &str) -> ConnectorInfo {
        ConnectorInfo { name: name.to_string(), kind: self.kind(), config: self.entries.clone(), task_count: 0 }
    }

    pub(super) fn status(&self, name: &str, worker_id: &str) -> ConnectorStatus {
        ConnectorStatus {
            name: name.to_string(),
            kind: self.kind(),
            state: State::Failed,
            trace: Some(self.reason.clone()),
            worker_id: worker_id.to_string(),
            version: String::new(),
            tasks: Vec::new(),
        }
    }
}

impl Connector {
    pub(super) fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            name: self.name.clone(),
            kind: self.setup.plugin.kind(),
            config: self.entries.clone(),
            task_count: self.tasks.len(),
        }
    }

    pub(super) fn state(&self) -> State {
        match self.wanted {
            // Only a worker that does not resume what is stored has such a connector.
            TargetState::Running if self.tasks.is_empty() => State::Unassigned,
            TargetState::Running => State::Running,
            TargetState::Paused => State::Paused,
            TargetState::Stopped => State::Stopped,
        }
    }

    pub(super) fn status(&self, worker_id: &str) -> ConnectorStatus {
        ConnectorStatus {
            name: self.name.clone(),
            kind: self.setup.plugin.kind(),
            state: self.state(),
            trace: None,
            worker_id: worker_id.to_string(),
            version: self.setup.plugin.version.to_string(),
            tasks: self.tasks.iter().map(|task| task.shared.status()).collect(),
        }
    }

    /// Tells all tasks something.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Target)) {
        self.target.send_modify(change);
    }
}
