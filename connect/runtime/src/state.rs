//! States of connectors and tasks, under Kafka's names.

use connect_api::PluginKind;
use std::collections::BTreeMap;
use std::fmt;

/// The state of a connector or task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not yet started, or on its way out.
    Unassigned,
    /// At work.
    Running,
    /// Told to pause.
    Paused,
    /// Ended by an error and not coming back by itself.
    Failed,
    /// Ended by an error; starts again after a pause.
    Restarting,
    /// Told to stop; has no tasks.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Unassigned => "UNASSIGNED",
            State::Running => "RUNNING",
            State::Paused => "PAUSED",
            State::Failed => "FAILED",
            State::Restarting => "RESTARTING",
            State::Stopped => "STOPPED",
        })
    }
}

/// What a user wants of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetState {
    Running,
    Paused,
    Stopped,
}

impl TargetState {
    /// The fields `state` and `state.v2` of Kafka's target state record.
    pub(crate) fn kafka_names(self) -> (&'static str, &'static str) {
        match self {
            TargetState::Running => ("STARTED", "STARTED"),
            TargetState::Paused => ("PAUSED", "PAUSED"),
            // A worker that does not know STOPPED at least pauses.
            TargetState::Stopped => ("PAUSED", "STOPPED"),
        }
    }

    /// From `state.v2`, or `state` where that is missing.
    pub(crate) fn from_kafka_name(name: &str) -> TargetState {
        match name {
            "PAUSED" => TargetState::Paused,
            "STOPPED" => TargetState::Stopped,
            _ => TargetState::Running,
        }
    }
}

/// A task and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// Its index, from 0.
    pub id: usize,
    /// Its state.
    pub state: State,
    /// The error that ended it, with Kafka's class name and where it happened.
    pub trace: Option<String>,
    /// The same in words for people: what went wrong and how to mend it. Also set while a call is being repeated.
    pub cause: Option<String>,
}

/// A connector and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorStatus {
    /// Its name.
    pub name: String,
    /// Source or sink.
    pub kind: PluginKind,
    /// Its own state; tasks have theirs.
    pub state: State,
    /// Why it is not running, if it is not by order.
    pub trace: Option<String>,
    /// Who runs it.
    pub worker_id: String,
    /// The version of its plugin.
    pub version: String,
    /// Its tasks.
    pub tasks: Vec<TaskStatus>,
}

/// A connector as it was configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorInfo {
    /// Its name.
    pub name: String,
    /// Source or sink.
    pub kind: PluginKind,
    /// Its options as given.
    pub config: BTreeMap<String, String>,
    /// How many tasks it has.
    pub task_count: usize,
}
