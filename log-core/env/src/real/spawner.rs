//! Tasks on the current tokio runtime and threads of the operating system.
#![allow(clippy::disallowed_methods, reason = "this file is the door to tokio's tasks and the machine's threads")]

use crate::{Spawner, Task};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;

/// Runs futures on the tokio runtime that is current at the time of the spawn, and blocking work on named threads.
///
/// Guarantees: `ended` resolves also after a panic or an abort, because it watches the end of the task's own value.
///
/// # Panics
/// `spawn` panics outside a tokio runtime, and `spawn_blocking` when the system gives no more threads.
#[derive(Debug, Default)]
pub struct RealSpawner {}

impl RealSpawner {
    /// A spawner; it holds nothing.
    pub fn new() -> RealSpawner {
        RealSpawner {}
    }
}

impl Spawner for RealSpawner {
    fn spawn(&self, _name: &str, future: BoxFuture<'static, ()>) -> Task {
        let handle = tokio::runtime::Handle::current().spawn(future);
        let abort = handle.abort_handle();
        Task { ended: handle.map(|_| ()).boxed(), abort: Box::new(move || abort.abort()) }
    }

    fn spawn_blocking(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> Task {
        let (alive, ended) = oneshot::channel::<()>();
        // Threads started by a task of a runtime may themselves spawn onto that runtime.
        let runtime = tokio::runtime::Handle::try_current().ok();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _alive = alive;
            let _entered = runtime.as_ref().map(|runtime| runtime.enter());
            work();
        });
        thread.expect("the system gives a thread: raise its limit of threads if this fails");
        Task { ended: ended.map(|_| ()).boxed(), abort: Box::new(|| {}) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
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
            spawner.spawn_blocking("adds", Box::new(move || _ = counter.fetch_add(1, Ordering::SeqCst))).ended.await;
            spawner.spawn_blocking("panics", Box::new(|| std::panic::resume_unwind(Box::new("on purpose")))).ended.await;
            let endless = spawner.spawn("endless", futures::future::pending().boxed());
            (endless.abort)();
            endless.ended.await;
        });
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_blocking_thread_may_spawn_onto_the_runtime_that_started_it() {
        let seen = Arc::new(AtomicU32::new(0));
        runtime().block_on(async {
            let (send, receive) = oneshot::channel();
            let counter = seen.clone();
            let work = move || {
                let task = RealSpawner::new().spawn("inner", async move { _ = counter.fetch_add(1, Ordering::SeqCst) }.boxed());
                _ = send.send(task.ended);
            };
            RealSpawner::new().spawn_blocking("outer", Box::new(work)).ended.await;
            receive.await.unwrap().await;
        });
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
}
