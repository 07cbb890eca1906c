//! What a worker does turn by turn, from its start to its end.

use super::commits::is_damaged;
use crate::app::backoff::Backoff;
use crate::app::commit::{is_passing, patiently};
use crate::app::metrics::TaskPhase;
use crate::app::plan::{Plan, TaskId};
use crate::app::progress::Progress;
use crate::app::restore::Locks;
use crate::app::running::{RunningTask, Seen};
use crate::{Error, Result};
use log_client::{Consumer, ConsumerOptions, OffsetReset, Poll, Position};
use log_env::Mono;
use log_model::{Offset, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// An operator may ask this often in a row to be advanced further.
const CLOSE_ROUNDS_MAX: usize = 1000;

/// What the handle asks of one worker.
pub(in crate::app) enum Command {
    /// Close the windows of the tasks of this sub-topology and commit; then answer.
    CloseWindows(usize, oneshot::Sender<()>),
}

/// What a worker is given.
pub(in crate::app) struct Assignment {
    pub(in crate::app) plan: Arc<Plan>,
    pub(in crate::app) progress: Arc<Progress>,
    pub(in crate::app) tasks: Vec<(TaskId, Locks)>,
    pub(in crate::app) commands: mpsc::Receiver<Command>,
}

/// Tells the handle when the worker ends, however it does; a failure ends the other workers too.
struct EndGuard {
    plan: Arc<Plan>,
    progress: Arc<Progress>,
    returned: bool,
}

impl EndGuard {
    fn fail(&self, error: Error) {
        self.progress.fail(error);
        self.plan.signals.send_modify(|signals| signals.stop = true);
    }
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        if !self.returned {
            self.fail(Error::bug("a worker ended without a word: it was aborted, or an operator panicked"));
        }
        self.progress.worker_ended();
    }
}

/// Runs until the application stops or fails.
pub(in crate::app) async fn run(assignment: Assignment) {
    let mut guard = EndGuard { plan: assignment.plan.clone(), progress: assignment.progress.clone(), returned: false };
    if let Err(error) = Box::pin(work(assignment)).await {
        guard.fail(error);
    }
    guard.returned = true;
}

async fn work(assignment: Assignment) -> Result<()> {
    let Assignment { plan, progress, tasks, commands } = assignment;
    let mut running = Vec::with_capacity(tasks.len());
    let mut locks = Vec::new();
    for (id, held) in tasks {
        running.push(start_patiently(&plan, id, false, &progress).await?);
        locks.push(held);
    }
    let client_id = plan.options.application_id.clone();
    let options = ConsumerOptions { client_id, group: Some(plan.group()), reset: OffsetReset::Fail, ..ConsumerOptions::default() };
    let consumer = patiently(&plan, || plan.log.consumer(options.clone())).await?;
    let now = plan.env.clock.now();
    let failures = vec![0; running.len()];
    let inputs = |(index, task): (usize, &RunningTask)| task.core.inputs().into_iter().map(move |partition| (partition, index));
    let owners = running.iter().enumerate().flat_map(inputs).collect();
    let paused = BTreeSet::new();
    let mut worker = Worker {
        plan,
        progress,
        consumer,
        tasks: running,
        commands,
        waiting_command: None,
        owners,
        failures,
        paused,
        last_purge: now,
        worked: false,
        _locks: locks,
    };
    worker.assign().await?;
    while !worker.should_end() {
        worker.turn().await?;
    }
    worker.end().await
}

pub(super) async fn start_patiently(plan: &Arc<Plan>, id: TaskId, mut damaged: bool, progress: &Progress) -> Result<RunningTask> {
    let mut backoff = Backoff::new();
    loop {
        match RunningTask::start(plan, id, damaged, progress).await {
            Err(error) if is_damaged(&error) && !damaged => {
                tracing::warn!(%error, task = %id, "the state of a task is damaged: it is built anew from the log");
                damaged = true;
            }
            Err(error) if is_passing(error.kind()) && !plan.signals.borrow().stop => {
                tracing::warn!(%error, task = %id, "waiting to start a task");
                backoff.wait(plan).await;
            }
            started => return started,
        }
    }
}

