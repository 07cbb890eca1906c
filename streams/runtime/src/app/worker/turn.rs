//! What a worker does turn by turn, from its start to its end.

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
        running.push(start_patiently(&plan, id, &progress).await?);
        locks.push(held);
    }
    let client_id = plan.options.application_id.clone();
    let options = ConsumerOptions { client_id, group: Some(plan.group()), reset: OffsetReset::Earliest, ..ConsumerOptions::default() };
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

pub(super) async fn start_patiently(plan: &Arc<Plan>, id: TaskId, progress: &Progress) -> Result<RunningTask> {
    let mut backoff = Backoff::new();
    loop {
        match RunningTask::start(plan, id, progress).await {
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
                polled => return Ok(polled?),
            }
        }
    }

    fn feed(&mut self, poll: Poll) -> Result<()> {
        let mut ends: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
        let mut polled_bytes = 0;
        for fetched in poll.batches {
            polled_bytes += fetched.batch.size_bytes();
            ends.insert(fetched.partition.clone(), fetched.end);
            self.worked = true;
            if let Some(owner) = self.owners.get(&fetched.partition) {
                self.tasks[*owner].core.feed_batch(fetched)?;
            }
        }
        let roomy = polled_bytes < self.plan.options.fetch_limit.max_bytes;
        for task in &mut self.tasks {
            for partition in task.core.inputs() {
                let Some(position) = self.consumer.position(&partition) else { continue };
                let seen = match ends.get(&partition) {
                    Some(end) => Seen::End(*end),
                    None if roomy && !self.paused.contains(&partition) => Seen::Nothing,
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
            if task.core.step(&mut task.output)?.is_none() {
                return Ok(());
            }
            self.worked = true;
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
        for index in &which {
            let task = &mut self.tasks[*index];
            let mut rounds = 0;
            while let Some(until) = task.core.open_until() {
                task.core.advance_to(until, &mut task.output)?;
                rounds += 1;
                if rounds > CLOSE_ROUNDS_MAX {
                    return Err(Error::bug("an operator keeps asking for its windows to be closed further"));
                }
            }
        }
        let changed: Vec<usize> = which.into_iter().filter(|index| self.has_work(*index)).collect();
        self.commit_tasks(&changed, false).await?;
        for task in &mut self.tasks {
            task.report(&self.progress, false);
        }
        // Whoever asked may be gone.
        let _ = done.send(());
        Ok(())
    }

    /// The last commit; after it all committed state goes to the disk.
    async fn end(mut self) -> Result<()> {
        if self.progress.failed().is_none() {
            let all: Vec<usize> = (0..self.tasks.len()).filter(|index| self.has_work(*index)).collect();
            self.commit_tasks(&all, true).await?;
            self.tasks.iter_mut().try_for_each(|task| task.core.committed(&[], true))?;
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

/// Whether the task has had nothing to consume for so long that it should not hold up others.
pub(super) fn is_idle_long(plan: &Plan, task: &RunningTask) -> bool {
    match (plan.options.idle_after, task.idle_since) {
        (Some(after), Some(since)) => plan.env.clock.now().since(since) >= after,
        _ => false,
    }
}
