//! One task on a worker: its core, its producer and the epoch it is in.

use super::epoch::EpochOutput;
use super::metrics::TaskPhase;
use super::plan::{Plan, TaskId};
use super::progress::Progress;
use super::restore;
use crate::Result;
use crate::task::{TaskCore, TaskCounters, TaskSettings};
use log_client::{OffsetSpec, Producer, ProducerOptions};
use log_env::Mono;
use log_model::{Offset, TopicPartition};
use std::collections::BTreeMap;
use std::sync::Arc;
use streams_state::Store;

/// What a poll has told about an input partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A batch, and the end of the partition.
    End(Offset),
    /// The poll left it at its end.
    AtEnd,
    /// Nothing: it was not looked at.
    NotAsked,
}

/// A task that processes.
pub(super) struct RunningTask {
    pub(super) id: TaskId,
    pub(super) core: TaskCore,
    pub(super) producer: Arc<dyn Producer>,
    pub(super) output: EpochOutput,
    /// The positions of the last commit.
    pub(super) committed: BTreeMap<TopicPartition, Offset>,
    /// What had been counted by then.
    pub(super) committed_counters: TaskCounters,
    /// Ends of the input partitions as last seen.
    pub(super) ends: BTreeMap<TopicPartition, Offset>,
    /// When the epoch began: with the first record after the last commit.
    pub(super) epoch_began: Option<Mono>,
    pub(super) last_flush: Mono,
    /// When its stores were last made durable.
    pub(super) last_sync: Mono,
    /// Since when there has been nothing to consume.
    pub(super) idle_since: Option<Mono>,
    pub(super) epochs: u64,
}

impl RunningTask {
    /// Fences older instances of the task, restores its stores (from nothing if `damaged`) and opens its operators at the committed positions.
    pub(super) async fn start(plan: &Arc<Plan>, id: TaskId, damaged: bool, progress: &Progress) -> Result<RunningTask> {
        let transactional_id = plan.transactional_id(id);
        let options = ProducerOptions { client_id: transactional_id.clone(), transactional_id: Some(transactional_id) };
        let producer = plan.log.producer(options).await?;
        let stores = restore::stores(plan, id, damaged, progress).await?;
        let settings = TaskSettings {
            application_id: &plan.options.application_id,
            subtopology: id.subtopology,
            partition: id.partition,
            counts: &plan.counts,
            topics: &plan.topics,
            limits: &plan.limits,
        };
        let mut core = TaskCore::new(&plan.topology, &settings, stores)?;
        let committed = resume(plan, &mut core).await?;
        core.open()?;
        for (partition, offset) in &committed {
            core.set_fetch_state(partition, *offset, false)?;
        }
        let output = EpochOutput::new(core.output_topics(), plan.options.batch_bytes);
        let now = plan.env.clock.now();
        let task = RunningTask {
            id,
            core,
            producer,
            output,
            ends: committed.clone(),
            committed,
            committed_counters: TaskCounters::default(),
            epoch_began: None,
            last_flush: now,
            last_sync: now,
            idle_since: None,
            epochs: 0,
        };
        Ok(task)
    }

    /// Whether a commit now would say anything.
    pub(super) fn has_work(&self, idle: bool) -> bool {
        let moved = || self.core.offsets().any(|(partition, offset)| self.committed.get(partition) != Some(&offset));
        self.core.is_closing() || !self.output.is_empty() || self.core.changed_bytes() > 0 || self.core.has_news(idle) || moved()
    }

    /// Bytes that the epoch has written.
    pub(super) fn epoch_bytes(&self) -> usize {
        self.output.size_bytes() + self.core.changed_bytes()
    }

    /// Takes over what a poll has told about an input: where the next fetch starts, and either the end as seen with a batch or that there was none.
    pub(super) fn set_fetch_state(&mut self, partition: &TopicPartition, position: Offset, seen: Seen) -> Result<()> {
        let end = self.ends.entry(partition.clone()).or_insert(position);
        *end = match seen {
            Seen::End(seen) => seen.max(position),
            Seen::AtEnd => position,
            Seen::NotAsked => (*end).max(position),
        };
        let caught_up = position >= *end && seen != Seen::NotAsked;
        self.core.set_fetch_state(partition, position, caught_up)
    }

    /// Tells the handle where the task is. `settled` says that nothing is uncommitted.
    pub(super) fn report(&mut self, progress: &Progress, settled: bool) {
        let input = |(partition, offset): (&TopicPartition, Offset)| {
            let end = self.ends.get(partition).copied().unwrap_or(offset);
            (partition.clone(), (offset, end))
        };
        let inputs: BTreeMap<_, _> = self.core.offsets().map(input).collect();
        let store_bytes = settled.then(|| self.core.stores().iter().map(|store| store.size_bytes()).collect());
        let watermark = Some(self.core.watermark()).filter(|watermark| *watermark > log_model::Timestamp::MIN);
        let stream_time = Some(self.core.stream_time()).filter(|time| *time > log_model::Timestamp::NONE);
        let counters = self.core.counters();
        progress.update(self.id, |task| {
            task.phase = TaskPhase::Running;
            if settled {
                task.done = inputs.iter().map(|(partition, (position, _))| (partition.clone(), *position)).collect();
            }
            task.inputs = inputs;
            task.counters = counters;
            task.store_bytes = store_bytes.unwrap_or_else(|| std::mem::take(&mut task.store_bytes));
            (task.watermark, task.stream_time, task.epochs) = (watermark, stream_time, self.epochs);
        });
    }
}

/// Puts the inputs at their committed positions, or at the first record there is.
async fn resume(plan: &Plan, core: &mut TaskCore) -> Result<BTreeMap<TopicPartition, Offset>> {
    let admin = plan.log.admin();
    let committed = admin.committed(&plan.group()).await?;
    let mut positions = BTreeMap::new();
    for partition in core.inputs() {
        let first = admin.find_offset(&partition, OffsetSpec::Earliest).await?.map_or(Offset::ZERO, |found| found.offset);
        let (offset, metadata) = match committed.get(&partition) {
            Some(held) if held.offset >= first => (held.offset, held.metadata.as_str()),
            Some(held) => {
                tracing::warn!(%partition, committed = held.offset.0, first = first.0, "records were deleted before they were processed");
                core.resume(&partition, held.offset, "")?;
                core.note_deleted(&partition, first)?;
                (first, held.metadata.as_str())
            }
            None => (first, ""),
        };
        core.resume(&partition, offset, metadata)?;
        positions.insert(partition, offset);
    }
    Ok(positions)
}