pub(super) struct Worker {
    pub(super) plan: Arc<Plan>,
    pub(super) progress: Arc<Progress>,
    pub(super) consumer: Box<dyn Consumer>,
    pub(super) tasks: Vec<RunningTask>,
    pub(super) commands: mpsc::Receiver<Command>,
    /// A command that ended a wait.
    pub(super) waiting_command: Option<Command>,
    /// Which task reads a partition.
    pub(super) owners: BTreeMap<TopicPartition, usize>,
    /// Commits that failed in a row, by task.
    pub(super) failures: Vec<u32>,
    pub(super) paused: BTreeSet<TopicPartition>,
    pub(super) last_purge: Mono,
    /// Something was processed or committed in this turn.
    pub(super) worked: bool,
    pub(super) _locks: Vec<Locks>,
}

impl Worker {
    fn should_end(&self) -> bool {
        self.plan.signals.borrow().stop || self.progress.failed().is_some()
    }

    async fn assign(&mut self) -> Result<()> {
        let inputs = |task: &RunningTask| {
            task.core.offsets().map(|(partition, offset)| (partition.clone(), Position::At(offset))).collect::<Vec<_>>()
        };
        let assignment: Vec<_> = self.tasks.iter().flat_map(inputs).collect();
        self.consumer.assign(&assignment).await?;
        self.tasks.iter_mut().for_each(|task| task.report(&self.progress, false));
        Ok(())
    }

    async fn turn(&mut self) -> Result<()> {
        self.worked = false;
        while let Some(command) = self.waiting_command.take().or_else(|| self.commands.try_recv().ok()) {
            self.obey(command).await?;
        }
        let poll = self.poll().await?;
        self.feed(poll)?;
        for index in 0..self.tasks.len() {
            self.process(index).await?;
        }
        self.pause_and_resume();
        self.commit_due().await?;
        self.purge().await?;
        let plan = self.plan.clone();
        for task in &mut self.tasks {
            let settled = !task.has_work(is_idle_long(&plan, task));
            task.report(&self.progress, settled);
        }
        if self.worked {
            tokio::task::yield_now().await;
        } else {
            self.wait().await;
        }
        Ok(())
    }

    async fn poll(&mut self) -> Result<Poll> {
        let mut backoff = Backoff::new();
        loop {
            match self.consumer.poll(self.plan.options.fetch_limit).await {
                Err(error) if is_passing(error.kind()) && !self.should_end() => {
                    tracing::warn!(%error, "waiting to poll again");
                    backoff.wait(&self.plan).await;
                }
                Err(log_client::Error::OffsetOutOfRange { partition, offset, log_start, .. }) if offset < log_start => {
                    tracing::warn!(%partition, from = offset.0, to = log_start.0, "records were deleted before they were processed");
                    if let Some(owner) = self.owners.get(&partition) {
                        self.tasks[*owner].core.note_deleted(&partition, log_start)?;
                    }
                    self.consumer.seek(&partition, Position::At(log_start)).await?;
                }
                polled => return Ok(polled?),
            }
        }
    }

    fn feed(&mut self, poll: Poll) -> Result<()> {
        let mut ends: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
        let at_end: BTreeSet<TopicPartition> = poll.at_end.into_iter().collect();
        for fetched in poll.batches {
            ends.insert(fetched.partition.clone(), fetched.end);
            self.worked = true;
            if let Some(owner) = self.owners.get(&fetched.partition) {
                self.tasks[*owner].core.feed_batch(fetched)?;
            }
        }
        for task in &mut self.tasks {
            for partition in task.core.inputs() {
                let Some(position) = self.consumer.position(&partition) else { continue };
                let seen = match ends.get(&partition) {
                    _ if at_end.contains(&partition) => Seen::AtEnd,
                    Some(end) => Seen::End(*end),
                    None => Seen::NotAsked,
                };
                task.set_fetch_state(&partition, position, seen)?;
            }
        }
        Ok(())
    }

