//! What a task tells about itself while it runs. Reading is cheap: a display may ask several times a second.

use crate::state::{State, TaskStatus};
use connect_api::PluginKind;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use tokio::sync::watch;

/// A snapshot of a task's numbers. Counts are since the worker started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskMetrics {
    /// The connector.
    pub connector: String,
    /// The task's index.
    pub task: usize,
    /// Source or sink.
    pub kind: PluginKind,
    /// Its state.
    pub state: State,
    /// Records committed to the log (source) or given to the sink (sink).
    pub records: u64,
    /// The bytes of their keys and values.
    pub bytes: u64,
    /// Records that went to the dead-letter topic.
    pub dead_lettered: u64,
    /// Records passed over without a dead-letter topic to go to.
    pub skipped: u64,
    /// Calls that were repeated.
    pub retries: u64,
    /// Failures of the task that led to a restart.
    pub restarts: u64,
    /// Records a sink has still to read; bytes or rows a source has still to read, where it can tell.
    pub lag: Option<u64>,
    /// Whether a source has handed over, or a sink has read, everything there is.
    pub at_end: bool,
    /// What a source waits for, in words.
    pub waiting_for: Option<String>,
    /// The last error, whether it ended the task, was repeated or was tolerated.
    pub last_error: Option<String>,
    /// When the last record was handled, in milliseconds since 1970.
    pub last_record_ms: Option<i64>,
}

/// What a task shares with its worker.
#[derive(Debug)]
pub(crate) struct TaskShared {
    pub(crate) connector: String,
    pub(crate) task: usize,
    pub(crate) kind: PluginKind,
    /// The last round of draining in which it had to wait for something that is missing.
    pub(crate) stuck: AtomicU64,
    /// The last round of draining it has finished.
    pub(crate) drained: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) dead_lettered: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) restarts: AtomicU64,
    /// Failures since the last progress.
    pub(crate) failures: AtomicU32,
    /// -1 where it is not known.
    pub(crate) lag: AtomicI64,
    pub(crate) at_end: AtomicBool,
    last_record_ms: AtomicI64,
    status: Mutex<TaskStatus>,
    words: Mutex<Words>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Words {
    waiting_for: Option<String>,
    last_error: Option<String>,
}

impl TaskShared {
    pub(crate) fn new(connector: &str, task: usize, kind: PluginKind, changed: watch::Sender<u64>) -> TaskShared {
        TaskShared {
            connector: connector.to_string(),
            task,
            kind,
            stuck: AtomicU64::new(0),
            drained: AtomicU64::new(0),
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            dead_lettered: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            lag: AtomicI64::new(-1),
            at_end: AtomicBool::new(false),
            last_record_ms: AtomicI64::new(-1),
            status: Mutex::new(TaskStatus { id: task, state: State::Unassigned, trace: None, cause: None }),
            words: Mutex::default(),
            changed,
        }
    }

    pub(crate) fn status(&self) -> TaskStatus {
        self.status.lock().clone()
    }

    /// Sets the state; true if that changed anything.
    pub(crate) fn set_status(&self, state: State, trace: Option<String>, cause: Option<String>) -> bool {
        let status = TaskStatus { id: self.task, state, trace, cause };
        let is_new = std::mem::replace(&mut *self.status.lock(), status.clone()) != status;
        if let Some(cause) = status.cause {
            self.words.lock().last_error = Some(cause);
        }
        self.notify();
        is_new
    }

    /// A failed task is about to start again: until it does, it counts as restarting.
    pub(crate) fn forget_failure(&self) {
        self.failures.store(0, Ordering::Relaxed);
        let mut status = self.status.lock();
        if status.state == State::Failed {
            status.state = State::Restarting;
        }
    }

    pub(crate) fn set_cause(&self, cause: Option<String>) {
        self.status.lock().cause.clone_from(&cause);
        if let Some(cause) = cause {
            self.words.lock().last_error = Some(cause);
        }
        self.notify();
    }

    pub(crate) fn note_error(&self, error: String) {
        self.words.lock().last_error = Some(error);
    }

    /// What it waits for, if it does since this round of draining was asked for.
    pub(crate) fn stuck_in(&self, round: u64) -> Option<String> {
        self.words.lock().waiting_for.clone().filter(|_| self.stuck.load(Ordering::SeqCst) >= round)
    }

    pub(crate) fn set_waiting_for(&self, reason: Option<String>) {
        let is_new = std::mem::replace(&mut self.words.lock().waiting_for, reason.clone()) != reason;
        if is_new {
            if let Some(reason) = reason {
                tracing::warn!(connector = self.connector, task = self.task, "waiting: {reason}");
            }
            self.notify();
        }
    }

    pub(crate) fn note_records(&self, count: u64, bytes: u64, now_ms: i64) {
        if count > 0 {
            self.records.fetch_add(count, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.last_record_ms.store(now_ms, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn set_lag(&self, lag: Option<u64>) {
        self.lag.store(lag.map_or(-1, |lag| i64::try_from(lag).unwrap_or(i64::MAX)), Ordering::Relaxed);
    }

    /// Says that a round of draining is finished.
    pub(crate) fn finish_drain(&self, round: u64) {
        self.drained.fetch_max(round, Ordering::SeqCst);
        self.notify();
    }

    pub(crate) fn notify(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    pub(crate) fn metrics(&self) -> TaskMetrics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let known = |number: &AtomicI64| Some(number.load(Ordering::Relaxed)).filter(|number| *number >= 0);
        let words = self.words.lock();
        TaskMetrics {
            connector: self.connector.clone(),
            task: self.task,
            kind: self.kind,
            state: self.status.lock().state,
            records: count(&self.records),
            bytes: count(&self.bytes),
            dead_lettered: count(&self.dead_lettered),
            skipped: count(&self.skipped),
            retries: count(&self.retries),
            restarts: count(&self.restarts),
            lag: known(&self.lag).map(|lag| lag as u64),
            at_end: self.at_end.load(Ordering::Relaxed),
            waiting_for: words.waiting_for.clone(),
            last_error: words.last_error.clone(),
            last_record_ms: known(&self.last_record_ms),
        }
    }
}
