//! A running application: tasks spread over workers, epochs, restore, idleness, metrics.
//!
//! The path of the data: a worker polls batches for all its tasks (`worker`), each task (`running`) processes them into an epoch of batches
//! (`epoch`), and a commit (`commit`) puts the epoch's outputs, changelogs, repartition records and input offsets into one transaction, after which
//! the stores may take the changes. `start` prepares topics (`internal_topics`) and spawns the workers; `restore` brings stores up to date;
//! `handle` is what the application holds.

mod backoff;
mod commit;
mod epoch;
mod handle;
mod internal_topics;
mod metrics;
mod options;
mod plan;
mod progress;
mod restore;
mod running;
mod start;
#[cfg(test)]
mod tests;
mod worker;

pub use handle::StreamsHandle;
pub use metrics::{NodeMetrics, SourceMetrics, StoreMetrics, StreamsMetrics, TaskPhase};
pub use options::StreamsOptions;
pub use start::StreamsApp;
