//! What a call on a worker can answer, and why a task ended.

use connect_api::ConfigError;
use log_model::ErrorKind;
use thiserror::Error;

/// The result of a call on a worker.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a worker.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The configuration cannot be used; nothing was changed.
    #[error("connector {connector}: {}", join(errors))]
    Config {
        /// The connector.
        connector: String,
        /// Every refused option.
        errors: Vec<ConfigError>,
    },
    /// There is a connector of this name.
    #[error("connector {name} already exists; choose another name or replace its configuration")]
    Exists {
        /// Its name.
        name: String,
    },
    /// The connector runs, and what it was asked for would be undone by its tasks.
    #[error("connector {name} still has tasks, which hold its positions; stop or delete it first, then reset them")]
    Running {
        /// Its name.
        name: String,
    },
    /// There is no connector (or task) of this name.
    #[error("{name} not found{}", nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    Unknown {
        /// The name asked for.
        name: String,
        /// One that resembles it.
        nearest: Option<String>,
    },
    /// A stored connector whose configuration can no longer be used.
    #[error("connector {connector} cannot start: {reason}; replace its configuration or delete it")]
    Broken {
        /// The connector.
        connector: String,
        /// Why.
        reason: String,
    },
    /// Draining cannot end without help.
    #[error("connector {connector} task {task} cannot finish: {reason}")]
    Stuck {
        /// The connector.
        connector: String,
        /// The task's index.
        task: usize,
        /// What it waits for or failed with.
        reason: String,
    },
    /// The log refused.
    #[error("{0}")]
    Log(log_client::Error),
    /// The worker was stopped.
    #[error("the connect worker is stopped; start a new one")]
    Closed,
}

fn join(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Config { .. } | Error::Exists { .. } | Error::Running { .. } | Error::Broken { .. } => ErrorKind::Invalid,
            Error::Unknown { .. } | Error::Stuck { .. } => ErrorKind::Missing,
            Error::Log(error) => error.kind(),
            Error::Closed => ErrorKind::Closed,
        }
    }
}

impl From<log_client::Error> for Error {
    fn from(error: log_client::Error) -> Error {
        Error::Log(error)
    }
}

/// Why a run of a task ended.
#[derive(Clone, Debug)]
pub(crate) struct TaskError {
    /// What to do about it.
    pub(crate) kind: ErrorKind,
    /// In words.
    pub(crate) cause: String,
    /// Kafka's class and the place, as the status shows it.
    pub(crate) trace: String,
}

impl TaskError {
    /// With the class Kafka would name.
    pub(crate) fn new(kind: ErrorKind, class: &str, cause: impl Into<String>) -> TaskError {
        let cause = cause.into();
        TaskError { kind, trace: format!("{class}: {cause}"), cause }
    }

    /// The same with a line that says where it happened.
    pub(crate) fn at(mut self, place: &str) -> TaskError {
        self.trace.push_str("\n\tat ");
        self.trace.push_str(place);
        self
    }

    /// Whether the same call may succeed a little later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.kind, ErrorKind::Retry | ErrorKind::Full)
    }

    /// Whether a new run of the task may succeed. What is wrong with data or configuration stays wrong, and who was fenced stays away.
    pub(crate) fn can_restart(&self) -> bool {
        !matches!(self.kind, ErrorKind::Invalid | ErrorKind::Fenced | ErrorKind::Corrupt)
    }
}

impl From<connect_api::Error> for TaskError {
    fn from(error: connect_api::Error) -> TaskError {
        TaskError::new(error.kind(), error.kafka_class(), error.to_string())
    }
}

impl From<log_client::Error> for TaskError {
    fn from(error: log_client::Error) -> TaskError {
        TaskError::new(error.kind(), "org.apache.kafka.connect.errors.ConnectException", error.to_string())
    }
}

impl From<log_record::Error> for TaskError {
    fn from(error: log_record::Error) -> TaskError {
        TaskError::new(ErrorKind::Corrupt, "org.apache.kafka.common.errors.CorruptRecordException", error.to_string())
    }
}