    /// Lets one task process what it has, committing whenever its epoch is full.
    async fn process(&mut self, index: usize) -> Result<()> {
        loop {
            let task = &mut self.tasks[index];
            match task.core.step(&mut task.output) {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => self.worked = true,
                Err(error) => return self.mend(index, error).await,
            }
            let task = &mut self.tasks[index];
            if task.epoch_began.is_none() {
                task.epoch_began = Some(self.plan.env.clock.now());
            }
            if task.epoch_bytes() >= self.plan.options.epoch_bytes {
                self.commit_tasks(&[index], false).await?;
            }
        }
    }

    fn pause_and_resume(&mut self) {
        let limit = self.plan.options.waiting_bytes;
        for task in &self.tasks {
            for partition in task.core.inputs() {
                let full = task.core.waiting_bytes(&partition) >= limit;
                if full != self.paused.contains(&partition) {
                    self.consumer.pause(std::slice::from_ref(&partition), full);
                    if full {
                        self.paused.insert(partition)
                    } else {
                        self.paused.remove(&partition)
                    };
                }
            }
        }
    }

    pub(super) async fn obey(&mut self, command: Command) -> Result<()> {
        let Command::CloseWindows(subtopology, done) = command;
        let which: Vec<usize> = (0..self.tasks.len()).filter(|index| self.tasks[*index].id.subtopology == subtopology).collect();
        for index in which {
            self.close_windows(index).await?;
        }
        for task in &mut self.tasks {
            task.report(&self.progress, false);
        }
        // Whoever asked may be gone.
        let _ = done.send(());
        Ok(())
    }

    /// Closes all windows of a task and commits that. A commit that fails takes the closing back with it: then it begins again.
    async fn close_windows(&mut self, index: usize) -> Result<()> {
        let mut rounds = 0;
        loop {
            while let Some(until) = self.tasks[index].core.open_until() {
                let task = &mut self.tasks[index];
                let advanced = task.core.advance_to(until, &mut task.output);
                if let Err(error) = advanced {
                    self.mend(index, error).await?;
                }
                rounds += 1;
                if rounds > CLOSE_ROUNDS_MAX {
                    return Err(Error::bug("an operator keeps asking for its windows to be closed further"));
                }
            }
            self.process(index).await?;
            if self.has_work(index) {
                self.commit_tasks(&[index], false).await?;
            } else if self.tasks[index].core.open_until().is_none() {
                return Ok(());
            }
        }
    }

    /// The last commit; after it all committed state goes to the disk.
    async fn end(mut self) -> Result<()> {
        if self.progress.failed().is_none() {
            let all: Vec<usize> = (0..self.tasks.len()).filter(|index| self.has_work(*index)).collect();
            self.commit_tasks(&all, false).await?;
            self.save_state()?;
            self.purge_now().await?;
            self.consumer.close().await?;
        }
        for mut task in self.tasks.drain(..) {
            task.report(&self.progress, true);
            self.progress.update(task.id, |progress| progress.phase = TaskPhase::Stopped);
        }
        Ok(())
    }
}

impl Worker {
    /// Moves all committed state to the disk. A full disk is no failure: the log has everything, the next start replays it.
    fn save_state(&mut self) -> Result<()> {
        let complete_ms = self.plan.env.clock.wall_ms();
        for task in &mut self.tasks {
            match task.core.committed(&[], true).and_then(|()| task.core.sync(complete_ms)) {
                Err(error @ Error::State(streams_state::Error::Full { .. })) => {
                    tracing::warn!(%error, task = %task.id, "its state could not be saved: the next start replays what is missing");
                }
                saved => saved?,
            }
        }
        Ok(())
    }
}

/// Whether the task has had nothing to consume for so long that it should not hold up others.
pub(super) fn is_idle_long(plan: &Plan, task: &RunningTask) -> bool {
    match (plan.options.idle_after, task.idle_since) {
        (Some(after), Some(since)) => plan.env.clock.now().since(since) >= after,
        _ => false,
    }
}
