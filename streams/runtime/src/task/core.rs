//! The core of a task: which records next, in which order the operators are called, what an epoch's end adds.
//!
//! One step takes one run of records: decode, drive the operators, then let stream time and watermarks follow. Given the same records in the same
//! queues it does the same, whatever the batches they came in hold together, as long as operators do not depend on how rows are cut into chunks.

use super::build::Builder;
use super::counters::TaskCounters;
use super::dead_letter;
use super::graph::{Call, TaskGraph, Work};
use super::in_band::InBandWatermark;
use super::output::{OutputRecord, TaskOutput, TooLarge};
use super::queue::PartitionQueue;
use super::saved::Saved;
use super::targets::OutputTopic;
use crate::topology::{PartitionCounts, Topology};
use crate::{ConsumedRecord, DropReason, Error, Result};
use log_client::{FetchedBatch, partition_for_key};
use log_model::{Offset, Timestamp, TopicPartition};
use std::collections::BTreeMap;
use streams_state::{CacheLimit, CachedStore, MemoryStore};

/// Which task of which application.
#[derive(Clone, Debug)]
pub struct TaskSettings<'a> {
    /// The application: part of the names of internal topics.
    pub application_id: &'a str,
    /// The sub-topology, by index.
    pub subtopology: usize,
    /// The partition.
    pub partition: i32,
    /// Partitions of repartition topics, tasks of sub-topologies.
    pub counts: &'a PartitionCounts,
    /// Partitions of the source, sink and dead-letter topics; 1 for a topic that is missing here.
    pub topics: &'a BTreeMap<String, i32>,
    /// The largest batch that each topic written to takes; as much as a batch can hold for a topic that is missing here.
    pub limits: &'a BTreeMap<String, usize>,
}

/// A task without a log.
///
/// Drive it so: [`TaskCore::open`] once; [`TaskCore::feed`] records and [`TaskCore::step`] until it returns `None`; at the end of an epoch
/// [`TaskCore::finish_epoch`], and once what was written has committed, [`TaskCore::committed`]. After an error the core must be dropped and built anew
/// from what was committed.
pub struct TaskCore {
    pub(super) graph: TaskGraph,
    pub(super) queues: Vec<PartitionQueue>,
    /// The dead-letter target of each source node.
    pub(super) dead_letter_of: Vec<Option<usize>>,
    /// The changelog target of each store.
    pub(super) changelog_of: Vec<Option<usize>>,
    /// Sinks to repartition topics: node and target.
    pub(super) repartition_sinks: Vec<(usize, usize)>,
    /// Upstream tasks of the repartition topics this one writes: itself and its siblings.
    pub(super) sibling_count: i32,
    pub(super) subtopology: usize,
    pub(super) stream_time: Timestamp,
    pub(super) floor: Timestamp,
    /// The watermark and idleness last sent to each repartition topic.
    pub(super) sent: Vec<Option<(Timestamp, bool)>>,
    pub(super) dead_letters: u64,
}

impl std::fmt::Debug for TaskCore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TaskCore({}_{})", self.subtopology, self.graph.task_partition)
    }
}

impl TaskCore {
    /// Builds the operators of one task over its stores, which are in the order of [`Subtopology::stores`](crate::topology::Subtopology::stores)
    /// and restored.
    pub fn new(topology: &Topology, settings: &TaskSettings<'_>, stores: Vec<CachedStore>) -> Result<TaskCore> {
        Builder::new(topology, settings).build(stores)
    }

    /// A task whose stores are in memory and empty: for tests of operators and for drivers without a log. All topics have one partition.
    pub fn in_memory(topology: &Topology, subtopology: usize) -> Result<TaskCore> {
        let topics: BTreeMap<String, i32> = topology.source_topics().into_iter().map(|topic| (topic.to_string(), 1)).collect();
        let counts =
            PartitionCounts { repartitions: vec![1; topology.repartitions().len()], tasks: vec![1; topology.subtopologies().len()] };
        let limits = BTreeMap::new();
        let settings = TaskSettings { application_id: "app", subtopology, partition: 0, counts: &counts, topics: &topics, limits: &limits };
        let named = topology.subtopologies()[subtopology].stores.iter().map(|store| &topology.stores()[*store].name);
        let stores = named.map(|name| CachedStore::new(name, Box::new(MemoryStore::new()), CacheLimit::default())).collect();
        let mut core = TaskCore::new(topology, &settings, stores)?;
        core.open()?;
        Ok(core)
    }

