//! Tasks on the current tokio runtime, threads of the operating system, and a pool of a few of them.
#![allow(clippy::disallowed_methods, reason = "this file is the door to tokio's tasks and the machine's threads")]

use super::work_pool::WorkPool;
use crate::{Spawner, Task};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use std::io;
use std::sync::Arc;

/// Runs futures on the tokio runtime that is current at the time of the spawn, long work on named threads, and short work on a few threads of
/// its own. Whoever clones the environment shares these.
///
/// Guarantees: `ended` resolves also after a panic or an abort, because it watches the end of the task's own value.
///
/// # Panics
/// `spawn` panics outside a tokio runtime.
#[derive(Debug, Default)]
pub struct RealSpawner {
    pool: Arc<WorkPool>,
}

impl RealSpawner {
    /// A spawner without threads; it starts them as they are needed.
    pub fn new() -> RealSpawner {
        RealSpawner::default()
    }
}

impl Spawner for RealSpawner {
    fn spawn(&self, _name: &str, future: BoxFuture<'static, ()>) -> Task {
        let handle = tokio::runtime::Handle::current().spawn(future);
        let abort = handle.abort_handle();
        Task { ended: handle.map(|_| ()).boxed(), abort: Box::new(move || abort.abort()) }
    }

    fn spawn_blocking(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<Task> {
        let (alive, ended) = oneshot::channel::<()>();
        // Threads started by a task of a runtime may themselves spawn onto that runtime.
        let runtime = tokio::runtime::Handle::try_current().ok();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _alive = alive;
            let _entered = runtime.as_ref().map(|runtime| runtime.enter());
            work();
        })?;
        Ok(Task { ended: ended.map(|_| ()).boxed(), abort: Box::new(|| {}) })
    }

    fn offload(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        self.pool.run(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap()
    }

    #[test]
    fn tasks_and_threads_tell_their_end_even_after_a_panic_or_an_abort() {
        let done = Arc::new(AtomicU32::new(0));
        runtime().block_on(async {
            let spawner = RealSpawner::new();
            let counter = done.clone();
            spawner.spawn("adds", async move { _ = counter.fetch_add(1, Ordering::SeqCst) }.boxed()).ended.await;
            let counter = done.clone();
            spawner.spawn_blocking("adds", Box::new(move || _ = counter.fetch_add(1, Ordering::SeqCst))).unwrap().ended.await;
            spawner.spawn_blocking("panics", Box::new(|| std::panic::resume_unwind(Box::new("on purpose")))).unwrap().ended.await;
            let endless = spawner.spawn("endless", futures::future::pending().boxed());
            (endless.abort)();
            endless.ended.await;
        });
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn blocking_work_may_spawn_onto_the_runtime_that_started_it() {
        let seen = Arc::new(AtomicU32::new(0));
        runtime().block_on(async {
            let spawner = RealSpawner::new();
            let inner = |send: oneshot::Sender<BoxFuture<'static, ()>>| {
                let counter = seen.clone();
                move || {
                    let task = RealSpawner::new().spawn("inner", async move { _ = counter.fetch_add(1, Ordering::SeqCst) }.boxed());
                    _ = send.send(task.ended);
                }
            };
            let (send, receive) = oneshot::channel();
            spawner.spawn_blocking("outer", Box::new(inner(send))).unwrap().ended.await;
            receive.await.unwrap().await;
            let (send, receive) = oneshot::channel();
            spawner.offload(Box::new(inner(send))).unwrap();
            receive.await.unwrap().await;
        });
        assert_eq!(seen.load(Ordering::SeqCst), 2);
    }
}
