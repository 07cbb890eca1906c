//! Why a topology cannot be built or started.

use log_model::{ErrorKind, TopicName};
use thiserror::Error;

/// A mistake in a topology.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TopologyError {
    /// Nothing to run.
    #[error("the topology has no source; add one")]
    NoSource,
    /// A source without topics.
    #[error("source {source_name} has no topics; give it at least one")]
    NoTopics {
        /// The source.
        source_name: String,
    },
    /// Two things share a name.
    #[error("the name {name:?} is given twice; choose another for one of them")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name that cannot be part of a topic name or a path.
    #[error("the name {name:?} cannot be used: {reason}")]
    InvalidName {
        /// The name.
        name: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// Two sources read one topic.
    #[error("topic {topic} is read by source {first} and by source {second}; read it with one source and branch after it")]
    TopicReadTwice {
        /// The topic.
        topic: TopicName,
        /// One source.
        first: String,
        /// The other.
        second: String,
    },
    /// An input that does not exist.
    #[error("{node} takes its input from {missing}, which does not exist in this topology")]
    UnknownInput {
        /// The node that takes it.
        node: String,
        /// What it names.
        missing: String,
    },
    /// An operator, sink or repartitioning with no input.
    #[error("{node} has no input")]
    NoInput {
        /// The node.
        node: String,
    },
    /// A store that no operator uses.
    #[error("store {store} is used by no operator; remove it")]
    UnusedStore {
        /// The store.
        store: String,
    },
    /// Something kept (a store, a repartition topic) has no name of its own, and the step it would be named after has a twin that cannot be
    /// told apart, so that changing their order would swap their contents.
    #[error("{what} of {node} needs a name: another step looks exactly the same, so that a generated name would depend on their order")]
    Ambiguous {
        /// A store or a repartition topic.
        what: &'static str,
        /// The step.
        node: String,
    },
    /// The configuration of a changelog topic is wrong.
    #[error("changelog of store {store}: {reason}")]
    ChangelogConfig {
        /// The store.
        store: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Topics that one stateful operator reads have different partition counts.
    #[error(
        "{operator} needs its inputs co-partitioned, but {left} has {left_count} partitions and {right} has {right_count}; give them the same number or repartition one of them"
    )]
    NotCoPartitioned {
        /// The operator.
        operator: String,
        /// One topic.
        left: String,
        /// Its partitions.
        left_count: i32,
        /// The other topic.
        right: String,
        /// Its partitions.
        right_count: i32,
    },
    /// A topic whose partition count is not known.
    #[error("topic {topic} does not exist; create it before the application starts")]
    MissingTopic {
        /// The topic.
        topic: String,
    },
    /// An internal topic exists with another partition count than the topology asks for.
    #[error(
        "topic {topic} has {found} partitions where {wanted} are needed; delete it (its records are lost) or restore the partition count of the sources"
    )]
    PartitionCountChanged {
        /// The topic.
        topic: String,
        /// As the topology needs it.
        wanted: i32,
        /// As it is.
        found: i32,
    },
    /// A partition count below 1.
    #[error("repartition topic {topic} is given {count} partitions; it needs at least 1")]
    InvalidPartitionCount {
        /// The topic.
        topic: String,
        /// The count.
        count: i32,
    },
}

impl TopologyError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            TopologyError::MissingTopic { .. } => ErrorKind::Missing,
            _ => ErrorKind::Invalid,
        }
    }
}
