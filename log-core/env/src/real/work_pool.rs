//! A few threads for work that waits for the disk for a moment.
//!
//! Always holds: no more than [`THREADS_MAX`] threads; whoever hands work over is told if nobody will do it; a panic ends the work and not the
//! thread. Threads are started when there is more work than idle ones, and end when nothing came for a while.
#![allow(clippy::disallowed_methods, reason = "this file starts the machine's threads")]

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// More at once help no disk, and each has a stack.
const THREADS_MAX: usize = 16;
/// A thread without work for so long ends.
const IDLE_MAX: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// The threads and the work that waits for one.
#[derive(Default)]
pub(super) struct WorkPool {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Work, Option<Handle>)>,
    threads: usize,
    idle: usize,
}

impl std::fmt::Debug for WorkPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state.lock();
        f.debug_struct("WorkPool").field("threads", &state.threads).field("waiting", &state.waiting.len()).finish()
    }
}

impl WorkPool {
    /// Hands work over. Errors: there is no thread and the system gives none; the work will not be done.
    pub(super) fn run(self: &Arc<Self>, work: Work) -> io::Result<()> {
        self.run_with(work, |pool| std::thread::Builder::new().name("headwater-work".to_owned()).spawn(move || pool.serve()).map(drop))
    }

    fn run_with(self: &Arc<Self>, work: Work, start: impl FnOnce(Arc<WorkPool>) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state.lock();
        // Work that a task of a runtime hands over may itself spawn onto that runtime.
        state.waiting.push_back((work, Handle::try_current().ok()));
        if state.idle >= state.waiting.len() {
            self.arrived.notify_one();
            return Ok(());
        }
        if state.threads == THREADS_MAX {
            return Ok(());
        }
        match start(self.clone()) {
            Ok(()) => state.threads += 1,
            Err(error) if state.threads == 0 => {
                state.waiting.pop_back();
                return Err(error);
            }
            // The threads that there are will come to it.
            Err(_) => {}
        }
        Ok(())
    }

    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some((work, runtime)) = state.waiting.pop_front() {
                drop(state);
                let _entered = runtime.as_ref().map(Handle::enter);
                // Whoever waits for the work notices that it is gone; the panic itself has been reported.
                let _ = catch_unwind(AssertUnwindSafe(work));
                drop(_entered);
                state = self.state.lock();
                continue;
            }
            state.idle += 1;
            let is_late = self.arrived.wait_for(&mut state, IDLE_MAX).timed_out();
            state.idle -= 1;
            if is_late && state.waiting.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn more_work_than_threads_is_all_done_on_no_more_threads_than_allowed() {
        let pool = Arc::new(WorkPool::default());
        let (told, done) = mpsc::channel();
        let barrier = Arc::new(std::sync::Barrier::new(THREADS_MAX));
        for number in 0..THREADS_MAX * 3 {
            let (told, barrier) = (told.clone(), barrier.clone());
            let work = move || {
                // Only with all threads at work does anybody come through.
                barrier.wait();
                told.send(number).unwrap();
            };
            pool.run(Box::new(work)).unwrap();
        }
        let mut numbers: Vec<usize> = done.iter().take(THREADS_MAX * 3).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..THREADS_MAX * 3).collect::<Vec<_>>());
        assert_eq!(pool.state.lock().threads, THREADS_MAX);
    }

    #[test]
    fn a_panic_ends_the_work_and_not_the_thread() {
        let pool = Arc::new(WorkPool::default());
        let (told, done) = mpsc::channel();
        let starts = Arc::new(Mutex::new(0));
        let run = |work: Work| {
            let starts = starts.clone();
            pool.run_with(work, move |pool| {
                *starts.lock() += 1;
                std::thread::Builder::new().spawn(move || pool.serve()).map(drop)
            })
        };
        let held = told.clone();
        run(Box::new(move || {
            let _held = held;
            std::panic::resume_unwind(Box::new("on purpose"))
        }))
        .unwrap();
        run(Box::new(move || told.send(7).unwrap())).unwrap();
        assert_eq!(done.iter().collect::<Vec<_>>(), [7]);
        assert_eq!(pool.state.lock().threads, *starts.lock());
    }

    #[test]
    fn without_any_thread_the_work_is_refused_and_with_some_it_waits_for_them() {
        let pool = Arc::new(WorkPool::default());
        let none = |_: Arc<WorkPool>| Err(io::Error::from(io::ErrorKind::WouldBlock));
        assert!(pool.run_with(Box::new(|| {}), none).is_err());
        assert!(pool.state.lock().waiting.is_empty());
        let (told, done) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        pool.run(Box::new(move || gate.recv().unwrap())).unwrap();
        pool.run_with(Box::new(move || told.send(1).unwrap()), none).unwrap();
        open.send(()).unwrap();
        assert_eq!(done.recv(), Ok(1));
    }
}
