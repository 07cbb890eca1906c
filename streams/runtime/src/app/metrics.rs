//! A snapshot of a running application, cheap enough to be taken several times a second.

use super::plan::Plan;
use super::progress::{Progress, TaskProgress};
use crate::DropReason;
use crate::task::NodeCounters;
use log_model::{Offset, Timestamp, TopicPartition};
use std::collections::BTreeMap;

/// What a task is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskPhase {
    /// Not begun.
    #[default]
    Waiting,
    /// Replaying changelogs.
    Restoring {
        /// Offsets replayed.
        done: u64,
        /// Offsets to replay, of the changelogs begun so far.
        total: u64,
    },
    /// Processing.
    Running,
    /// Ended.
    Stopped,
}

/// One node, summed over its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeMetrics {
    /// Its name.
    pub name: String,
    /// The sub-topology it is in.
    pub subtopology: usize,
    /// Rows (of a source: records) taken.
    pub rows_in: u64,
    /// Rows (of a sink: records) given.
    pub rows_out: u64,
    /// Rows left out, by reason.
    pub drops: BTreeMap<DropReason, u64>,
}

/// One input partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMetrics {
    /// Which.
    pub partition: TopicPartition,
    /// The next offset to process.
    pub position: Offset,
    /// How many records are still to be processed, as last seen.
    pub lag: i64,
}

/// One store, summed over its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMetrics {
    /// Its name.
    pub name: String,
    /// Bytes held, roughly.
    pub size_bytes: u64,
}

/// A running application at one moment. Counts begin at 0 with the process; what an epoch that did not commit has counted is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamsMetrics {
    /// In the order of the topology.
    pub nodes: Vec<NodeMetrics>,
    /// By partition.
    pub sources: Vec<SourceMetrics>,
    /// In the order of the topology.
    pub stores: Vec<StoreMetrics>,
    /// Records sent to dead-letter topics.
    pub dead_letters: u64,
    /// By sub-topology the least watermark of its tasks; `None` while unknown.
    pub watermarks: Vec<Option<Timestamp>>,
    /// The largest record timestamp seen.
    pub stream_time: Option<Timestamp>,
    /// Epochs committed, over all tasks.
    pub epochs: u64,
    /// Changelog records replayed since the start, over all tasks.
    pub restored: u64,
    /// What each task is doing, as `<sub-topology>_<partition>`.
    pub tasks: Vec<(String, TaskPhase)>,
}

impl StreamsMetrics {
    /// Rows left out for this reason, over all nodes.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.nodes.iter().filter_map(|node| node.drops.get(&reason)).sum()
    }

    pub(super) fn of(plan: &Plan, progress: &Progress) -> StreamsMetrics {
        let tasks = progress.tasks();
        let mut metrics = StreamsMetrics { watermarks: vec![None; plan.counts.tasks.len()], ..StreamsMetrics::default() };
        let topology = &plan.topology;
        let mut nodes = vec![NodeCounters::default(); topology.nodes().len()];
        let mut store_bytes = vec![0; topology.stores().len()];
        for (id, task) in &tasks {
            let subtopology = &topology.subtopologies()[id.subtopology];
            subtopology.nodes.iter().zip(&task.counters.nodes).for_each(|(node, counters)| nodes[*node].add(counters));
            subtopology.stores.iter().zip(&task.store_bytes).for_each(|(store, bytes)| store_bytes[*store] += bytes);
            metrics.add(id.subtopology, task);
            metrics.tasks.push((id.to_string(), task.phase));
        }
        let named = topology.nodes().iter().zip(nodes);
        metrics.nodes = named.map(|(node, counters)| node_metrics(&node.name, node.subtopology, &counters)).collect();
        let named = topology.stores().iter().zip(store_bytes);
        metrics.stores = named.map(|(store, size_bytes)| StoreMetrics { name: store.name.clone(), size_bytes }).collect();
        metrics.sources.sort_by(|left, right| left.partition.cmp(&right.partition));
        metrics
    }

    fn add(&mut self, subtopology: usize, task: &TaskProgress) {
        self.dead_letters += task.counters.dead_letters;
        self.epochs += task.epochs;
        self.restored += task.restored;
        self.stream_time = self.stream_time.max(task.stream_time);
        let held = &mut self.watermarks[subtopology];
        *held = match (*held, task.watermark) {
            (Some(held), Some(other)) => Some(held.min(other)),
            (held, other) => held.or(other),
        };
        let source = |(partition, (position, end)): (&TopicPartition, &(Offset, Offset))| SourceMetrics {
            partition: partition.clone(),
            position: *position,
            lag: (*end - *position).max(0),
        };
        self.sources.extend(task.inputs.iter().map(source));
    }
}

fn node_metrics(name: &str, subtopology: usize, counters: &NodeCounters) -> NodeMetrics {
    let drops = DropReason::ALL.into_iter().zip(counters.drops).filter(|(_, count)| *count > 0).collect();
    NodeMetrics { name: name.to_string(), subtopology, rows_in: counters.rows_in, rows_out: counters.rows_out, drops }
}
