//! What the application holds while it runs: waits for idleness, closes windows, looks at metrics, stops.

use super::metrics::StreamsMetrics;
use super::plan::Plan;
use super::progress::Progress;
use super::worker::Command;
use crate::{Error, Result};
use log_client::OffsetSpec;
use log_env::Task;
use log_model::{Offset, TopicPartition};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A running application. Dropping it ends the workers at once, at their last commit: nothing is lost, the next start goes on from there.
pub struct StreamsHandle {
    plan: Arc<Plan>,
    progress: Arc<Progress>,
    links: Vec<mpsc::Sender<Command>>,
    /// Behind a lock only so that the handle can be shared: a task's end can be awaited once.
    workers: Mutex<Vec<Task>>,
}

impl fmt::Debug for StreamsHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamsHandle({})", self.plan.options.application_id)
    }
}

/// While it lives, tasks with nothing to process commit at once.
struct Eager<'a>(&'a Plan);

impl<'a> Eager<'a> {
    fn new(plan: &'a Plan) -> Self {
        plan.signals.send_modify(|signals| signals.eager += 1);
        Eager(plan)
    }
}

impl Drop for Eager<'_> {
    fn drop(&mut self) {
        self.0.signals.send_modify(|signals| signals.eager -= 1);
    }
}

impl StreamsHandle {
    pub(super) fn new(plan: Arc<Plan>, progress: Arc<Progress>, links: Vec<mpsc::Sender<Command>>, workers: Vec<Task>) -> Self {
        StreamsHandle { plan, progress, links, workers: Mutex::new(workers) }
    }

    /// A snapshot of counts, lags, sizes and watermarks. Cheap: copies numbers, asks nobody.
    pub fn metrics(&self) -> StreamsMetrics {
        StreamsMetrics::of(&self.plan, &self.progress)
    }

    /// Why the application has ended by itself, if it has.
    pub fn failed(&self) -> Option<Error> {
        self.progress.failed()
    }

    /// The topology that runs.
    pub fn topology(&self) -> &crate::topology::Topology {
        &self.plan.topology
    }

    /// Resolves when the application has ended by itself, with the reason, or has been stopped.
    pub async fn ended(&self) -> Result<()> {
        let mut changed = self.progress.watch();
        while self.progress.is_running() {
            if changed.changed().await.is_err() {
                break;
            }
        }
        self.failed().map_or(Ok(()), Err)
    }

    /// Resolves once everything that was in the source topics when it was called, and all that followed from it, has been processed and committed.
    /// With input that never pauses it may not resolve.
    ///
    /// Errors: the application has failed (with the reason) or was stopped.
    pub async fn wait_idle(&self) -> Result<()> {
        let _eager = Eager::new(&self.plan);
        // Reaching the ends in one sub-topology may move the ends of another; a round in which nothing had to be waited for is the proof.
        loop {
            let mut waited = false;
            for subtopology in self.plan.downstream_order() {
                waited |= self.wait_for_ends(subtopology).await?;
            }
            if !waited {
                return Ok(());
            }
        }
    }

    /// Waits until a sub-topology has reached the present ends of its inputs; whether it had not yet.
    async fn wait_for_ends(&self, subtopology: usize) -> Result<bool> {
        let admin = self.plan.log.admin();
        let mut ends: Vec<(TopicPartition, Offset)> = Vec::new();
        for partition in self.plan.inputs(subtopology) {
            let end = super::commit::patiently(&self.plan, || admin.find_offset(&partition, OffsetSpec::Latest)).await?;
            ends.push((partition, end.map_or(Offset::ZERO, |found| found.offset)));
        }
        let mut changed = self.progress.watch();
        let mut waited = false;
        loop {
            changed.borrow_and_update();
            self.check_running()?;
            let reached = self.progress.with_tasks(|tasks| {
                let done = |partition: &TopicPartition| tasks.values().find_map(|task| task.done.get(partition).copied());
                ends.iter().all(|(partition, end)| done(partition).is_some_and(|done| done >= *end))
            });
            if reached {
                return Ok(waited);
            }
            waited = true;
            let stopped = |_| Error::Stopped { application: self.plan.options.application_id.clone() };
            changed.changed().await.map_err(stopped)?;
        }
    }

    fn check_running(&self) -> Result<()> {
        match self.failed() {
            Some(error) => Err(error),
            None if !self.progress.is_running() => Err(Error::Stopped { application: self.plan.options.application_id.clone() }),
            None => Ok(()),
        }
    }

    /// Processes all input there is, then closes every window: advances the watermark of each sub-topology, upstream first, to what its operators ask for,
    /// and commits. Rows that belong to a closed window and come later are late.
    ///
    /// Errors: as for [`StreamsHandle::wait_idle`].
    pub async fn close_windows(&self) -> Result<()> {
        let _eager = Eager::new(&self.plan);
        for subtopology in self.plan.downstream_order() {
            self.wait_idle().await?;
            for link in &self.links {
                let (done, answer) = oneshot::channel();
                let sent = link.send(Command::CloseWindows(subtopology, done)).await;
                if sent.is_err() || answer.await.is_err() {
                    let stopped = Error::Stopped { application: self.plan.options.application_id.clone() };
                    return Err(self.failed().unwrap_or(stopped));
                }
            }
        }
        self.wait_idle().await
    }

    /// Commits what has been processed, moves state to the disk and ends. Idempotent.
    ///
    /// Errors: the application had failed, or its last commit did; the next start goes on from the last commit.
    pub async fn stop(mut self) -> Result<()> {
        self.plan.signals.send_modify(|signals| signals.stop = true);
        for worker in std::mem::take(self.workers.get_mut()) {
            worker.ended.await;
        }
        self.failed().map_or(Ok(()), Err)
    }

    /// Ends at once without committing, as a crash of the process would; resolves when the workers are gone.
    pub async fn abort(mut self) {
        for worker in std::mem::take(self.workers.get_mut()) {
            (worker.abort)();
            worker.ended.await;
        }
    }
}

impl Drop for StreamsHandle {
    fn drop(&mut self) {
        for worker in self.workers.get_mut() {
            (worker.abort)();
        }
    }
}
