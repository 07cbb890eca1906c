//! Starting work that runs beside the caller.

use futures::future::BoxFuture;
use std::fmt;
use std::io;

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

/// Starts asynchronous tasks and work that blocks.
pub trait Spawner: Send + Sync + fmt::Debug {
    /// Runs `future` on the asynchronous runtime. `name` appears in logs and debuggers.
    fn spawn(&self, name: &str, future: BoxFuture<'static, ()>) -> Task;

    /// Runs `work` on a thread of its own, for what blocks for long. Errors: the system gives no more threads; the work was not begun.
    fn spawn_blocking(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<Task>;

    /// Runs `work`, which blocks for a moment, on one of a few threads kept for that; it waits for its turn. It must not wait for other such
    /// work. Errors: the system gives no threads at all; the work will not be done.
    fn offload(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()>;
}
