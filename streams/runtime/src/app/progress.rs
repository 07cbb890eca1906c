//! What workers tell the handle: where each task is, what it has counted, and whether the application has failed.

use super::metrics::TaskPhase;
use super::plan::TaskId;
use crate::Error;
use crate::task::TaskCounters;
use log_model::{Offset, Timestamp, TopicPartition};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// What is known of one task.
#[derive(Clone, Debug, Default)]
pub(super) struct TaskProgress {
    pub(super) phase: TaskPhase,
    /// For each input the offset below which everything has been processed and committed.
    pub(super) done: BTreeMap<TopicPartition, Offset>,
    /// For each input the position and the end of the partition as last seen.
    pub(super) inputs: BTreeMap<TopicPartition, (Offset, Offset)>,
    pub(super) counters: TaskCounters,
    pub(super) store_bytes: Vec<u64>,
    pub(super) watermark: Option<Timestamp>,
    pub(super) stream_time: Option<Timestamp>,
    pub(super) epochs: u64,
    /// Changelog records replayed.
    pub(super) restored: u64,
}

#[derive(Debug, Default)]
struct State {
    tasks: BTreeMap<TaskId, TaskProgress>,
    failed: Option<Error>,
    running_workers: usize,
}

/// Shared by the handle and all workers. Its lock is held for copying only.
#[derive(Debug)]
pub(super) struct Progress {
    state: Mutex<State>,
    /// Rung at every change that somebody may wait for.
    changed: watch::Sender<u64>,
}

impl Progress {
    pub(super) fn new(workers: usize) -> Self {
        let state = State { running_workers: workers, ..State::default() };
        Progress { state: Mutex::new(state), changed: watch::Sender::new(0) }
    }

    pub(super) fn update(&self, task: TaskId, update: impl FnOnce(&mut TaskProgress)) {
        update(self.state.lock().tasks.entry(task).or_default());
        self.ring();
    }

    pub(super) fn tasks(&self) -> BTreeMap<TaskId, TaskProgress> {
        self.state.lock().tasks.clone()
    }

    /// Looks at the tasks without copying them.
    pub(super) fn with_tasks<R>(&self, look: impl FnOnce(&BTreeMap<TaskId, TaskProgress>) -> R) -> R {
        look(&self.state.lock().tasks)
    }

    /// The first failure is kept.
    pub(super) fn fail(&self, error: Error) {
        let mut state = self.state.lock();
        if state.failed.is_none() {
            tracing::error!(%error, "streams application failed");
            state.failed = Some(error);
        }
        drop(state);
        self.ring();
    }

    pub(super) fn failed(&self) -> Option<Error> {
        self.state.lock().failed.clone()
    }

    pub(super) fn worker_ended(&self) {
        self.state.lock().running_workers -= 1;
        self.ring();
    }

    pub(super) fn is_running(&self) -> bool {
        self.state.lock().running_workers > 0
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn ring(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}
