//! The finished graph: nodes with their children, stores, sub-topologies and repartition topics. Immutable.
//!
//! Nodes are in an order in which inputs come before whoever takes them (except through a repartition topic, which cuts the graph).

use super::spec::{DecoderFactory, EncoderFactory, OperatorFactory, StoreKind};
use log_model::{TopicConfig, TopicName};
use std::fmt;
use std::sync::Arc;

/// What a node does.
#[derive(Clone)]
pub enum NodeKind {
    /// Reads topics of the user.
    Source {
        /// The topics.
        topics: Vec<TopicName>,
        /// Makes rows.
        decoder: DecoderFactory,
        /// Where records go that cannot be processed.
        dead_letter: Option<TopicName>,
    },
    /// Reads a repartition topic.
    RepartitionSource {
        /// Its index in [`Topology::repartitions`].
        repartition: usize,
        /// Makes rows.
        decoder: DecoderFactory,
    },
    /// Turns rows into rows.
    Operator {
        /// The kind of step, as in `filter`.
        kind: &'static str,
        /// Makes the operator.
        factory: OperatorFactory,
    },
    /// Writes to a topic of the user.
    Sink {
        /// The topic.
        topic: TopicName,
        /// Makes records.
        encoder: EncoderFactory,
    },
    /// Writes to a repartition topic.
    RepartitionSink {
        /// Its index in [`Topology::repartitions`].
        repartition: usize,
        /// Makes records.
        encoder: EncoderFactory,
    },
}

impl fmt::Debug for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeKind::Source { topics, .. } => write!(f, "Source({topics:?})"),
            NodeKind::RepartitionSource { repartition, .. } => write!(f, "RepartitionSource({repartition})"),
            NodeKind::Operator { kind, .. } => write!(f, "Operator({kind})"),
            NodeKind::Sink { topic, .. } => write!(f, "Sink({topic})"),
            NodeKind::RepartitionSink { repartition, .. } => write!(f, "RepartitionSink({repartition})"),
        }
    }
}

/// One node of the graph. Indexes point into [`Topology::nodes`] and [`Topology::stores`].
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, unique in the topology.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// Its canonical description.
    pub describe: String,
    /// The nodes it takes rows from, by port.
    pub inputs: Vec<usize>,
    /// For each output the nodes that take it, with the port at which they do.
    pub children: Vec<Vec<(usize, usize)>>,
    /// Its stores.
    pub stores: Vec<usize>,
    /// The sub-topology it is in.
    pub subtopology: usize,
}

/// A store of the graph.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its name, unique in the topology: names the directory and the changelog topic.
    pub name: String,
    /// Where it is kept.
    pub kind: StoreKind,
    /// The configuration of its changelog topic, if it has one.
    pub changelog: Option<TopicConfig>,
    /// The sub-topology it is in.
    pub subtopology: usize,
}

impl Store {
    /// The name of its changelog topic, as text.
    pub fn changelog_topic(&self, application: &str) -> String {
        format!("{application}-{}-changelog", self.name)
    }
}

/// A repartition topic of the graph.
#[derive(Clone, Debug)]
pub struct RepartitionTopic {
    /// Its name without the application.
    pub name: String,
    /// How many partitions the user asked for.
    pub partition_count: Option<i32>,
    /// The node that writes it.
    pub sink: usize,
    /// The node that reads it.
    pub source: usize,
}

impl RepartitionTopic {
    /// The name of the topic, as text.
    pub fn topic(&self, application: &str) -> String {
        format!("{application}-{}-repartition", self.name)
    }
}

/// Nodes that run together in one task for each partition.
#[derive(Clone, Debug, Default)]
pub struct Subtopology {
    /// Its nodes, inputs first.
    pub nodes: Vec<usize>,
    /// Its stores.
    pub stores: Vec<usize>,
}

/// A finished topology. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Topology {
    inner: Arc<Graph>,
}

#[derive(Debug)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) stores: Vec<Store>,
    pub(super) repartitions: Vec<RepartitionTopic>,
    pub(super) subtopologies: Vec<Subtopology>,
}

impl Topology {
    pub(super) fn new(graph: Graph) -> Topology {
        Topology { inner: Arc::new(graph) }
    }

    /// All nodes, inputs first.
    pub fn nodes(&self) -> &[Node] {
        &self.inner.nodes
    }

    /// All stores.
    pub fn stores(&self) -> &[Store] {
        &self.inner.stores
    }

    /// All repartition topics.
    pub fn repartitions(&self) -> &[RepartitionTopic] {
        &self.inner.repartitions
    }

    /// All sub-topologies.
    pub fn subtopologies(&self) -> &[Subtopology] {
        &self.inner.subtopologies
    }

    /// The topics of the user that are read, in the order of their sources.
    pub fn source_topics(&self) -> Vec<TopicName> {
        let topics = self.nodes().iter().filter_map(|node| match &node.kind {
            NodeKind::Source { topics, .. } => Some(topics.clone()),
            _ => None,
        });
        topics.flatten().collect()
    }

    /// The topics of the user that are written, without repetition, in the order of their sinks.
    pub fn sink_topics(&self) -> Vec<TopicName> {
        let mut topics: Vec<TopicName> = Vec::new();
        for node in self.nodes() {
            if let NodeKind::Sink { topic, .. } = &node.kind
                && !topics.contains(topic)
            {
                topics.push(topic.clone());
            }
        }
        topics
    }

    /// The topics for records that cannot be processed, without repetition.
    pub fn dead_letter_topics(&self) -> Vec<TopicName> {
        let mut topics: Vec<TopicName> = Vec::new();
        for node in self.nodes() {
            if let NodeKind::Source { dead_letter: Some(topic), .. } = &node.kind
                && !topics.contains(topic)
            {
                topics.push(topic.clone());
            }
        }
        topics
    }
}
