//! The standalone connect worker: runs connectors against a log, exactly once.
//!
//! [`Worker`] is the face. Below it, every task is a future of its own under a supervisor (`task`) that restarts it with back-off. A source task commits
//! records and source position in one transaction of the log; a sink task resumes where its sink says and commits group offsets after the sink made records
//! durable. Configurations, positions and states live in compacted topics in Kafka Connect's shapes (`store`), so a new worker on the same log continues.
//!
//! What always holds:
//! - a record that is not delivered was counted, and with `errors.deadletterqueue.topic.name` it is in the dead-letter topic, in the same transaction as the position
//!   after it;
//! - a task that is fenced or was stopped commits nothing more;
//! - waiting goes through the clock of the environment and through `Consumer::ready`, so a worker runs in simulated time.
//!
//! Not here: placement among several workers, the REST interface, transforms and predicates.

mod config;
mod convert;
mod error;
mod metrics;
mod options;
mod outbox;
mod policy;
mod state;
mod store;
mod task;
mod topics;
mod worker;

pub use error::{Error, Result};
pub use metrics::TaskMetrics;
pub use options::WorkerOptions;
pub use policy::Stage;
pub use state::{ConnectorInfo, ConnectorStatus, State, TaskStatus};
pub use worker::Worker;

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "these tests are about real files")]
mod tests;
