//! Starting work that runs beside the caller.

use futures::future::BoxFuture;
use std::fmt;

/// Work in progress. Dropping it leaves the work running.
pub struct Task {
    /// Resolves when the work has ended, whether it returned, panicked or was aborted.
    pub ended: BoxFuture<'static, ()>,
    /// Ends asynchronous work at its next await point; blocking work cannot be aborted and ignores it.
    pub abort: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// Starts asynchronous tasks and blocking threads.
pub trait Spawner: Send + Sync + fmt::Debug {
    /// Runs `future` on the asynchronous runtime. `name` appears in logs and debuggers.
    fn spawn(&self, name: &str, future: BoxFuture<'static, ()>) -> Task;

    /// Runs `work` on a thread of its own, for calls that block.
    fn spawn_blocking(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> Task;
}