    /// The partitions this task reads.
    pub fn inputs(&self) -> Vec<TopicPartition> {
        self.queues.iter().map(|queue| queue.partition.clone()).collect()
    }

    /// The topics this task writes to.
    pub fn output_topics(&self) -> &[OutputTopic] {
        self.graph.targets.all()
    }

    /// The task's stores.
    pub fn stores(&mut self) -> &mut [CachedStore] {
        &mut self.graph.stores
    }

    /// Sets where an input partition starts, with the metadata committed there. Before [`TaskCore::open`].
    pub fn resume(&mut self, partition: &TopicPartition, offset: Offset, metadata: &str) -> Result<()> {
        let saved = Saved::decode(metadata);
        let queue = self.queue(partition)?;
        queue.start_at(offset);
        if let Some(upstream) = &mut queue.upstream {
            for (task, held) in &saved.upstream {
                if let Some(slot) = upstream.0.get_mut(*task) {
                    *slot = *held;
                }
            }
        }
        self.stream_time = self.stream_time.max(saved.stream_time);
        self.floor = self.floor.max(saved.floor);
        for node in &mut self.graph.nodes {
            if let Some(watermark) = saved.nodes.get(&crate::topology::name_fingerprint(&node.name)) {
                node.watermark = node.watermark.max(*watermark);
            }
        }
        Ok(())
    }

    /// Opens the operators; the stores are restored and every input has been resumed.
    pub fn open(&mut self) -> Result<()> {
        self.set_source_watermarks();
        for index in 0..self.graph.nodes.len() {
            // Behind an operator that was interrupted in its closing the floor holds only once it is done.
            let floor = if self.graph.is_closing() { Timestamp::MIN } else { self.floor };
            let input = self.graph.least_input(index).max(floor);
            let node = &mut self.graph.nodes[index];
            // Behind such an operator nothing has been told of the watermark that was saved.
            node.input_watermark = if self.graph.unfinished.is_some() { Timestamp::MIN } else { input };
            self.graph.call(index, Call::Open, self.stream_time)?;
            let node = &mut self.graph.nodes[index];
            if matches!(&node.work, Work::Operator(operator) if operator.is_closing()) {
                self.graph.unfinished = Some(false);
            }
            if !self.graph.is_closing() {
                let node = &mut self.graph.nodes[index];
                let own = if let Work::Operator(operator) = &node.work { operator.watermark(input) } else { input };
                node.watermark = node.watermark.max(own).max(floor);
            }
        }
        Ok(())
    }

    /// Whether an operator is not done with closing what the last watermark allows: [`TaskCore::step`] goes on with that first.
    pub fn is_closing(&self) -> bool {
        self.graph.is_closing()
    }

    fn queue(&mut self, partition: &TopicPartition) -> Result<&mut PartitionQueue> {
        let known = self.queues.iter_mut().find(|queue| queue.partition == *partition);
        known.ok_or_else(|| Error::bug(format!("partition {partition} does not belong to this task")))
    }

    /// Adds records to the queue of an input partition.
    pub fn feed(&mut self, partition: &TopicPartition, records: Vec<ConsumedRecord>) -> Result<()> {
        self.queue(partition)?.push_records(records);
        Ok(())
    }

    /// Adds a fetched batch to the queue of its partition.
    pub fn feed_batch(&mut self, fetched: FetchedBatch) -> Result<()> {
        self.queue(&fetched.partition)?.push_batch(fetched.batch, fetched.from);
        Ok(())
    }

    /// Says whether the log has more for an input partition than was fed, and where the next fetch starts. While an empty queue is not caught up, no
    /// other is processed: its next record might be older.
    pub fn set_fetch_state(&mut self, partition: &TopicPartition, next_fetch: Offset, caught_up: bool) -> Result<()> {
        let queue = self.queue(partition)?;
        queue.caught_up = caught_up;
        queue.skip_to(next_fetch);
        Ok(())
    }

    /// Bytes that wait in the queue of an input partition.
    pub fn waiting_bytes(&self, partition: &TopicPartition) -> usize {
        self.queues.iter().filter(|queue| queue.partition == *partition).map(PartitionQueue::waiting_bytes).sum()
    }

