//! A deterministic executor: all tasks on the caller's thread, the next one drawn from the seed.
//!
//! A task that panics takes the simulation down with it, on purpose: in a simulation a panic is a finding.
//! Blocking work becomes a task of one step: it runs to its end when its turn comes, so it must not wait for another task.

use crate::{Random, SimRandom, Spawner, Task};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// The number under which the future given to `run_until` is woken; tasks count from 1.
pub(super) const MAIN: u64 = 0;

/// Starts tasks that run when the simulation runs; cheap to clone, all clones are one spawner.
#[derive(Clone)]
pub struct SimSpawner {
    shared: Arc<Shared>,
}

struct Shared {
    random: SimRandom,
    ready: Arc<Mutex<BTreeSet<u64>>>,
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    next: u64,
    /// A task that is being polled is absent.
    waiting: BTreeMap<u64, BoxFuture<'static, ()>>,
    aborted: BTreeSet<u64>,
}

impl std::fmt::Debug for SimSpawner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimSpawner").field("waiting", &self.shared.tasks.lock().waiting.len()).finish()
    }
}

struct TaskWaker {
    id: u64,
    ready: Arc<Mutex<BTreeSet<u64>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.lock().insert(self.id);
    }
}

impl SimSpawner {
    /// A spawner that draws its schedule from `seed`.
    pub fn new(seed: u64) -> SimSpawner {
        let shared = Shared { random: SimRandom::new(seed), ready: Arc::default(), tasks: Mutex::default() };
        SimSpawner { shared: Arc::new(shared) }
    }

    pub(super) fn waker(&self, id: u64) -> Waker {
        Arc::new(TaskWaker { id, ready: self.shared.ready.clone() }).into()
    }

    /// Draws one of those who can go on.
    pub(super) fn take_ready(&self) -> Option<u64> {
        let mut ready = self.shared.ready.lock();
        let drawn = self.shared.random.below(ready.len() as u64) as usize;
        let id = *ready.iter().nth(drawn)?;
        ready.remove(&id);
        Some(id)
    }

    /// Polls one task once.
    pub(super) fn poll(&self, id: u64) {
        let Some(mut future) = self.shared.tasks.lock().waiting.remove(&id) else { return };
        let is_done = future.as_mut().poll(&mut Context::from_waker(&self.waker(id))).is_ready();
        let mut tasks = self.shared.tasks.lock();
        if !is_done && !tasks.aborted.remove(&id) {
            tasks.waiting.insert(id, future);
            return;
        }
        // A future may spawn or wake when it is dropped: not under the lock.
        drop(tasks);
        drop(future);
    }

    fn add(&self, future: BoxFuture<'static, ()>) -> Task {
        let (alive, ended) = oneshot::channel::<()>();
        let future = async move {
            let _alive = alive;
            future.await;
        };
        let mut tasks = self.shared.tasks.lock();
        tasks.next += 1;
        let id = tasks.next;
        tasks.waiting.insert(id, future.boxed());
        drop(tasks);
        self.shared.ready.lock().insert(id);
        let shared = Arc::downgrade(&self.shared);
        let abort = move || {
            let Some(shared) = shared.upgrade() else { return };
            let mut tasks = shared.tasks.lock();
            let future = tasks.waiting.remove(&id);
            if future.is_none() && id <= tasks.next {
                tasks.aborted.insert(id);
            }
            drop(tasks);
            drop(future);
        };
        Task { ended: ended.map(|_| ()).boxed(), abort: Box::new(abort) }
    }
}

impl Spawner for SimSpawner {
    fn spawn(&self, _name: &str, future: BoxFuture<'static, ()>) -> Task {
        self.add(future)
    }

    fn spawn_blocking(&self, _name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<Task> {
        Ok(self.add(async move { work() }.boxed()))
    }

    fn offload(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        drop(self.add(async move { work() }.boxed()));
        Ok(())
    }
}
