//! Builds the core of a task: nodes and stores of the topology renumbered within the sub-topology, a queue for each input partition, a number for
//! each topic written.

use super::core::{TaskCore, TaskSettings};
use super::graph::{TaskGraph, TaskNode, Work};
use super::in_band::UpstreamWatermarks;
use super::queue::PartitionQueue;
use super::targets::{OutputTopicKind, Targets};
use crate::context::Effects;
use crate::topology::{NodeKind, Topology};
use crate::{Error, Result};
use log_model::{Timestamp, TopicName};
use log_record::BATCH_BYTES_MAX;
use std::collections::VecDeque;
use streams_state::CachedStore;

/// Builds a core: nodes and stores of the topology renumbered within the sub-topology.
pub(super) struct Builder<'a> {
    topology: &'a Topology,
    settings: &'a TaskSettings<'a>,
    targets: Targets,
}

impl<'a> Builder<'a> {
    pub(super) fn new(topology: &'a Topology, settings: &'a TaskSettings<'a>) -> Self {
        Builder { topology, settings, targets: Targets::default() }
    }

    pub(super) fn build(mut self, stores: Vec<CachedStore>) -> Result<TaskCore> {
        let subtopology = &self.topology.subtopologies()[self.settings.subtopology];
        let local = |node: usize| subtopology.nodes.iter().position(|known| *known == node).expect("edges stay within a sub-topology");
        let local_store =
            |store: usize| subtopology.stores.iter().position(|known| *known == store).expect("stores stay within a sub-topology");
        let mut nodes = Vec::with_capacity(subtopology.nodes.len());
        let (mut queues, mut dead_letter_of, mut repartition_sinks) = (Vec::new(), Vec::new(), Vec::new());
        for (index, node) in subtopology.nodes.iter().map(|node| &self.topology.nodes()[*node]).enumerate() {
            let mut dead_letter = None;
            let work = match &node.kind {
                NodeKind::Source { topics, decoder, dead_letter: letters } => {
                    queues.extend(topics.iter().filter_map(|topic| self.source_queue(topic, index)));
                    if let Some(topic) = letters {
                        dead_letter = Some(self.targets.add(topic.to_string(), self.size(topic), OutputTopicKind::DeadLetter)?);
                    }
                    Work::Source(decoder())
                }
                NodeKind::RepartitionSource { repartition, decoder } => {
                    queues.extend(self.repartition_queue(*repartition, index)?);
                    Work::Source(decoder())
                }
                NodeKind::Operator { factory, .. } => Work::Operator(factory()),
                NodeKind::Sink { topic, encoder } => {
                    Work::Sink(encoder(), self.targets.add(topic.to_string(), self.size(topic), OutputTopicKind::Sink)?)
                }
                NodeKind::RepartitionSink { repartition, encoder } => {
                    let topic = self.topology.repartitions()[*repartition].topic(self.settings.application_id);
                    let count = self.settings.counts.repartitions[*repartition];
                    let size = (count, self.limit(&topic));
                    let target = self.targets.add(topic, size, OutputTopicKind::Repartition(*repartition))?;
                    repartition_sinks.push((index, target));
                    Work::Sink(encoder(), target)
                }
            };
            dead_letter_of.push(dead_letter);
            nodes.push(TaskNode {
                name: node.name.clone(),
                work,
                inputs: node.inputs.iter().map(|input| local(*input)).collect(),
                children: node.children.iter().map(|output| output.iter().map(|(child, port)| (local(*child), *port)).collect()).collect(),
                stores: node.stores.iter().map(|store| local_store(*store)).collect(),
                inbox: VecDeque::new(),
                input_watermark: Timestamp::MIN,
                watermark: Timestamp::MIN,
                counters: Default::default(),
            });
        }
        let changelog_of = self.changelogs()?;
        let task_partition = self.settings.partition;
        let effects = Effects::default();
        let (targets, dead_letters, too_large) = (self.targets, Vec::new(), Vec::new());
        let graph = TaskGraph { nodes, stores, targets, dead_letters, too_large, task_partition, effects, unfinished: None };
        Ok(TaskCore {
            graph,
            queues,
            dead_letter_of,
            changelog_of,
            sent: vec![None; repartition_sinks.len()],
            repartition_sinks,
            sibling_count: self.settings.counts.tasks[self.settings.subtopology],
            subtopology: self.settings.subtopology,
            stream_time: Timestamp::NONE,
            floor: Timestamp::MIN,
            dead_letters: 0,
        })
    }

    fn count(&self, topic: &TopicName) -> i32 {
        self.settings.topics.get(topic.as_str()).copied().unwrap_or(1)
    }

    fn limit(&self, topic: &str) -> usize {
        self.settings.limits.get(topic).copied().unwrap_or(BATCH_BYTES_MAX)
    }

    fn size(&self, topic: &TopicName) -> (i32, usize) {
        (self.count(topic), self.limit(topic.as_str()))
    }

    /// The queue of a source topic, if it has the task's partition.
    fn source_queue(&self, topic: &TopicName, node: usize) -> Option<PartitionQueue> {
        let partition = self.settings.partition;
        (partition < self.count(topic)).then(|| PartitionQueue::new(topic.partition(partition), node, None))
    }

    fn repartition_queue(&self, repartition: usize, node: usize) -> Result<Option<PartitionQueue>> {
        let partition = self.settings.partition;
        if partition >= self.settings.counts.repartitions[repartition] {
            return Ok(None);
        }
        let described = &self.topology.repartitions()[repartition];
        let topic = TopicName::new(described.topic(self.settings.application_id)).map_err(|error| Error::failed(error.to_string()))?;
        let writers = self.settings.counts.tasks[self.topology.nodes()[described.sink].subtopology];
        let upstream = UpstreamWatermarks::new(writers.max(0) as usize);
        Ok(Some(PartitionQueue::new(topic.partition(partition), node, Some(upstream))))
    }

    fn changelogs(&mut self) -> Result<Vec<Option<usize>>> {
        let subtopology = &self.topology.subtopologies()[self.settings.subtopology];
        let tasks = self.settings.counts.tasks[self.settings.subtopology];
        let mut targets = Vec::with_capacity(subtopology.stores.len());
        for (index, store) in subtopology.stores.iter().map(|store| &self.topology.stores()[*store]).enumerate() {
            let topic = store.changelog.is_some().then(|| store.changelog_topic(self.settings.application_id));
            targets.push(match topic {
                Some(topic) => {
                    let size = (tasks, self.limit(&topic));
                    Some(self.targets.add(topic, size, OutputTopicKind::Changelog(index))?)
                }
                None => None,
            });
        }
        Ok(targets)
    }
}
