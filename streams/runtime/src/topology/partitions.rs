//! How many partitions each topic and how many tasks each sub-topology has, and the check that what meets in one stateful operator is
//! co-partitioned.
//!
//! Rules: all topics whose rows reach one stateful operator of a sub-topology must have the same partition count. A repartition topic
//! without a count of its own takes that of the topics it meets, else the largest count of the sources before it. A topic that exists keeps
//! its count.

use super::TopologyError;
use super::graph::{NodeKind, Topology};
use super::split::Sets;
use log_model::TopicName;
use std::collections::{BTreeMap, BTreeSet};

/// The partition counts of one topology under one application id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionCounts {
    /// The partitions of each repartition topic, by index.
    pub repartitions: Vec<i32>,
    /// The tasks of each sub-topology, by index: the partitions of its largest source.
    pub tasks: Vec<i32>,
}

/// A topic that is read: one of the user's or a repartition topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Input {
    External(TopicName),
    Repartition(usize),
}

struct Resolver<'a> {
    topology: &'a Topology,
    application: &'a str,
    /// All topics read.
    inputs: Vec<Input>,
    /// For each node the inputs (by index) whose rows reach it.
    reach: Vec<BTreeSet<usize>>,
    counts: Vec<Option<i32>>,
}

impl PartitionCounts {
    /// Works the counts out, given the partition counts of all topics that exist.
    ///
    /// Errors: a source topic is missing, inputs of an operator are not co-partitioned, or an existing repartition topic has another count.
    pub fn resolve(topology: &Topology, application: &str, existing: &BTreeMap<String, i32>) -> Result<PartitionCounts, TopologyError> {
        let mut resolver = Resolver::new(topology, application);
        resolver.fill_known(existing)?;
        resolver.derive();
        resolver.check()?;
        Ok(resolver.finish())
    }
}

impl<'a> Resolver<'a> {
    fn new(topology: &'a Topology, application: &'a str) -> Self {
        let mut inputs = Vec::new();
        let mut reach: Vec<BTreeSet<usize>> = Vec::with_capacity(topology.nodes().len());
        for node in topology.nodes() {
            let mut reached: BTreeSet<usize> = node.inputs.iter().flat_map(|input| reach[*input].iter().copied()).collect();
            let read: Vec<Input> = match &node.kind {
                NodeKind::Source { topics, .. } => topics.iter().cloned().map(Input::External).collect(),
                NodeKind::RepartitionSource { repartition, .. } => vec![Input::Repartition(*repartition)],
                _ => vec![],
            };
            for input in read {
                reached.insert(inputs.len());
                inputs.push(input);
            }
            reach.push(reached);
        }
        let counts = vec![None; inputs.len()];
        Resolver { topology, application, inputs, reach, counts }
    }

    fn topic(&self, input: usize) -> String {
        match &self.inputs[input] {
            Input::External(topic) => topic.to_string(),
            Input::Repartition(index) => self.topology.repartitions()[*index].topic(self.application),
        }
    }

    fn fill_known(&mut self, existing: &BTreeMap<String, i32>) -> Result<(), TopologyError> {
        for index in 0..self.inputs.len() {
            let topic = self.topic(index);
            let found = existing.get(&topic).copied();
            self.counts[index] = match &self.inputs[index] {
                Input::External(_) => Some(found.ok_or(TopologyError::MissingTopic { topic })?),
                Input::Repartition(number) => match (self.topology.repartitions()[*number].partition_count, found) {
                    (Some(count), _) if count < 1 => return Err(TopologyError::InvalidPartitionCount { topic, count }),
                    (Some(wanted), Some(found)) if wanted != found => {
                        return Err(TopologyError::PartitionCountChanged { topic, wanted, found });
                    }
                    (wanted, found) => wanted.or(found),
                },
            };
        }
        Ok(())
    }

    /// The inputs that meet in stateful operators, as disjoint sets.
    fn groups(&self) -> Sets {
        let mut groups = Sets::new(self.inputs.len());
        for (node, reached) in self.topology.nodes().iter().zip(&self.reach) {
            if let (false, Some(first)) = (node.stores.is_empty(), reached.first()) {
                reached.iter().for_each(|other| groups.join(*first, *other));
            }
        }
        groups
    }

    /// The inputs of the sub-topology that writes repartition topic `number`.
    fn upstream(&self, number: usize) -> Vec<usize> {
        let writer = self.topology.nodes()[self.topology.repartitions()[number].sink].subtopology;
        self.inputs_of(writer).into_iter().filter(|input| self.inputs[*input] != Input::Repartition(number)).collect()
    }

    fn inputs_of(&self, subtopology: usize) -> Vec<usize> {
        let nodes = &self.topology.subtopologies()[subtopology].nodes;
        let all: BTreeSet<usize> = nodes.iter().flat_map(|node| self.reach[*node].iter().copied()).collect();
        all.into_iter().collect()
    }

    fn derive(&mut self) {
        let mut groups = self.groups();
        // The first rounds wait until everything upstream is known; only a loop through a repartition topic needs the last.
        for patient in std::iter::repeat_n(true, self.inputs.len()).chain([false]) {
            for index in 0..self.inputs.len() {
                if self.counts[index].is_some() {
                    continue;
                }
                let members: Vec<usize> = (0..self.inputs.len()).filter(|other| groups.root(*other) == groups.root(index)).collect();
                let met = members.iter().filter_map(|member| self.counts[*member]).max();
                self.counts[index] = met.or_else(|| self.largest_upstream(&members, patient));
            }
        }
    }

    fn largest_upstream(&self, members: &[usize], patient: bool) -> Option<i32> {
        let mut largest = None;
        for member in members {
            let Input::Repartition(number) = self.inputs[*member] else { continue };
            for upstream in self.upstream(number) {
                match self.counts[upstream] {
                    None if patient => return None,
                    count => largest = largest.max(count),
                }
            }
        }
        if patient { largest } else { largest.or(Some(1)) }
    }

    fn check(&self) -> Result<(), TopologyError> {
        for (node, reached) in self.topology.nodes().iter().zip(&self.reach) {
            if node.stores.is_empty() {
                continue;
            }
            let Some(first) = reached.first() else { continue };
            if let Some(other) = reached.iter().find(|other| self.counts[**other] != self.counts[*first]) {
                return Err(TopologyError::NotCoPartitioned {
                    operator: node.name.clone(),
                    left: self.topic(*first),
                    left_count: self.counts[*first].unwrap_or(1),
                    right: self.topic(*other),
                    right_count: self.counts[*other].unwrap_or(1),
                });
            }
        }
        Ok(())
    }

    fn finish(self) -> PartitionCounts {
        let mut repartitions = vec![1; self.topology.repartitions().len()];
        for (input, count) in self.inputs.iter().zip(&self.counts) {
            if let Input::Repartition(number) = input {
                repartitions[*number] = count.unwrap_or(1);
            }
        }
        let tasks = (0..self.topology.subtopologies().len())
            .map(|subtopology| self.inputs_of(subtopology).into_iter().filter_map(|input| self.counts[input]).max().unwrap_or(1))
            .collect();
        PartitionCounts { repartitions, tasks }
    }
}
