//! When a worker commits, what it does when a commit fails, and the purge of repartition topics after it.

use super::turn::{Worker, is_idle_long, start_patiently};
use crate::app::backoff::Backoff;
use crate::app::commit::{commit, patiently};
use crate::app::running::RunningTask;
use crate::{Error, Result};
use futures::future::join_all;
use log_client::Position;
use log_model::{ErrorKind, Offset, TopicPartition};

/// A task that fails this often between two commits fails the application.
const FAILURES_MAX: u32 = 5;

impl Worker {
    pub(super) async fn commit_due(&mut self) -> Result<()> {
        let now = self.plan.env.clock.now();
        let eager = self.plan.signals.borrow().eager > 0;
        let plan = self.plan.clone();
        let mut due = Vec::new();
        for (index, task) in self.tasks.iter_mut().enumerate() {
            let idle = task.core.is_idle();
            task.idle_since = if idle { task.idle_since.or(Some(now)) } else { None };
            if !task.has_work(is_idle_long(&plan, task)) {
                task.epoch_began = None;
                continue;
            }
            let began = *task.epoch_began.get_or_insert(now);
            if now.since(began) >= plan.options.commit_interval || (eager && idle) {
                due.push(index);
            }
        }
        self.commit_tasks(&due, false).await
    }

    /// Commits some tasks at the same time. One whose commit fails is built anew from what is committed.
    pub(super) async fn commit_tasks(&mut self, which: &[usize], flush: bool) -> Result<()> {
        if which.is_empty() {
            return Ok(());
        }
        self.worked = true;
        let plan = &self.plan;
        let chosen = self.tasks.iter_mut().enumerate().filter(|(index, _)| which.contains(index));
        let commits = chosen.map(|(index, task)| async move {
            let idle = is_idle_long(plan, task);
            (index, commit(plan, task, idle, flush).await)
        });
        for (index, committed) in join_all(commits).await {
            match committed {
                Ok(()) => self.failures[index] = 0,
                Err(error) => self.mend(index, error).await?,
            }
        }
        Ok(())
    }

    /// Builds a task anew from what is committed, after an error that this may mend; gives others back.
    pub(super) async fn mend(&mut self, index: usize, error: Error) -> Result<()> {
        let damaged = is_damaged(&error);
        // A full disk may stay full for long: that is no reason to give up.
        let is_full = error.kind() == ErrorKind::Full;
        if !(damaged || is_mendable(&error)) || self.failures[index] >= FAILURES_MAX {
            return Err(error);
        }
        if is_full && self.plan.signals.borrow().stop {
            tracing::warn!(%error, task = %self.tasks[index].id, "its state could not be saved: the next start replays what is missing");
            return Ok(());
        }
        tracing::warn!(%error, task = %self.tasks[index].id, "a task failed: it is built anew from what is committed");
        let mut backoff = Backoff::after(self.failures[index]);
        if self.failures[index] > 0 {
            backoff.wait(&self.plan).await;
        }
        self.failures[index] = if is_full { self.failures[index].max(1) } else { self.failures[index] + 1 };
        self.rebuild(index, damaged).await
    }

    async fn rebuild(&mut self, index: usize, damaged: bool) -> Result<()> {
        let old = self.tasks.remove(index);
        let (id, counters, epochs) = (old.id, old.committed_counters.clone(), old.epochs);
        // The stores must be closed before they are opened again.
        drop(old);
        let mut task = start_patiently(&self.plan, id, damaged, &self.progress).await?;
        task.core.set_counters(counters.clone());
        (task.committed_counters, task.epochs) = (counters, epochs);
        let positions: Vec<_> = task.core.offsets().map(|(partition, offset)| (partition.clone(), offset)).collect();
        for (partition, offset) in positions {
            self.consumer.seek(&partition, Position::At(offset)).await?;
        }
        self.tasks.insert(index, task);
        Ok(())
    }

    pub(super) fn has_work(&self, index: usize) -> bool {
        let task = &self.tasks[index];
        task.has_work(is_idle_long(&self.plan, task))
    }

    /// Deletes what has been consumed and committed of repartition topics.
    pub(super) async fn purge(&mut self) -> Result<()> {
        let now = self.plan.env.clock.now();
        if now.since(self.last_purge) >= self.plan.options.purge_interval {
            self.last_purge = now;
            self.purge_now().await?;
        }
        Ok(())
    }

    pub(super) async fn purge_now(&mut self) -> Result<()> {
        let admin = self.plan.log.admin();
        let consumed = |task: &RunningTask| -> Vec<(TopicPartition, Offset)> {
            let inputs = task.core.repartition_inputs().filter_map(|(partition, _)| task.committed.get_key_value(partition));
            inputs.filter(|(_, offset)| **offset > Offset::ZERO).map(|(partition, offset)| (partition.clone(), *offset)).collect()
        };
        let all: Vec<_> = self.tasks.iter().flat_map(consumed).collect();
        for (partition, offset) in all {
            patiently(&self.plan, || admin.delete_records(&partition, offset)).await?;
        }
        Ok(())
    }
}

/// Whether state on the disk is damaged. It is derived: the log has it all.
pub(super) fn is_damaged(error: &Error) -> bool {
    match error {
        Error::State(error) => error.kind() == ErrorKind::Corrupt,
        Error::AtNode { error, .. } => is_damaged(error),
        _ => false,
    }
}

/// Whether a failed commit calls for building the task anew, rather than for giving up.
fn is_mendable(error: &Error) -> bool {
    match error {
        // What is too large is so again.
        Error::Log(log_client::Error::TooLarge { .. }) => false,
        Error::Log(error) => matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Missing),
        // The log has the epoch, the full disk has not; opening the store again waits until there is room.
        Error::State(error) => error.kind() == ErrorKind::Full,
        _ => false,
    }
}