    /// The next offset to process of every input partition: what to commit, with what to keep in its metadata.
    pub fn positions(&self) -> Vec<(TopicPartition, Offset, String)> {
        let mut saved = Saved { stream_time: self.stream_time, floor: self.floor, ..Saved::default() };
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if !node.inputs.is_empty() && node.watermark > self.graph.least_input(index).max(self.floor) {
                saved.nodes.insert(crate::topology::name_fingerprint(&node.name), node.watermark);
            }
        }
        let position = |queue: &PartitionQueue| {
            let held = queue.upstream.iter().flat_map(|upstream| upstream.0.iter().copied().enumerate());
            let upstream = held.filter(|(_, (watermark, idle))| *watermark > Timestamp::MIN || *idle).collect();
            (queue.partition.clone(), queue.position(), Saved { upstream, ..saved.clone() }.encode())
        };
        self.queues.iter().map(position).collect()
    }

    /// The next offset to process of every input partition.
    pub fn offsets(&self) -> impl Iterator<Item = (&TopicPartition, Offset)> {
        self.queues.iter().map(|queue| (&queue.partition, queue.position()))
    }

    /// Accounts for records of an input partition that were deleted before they were read: it goes on at `next`.
    pub fn note_deleted(&mut self, partition: &TopicPartition, next: Offset) -> Result<()> {
        let queue = self.queue(partition)?;
        let lost = u64::try_from(next - queue.fetched()).unwrap_or(0);
        let source = queue.source;
        self.graph.nodes[source].counters.dropped(DropReason::Deleted, lost);
        Ok(())
    }

    /// The input partitions that belong to repartition topics.
    pub fn repartition_inputs(&self) -> impl Iterator<Item = (&TopicPartition, Offset)> {
        self.queues.iter().filter(|queue| queue.upstream.is_some()).map(|queue| (&queue.partition, queue.position()))
    }

    /// Whether everything fed has been processed and the log has no more.
    pub fn is_idle(&self) -> bool {
        self.queues.iter().all(|queue| queue.is_empty() && queue.caught_up)
    }

    /// Processes one run of records, or goes on with closing windows. Returns how many records; `None` if there is nothing to do until more is fed.
    pub fn step(&mut self, out: &mut dyn TaskOutput) -> Result<Option<usize>> {
        if self.graph.is_closing() {
            self.graph.pass_time(self.floor, false, self.stream_time, out)?;
            self.write_dead_letters(out)?;
            return Ok(Some(0));
        }
        let chosen = self.choose()?;
        if self.take_watermark_moves() {
            self.graph.pass_time(self.floor, false, self.stream_time, out)?;
            self.write_dead_letters(out)?;
        }
        let Some((chosen, bound, inclusive)) = chosen else { return Ok(None) };
        let queue = &self.queues[chosen];
        let run = queue.run(bound, inclusive);
        let count = run.len();
        let newest = run.iter().map(|record| record.timestamp).max().unwrap_or(Timestamp::NONE);
        self.graph.call(queue.source, Call::Decode(&queue.partition, run), self.stream_time)?;
        self.queues[chosen].consume(count);
        self.graph.drain_all(self.stream_time, out)?;
        let moved = newest > self.stream_time;
        self.stream_time = self.stream_time.max(newest);
        self.graph.pass_time(self.floor, moved, self.stream_time, out)?;
        self.write_dead_letters(out)?;
        Ok(Some(count))
    }

    /// Processes all that can be.
    pub fn run(&mut self, out: &mut dyn TaskOutput) -> Result<usize> {
        let mut count = 0;
        while let Some(processed) = self.step(out)? {
            count += processed;
        }
        Ok(count)
    }

    /// The queue whose head is oldest (the first of equals), with the bound of its run: the oldest head of the others, inclusive where this one goes
    /// first among equals.
    fn choose(&mut self) -> Result<Option<(usize, Timestamp, bool)>> {
        let mut best: Option<(Timestamp, usize)> = None;
        let mut second: Option<(Timestamp, usize)> = None;
        for (index, queue) in self.queues.iter_mut().enumerate() {
            match queue.head_timestamp()? {
                Some(head) if best.is_none_or(|best| (head, index) < best) => (second, best) = (best, Some((head, index))),
                Some(head) if second.is_none_or(|second| (head, index) < second) => second = Some((head, index)),
                Some(_) => {}
                None if !queue.caught_up => return Ok(None),
                None => {}
            }
        }
        let Some((_, chosen)) = best else { return Ok(None) };
        let (bound, inclusive) = second.map_or((Timestamp::MAX, true), |(bound, other)| (bound, chosen < other));
        Ok(Some((chosen, bound, inclusive)))
    }

    /// Carries what came in band to the source nodes; whether anything did.
    fn take_watermark_moves(&mut self) -> bool {
        let moved = self.queues.iter_mut().fold(false, |moved, queue| std::mem::take(&mut queue.watermark_moved) | moved);
        if moved {
            self.set_source_watermarks();
        }
        moved
    }

    fn set_source_watermarks(&mut self) {
        for queue in &self.queues {
            if let Some(upstream) = &queue.upstream {
                let node = &mut self.graph.nodes[queue.source];
                node.watermark = node.watermark.max(upstream.combined());
            }
        }
    }

    fn write_dead_letters(&mut self, out: &mut dyn TaskOutput) -> Result<()> {
        for refused in std::mem::take(&mut self.graph.too_large) {
            self.write_too_large(refused, out)?;
        }
        for letter in self.graph.dead_letters.drain(..) {
            let source = self.queues.iter().find(|queue| queue.partition == letter.partition).map(|queue| queue.source);
            let Some((source, target)) = source.and_then(|source| self.dead_letter_of[source].map(|target| (source, target))) else {
                return Err(Error::Undeliverable { partition: letter.partition, offset: letter.record.offset.0, reason: letter.reason });
            };
            let topic = &self.graph.targets.all()[target];
            let partition = letter_partition(topic, letter.record.key.as_deref(), self.graph.task_partition);
            dead_letter::of_record(&letter, topic.batch_bytes_max, |record| out.write(target, partition, record))?;
            self.dead_letters += 1;
            self.graph.nodes[source].counters.dropped(DropReason::DeadLettered, 1);
        }
        Ok(())
    }

    /// A record too large for its sink's topic goes to the dead-letter topic of the task's source. Errors: there is none.
    fn write_too_large(&mut self, refused: TooLarge, out: &mut dyn TaskOutput) -> Result<()> {
        let topics = self.graph.targets.all();
        let Some(target) = self.dead_letter_of.iter().flatten().next().copied() else {
            return Err(refused.error(&topics[refused.target]));
        };
        let topic = &topics[target];
        let partition = letter_partition(topic, refused.key.as_deref(), self.graph.task_partition);
        dead_letter::of_too_large(&refused, &topics[refused.target], topic.batch_bytes_max, |record| out.write(target, partition, record))?;
        self.dead_letters += 1;
        self.graph.nodes[refused.node].counters.dropped(DropReason::DeadLettered, 1);
        Ok(())
    }

    /// The watermark that would close everything the operators hold open, if any does.
    pub fn open_until(&self) -> Option<Timestamp> {
        self.graph.open_until().filter(|until| *until > self.floor)
    }

    /// Advances every node to `watermark`; rows below it that come later are late.
    pub fn advance_to(&mut self, watermark: Timestamp, out: &mut dyn TaskOutput) -> Result<()> {
        self.floor = self.floor.max(watermark);
        self.graph.pass_time(self.floor, false, self.stream_time, out)?;
        self.write_dead_letters(out)
    }

    /// The watermark of the task: the least of its sinks' inputs and of its operators without children.
    pub fn watermark(&self) -> Timestamp {
        let ends = self.graph.nodes.iter().filter(|node| node.children.iter().all(Vec::is_empty));
        ends.map(|node| node.watermark).min().unwrap_or(Timestamp::MIN)
    }

    /// The largest record timestamp seen.
    pub fn stream_time(&self) -> Timestamp {
        self.stream_time
    }

    /// Ends the epoch: operators forward what they held back, watermarks go behind the rows in repartition topics, and the changes of the stores are
    /// written to their changelogs. `idle` says that there has been nothing to consume for a while.
    pub fn finish_epoch(&mut self, idle: bool, out: &mut dyn TaskOutput) -> Result<()> {
        for index in 0..self.graph.nodes.len() {
            self.graph.drain(index, self.stream_time, out)?;
            self.graph.call(index, Call::FinishEpoch, self.stream_time)?;
        }
        if self.graph.is_closing() {
            // More would make the epoch that ends here larger.
            self.graph.drain_all(self.stream_time, out)?;
        } else {
            self.graph.pass_time(self.floor, false, self.stream_time, out)?;
        }
        self.write_dead_letters(out)?;
        self.write_watermarks(idle, out)?;
        self.write_changelogs(out)
    }

    /// Whether [`TaskCore::finish_epoch`] with `idle` would tell other tasks something they do not know.
    pub fn has_news(&self, idle: bool) -> bool {
        let mut sinks = self.repartition_sinks.iter().zip(&self.sent);
        sinks.any(|((node, _), sent)| {
            let now = (self.graph.nodes[*node].watermark, idle);
            *sent != Some(now) && (sent.is_some() || now.0 > Timestamp::MIN || idle)
        })
    }

    fn write_watermarks(&mut self, idle: bool, out: &mut dyn TaskOutput) -> Result<()> {
        for ((node, target), sent) in self.repartition_sinks.iter().zip(&mut self.sent) {
            let watermark = self.graph.nodes[*node].watermark;
            let now = (watermark, idle);
            if *sent == Some(now) || (sent.is_none() && watermark == Timestamp::MIN && !idle) {
                continue;
            }
            let upstream = self.graph.task_partition;
            let value = InBandWatermark { upstream, upstream_count: self.sibling_count, watermark, idle }.encode();
            let timestamp = self.stream_time.max(Timestamp(0));
            let record = OutputRecord { timestamp, key: None, value: Some(&value), headers: InBandWatermark::headers() };
            for partition in 0..self.graph.targets.all()[*target].partition_count {
                out.write(*target, partition, record)?;
            }
            *sent = Some(now);
        }
        Ok(())
    }

    fn write_changelogs(&mut self, out: &mut dyn TaskOutput) -> Result<()> {
        let timestamp = self.stream_time.max(Timestamp(0));
        for (store, target) in self.graph.stores.iter().zip(&self.changelog_of) {
            let Some(target) = *target else { continue };
            let mut written = Ok(());
            store.changes(|key, value| {
                if written.is_ok() {
                    written = out.write(target, self.graph.task_partition, OutputRecord { timestamp, key: Some(key), value, headers: &[] });
                }
            });
            written?;
        }
        Ok(())
    }

    /// What was written up to the last [`TaskCore::finish_epoch`] has committed. `changelog_ends` holds for each store the offset after its last changelog
    /// record, if one was written; with `flush` all committed entries go to the disk, else only if there are many.
    pub fn committed(&mut self, changelog_ends: &[Option<Offset>], flush: bool) -> Result<()> {
        for (index, store) in self.graph.stores.iter_mut().enumerate() {
            // A store without changelog has nothing to wait for.
            let end = if self.changelog_of[index].is_some() { changelog_ends.get(index).copied().flatten() } else { Some(Offset::ZERO) };
            store.committed(end, flush)?;
        }
        Ok(())
    }

    /// Makes what [`TaskCore::committed`] with `flush` moved to the disk durable; nothing older than `complete_ms` is missing there.
    pub fn sync(&mut self, complete_ms: i64) -> Result<()> {
        Ok(self.graph.stores.iter_mut().try_for_each(|store| store.sync(complete_ms))?)
    }

    /// Bytes written to the stores in this epoch.
    pub fn changed_bytes(&self) -> usize {
        self.graph.stores.iter().map(CachedStore::changed_bytes).sum()
    }

    /// What the task has counted.
    pub fn counters(&self) -> TaskCounters {
        TaskCounters { nodes: self.graph.nodes.iter().map(|node| node.counters.clone()).collect(), dead_letters: self.dead_letters }
    }

    /// Goes on counting from `counters`.
    pub fn set_counters(&mut self, counters: TaskCounters) {
        self.dead_letters = counters.dead_letters;
        self.graph.nodes.iter_mut().zip(counters.nodes).for_each(|(node, counters)| node.counters = counters);
    }
}

/// The partition of a dead-letter topic: by the record's key, else the task's own.
fn letter_partition(topic: &OutputTopic, key: Option<&[u8]>, task_partition: i32) -> i32 {
    match key {
        Some(key) if topic.partition_count > 1 => partition_for_key(key, topic.partition_count),
        _ => task_partition % topic.partition_count,
    }
}
