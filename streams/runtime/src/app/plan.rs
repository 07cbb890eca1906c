//! What is fixed at start: the topology with its partition counts, the tasks, and what every task needs to run.

use super::options::StreamsOptions;
use crate::topology::{NodeKind, PartitionCounts, Topology};
use log_client::Log;
use log_env::Env;
use log_model::{GroupId, TopicName, TopicPartition};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// One task of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskId {
    pub(super) subtopology: usize,
    pub(super) partition: i32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.subtopology, self.partition)
    }
}

/// Everything the tasks share.
pub(super) struct Plan {
    pub(super) topology: Topology,
    pub(super) counts: PartitionCounts,
    /// The partitions of every topic that exists.
    pub(super) topics: BTreeMap<String, i32>,
    /// The largest batch that every topic takes.
    pub(super) limits: BTreeMap<String, usize>,
    pub(super) options: StreamsOptions,
    pub(super) log: Arc<dyn Log>,
    pub(super) env: Env,
    pub(super) signals: watch::Sender<Signals>,
}

/// What the handle asks of all workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signals {
    /// Commit and end.
    pub(super) stop: bool,
    /// How many wait for idleness: a task with nothing to process commits at once.
    pub(super) eager: usize,
}

impl Plan {
    pub(super) fn group(&self) -> GroupId {
        GroupId::new(self.options.application_id.as_str())
    }

    pub(super) fn tasks(&self) -> Vec<TaskId> {
        let of = |(subtopology, count): (usize, &i32)| (0..*count).map(move |partition| TaskId { subtopology, partition });
        self.counts.tasks.iter().enumerate().flat_map(of).collect()
    }

    /// The id by which a new instance fences this task's older ones. It names the sub-topology by its first node, so that it stays when others are added.
    pub(super) fn transactional_id(&self, task: TaskId) -> String {
        let first = self.topology.subtopologies()[task.subtopology].nodes[0];
        format!("{}-{}-{}", self.options.application_id, self.topology.nodes()[first].name, task.partition)
    }

    /// The directory of a store: it does not hang on the number of the sub-topology.
    pub(super) fn store_path(&self, store: &str, partition: i32) -> PathBuf {
        self.options.state_dir.join(&self.options.application_id).join(store).join(partition.to_string())
    }

    /// The partitions that the tasks of a sub-topology read.
    pub(super) fn inputs(&self, subtopology: usize) -> Vec<TopicPartition> {
        let mut inputs = Vec::new();
        for node in &self.topology.subtopologies()[subtopology].nodes {
            let topics: Vec<TopicName> = match &self.topology.nodes()[*node].kind {
                NodeKind::Source { topics, .. } => topics.clone(),
                NodeKind::RepartitionSource { repartition, .. } => {
                    TopicName::new(self.topology.repartitions()[*repartition].topic(&self.options.application_id)).into_iter().collect()
                }
                _ => continue,
            };
            for topic in topics {
                let count = self.topics.get(topic.as_str()).copied().unwrap_or(0);
                inputs.extend((0..count).map(|partition| topic.partition(partition)));
            }
        }
        inputs
    }

    /// Sub-topologies in an order in which writers come before readers, as far as there is one.
    pub(super) fn downstream_order(&self) -> Vec<usize> {
        let count = self.topology.subtopologies().len();
        let nodes = self.topology.nodes();
        let edges: Vec<(usize, usize)> = self
            .topology
            .repartitions()
            .iter()
            .map(|topic| (nodes[topic.sink].subtopology, nodes[topic.source].subtopology))
            .filter(|(from, to)| from != to)
            .collect();
        let mut order: Vec<usize> = Vec::with_capacity(count);
        while order.len() < count {
            let rest = (0..count).filter(|candidate| !order.contains(candidate));
            let blocked = |candidate: &usize| edges.iter().any(|(from, to)| to == candidate && !order.contains(from));
            let next = rest.clone().find(|candidate| !blocked(candidate)).or_else(|| rest.clone().next());
            order.extend(next);
        }
        order
    }
}
