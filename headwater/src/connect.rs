//! Connect: the worker, the built-in connectors and converters, and what is needed to write one's own.

pub use connect_api as api;
pub use connect_plugins::all as built_in;
pub use connect_runtime::{ConnectorInfo, ConnectorStatus, State, TaskMetrics, TaskStatus, Worker, WorkerOptions};

/// Generated lines of a web server's access log, the same for the same seed.
pub mod access_log {
    pub use connect_plugins::datagen_source::{AccessLog, AccessLogOptions};
}
