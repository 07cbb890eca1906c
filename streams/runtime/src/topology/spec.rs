//! What the builder is told about each source, operator, store, repartitioning and sink.

use crate::{Decoder, Encoder, Operator};
use log_model::TopicName;
use std::fmt;
use std::sync::Arc;

/// Makes a decoder for each task.
pub type DecoderFactory = Arc<dyn Fn() -> Box<dyn Decoder> + Send + Sync>;

/// Makes an encoder for each task.
pub type EncoderFactory = Arc<dyn Fn() -> Box<dyn Encoder> + Send + Sync>;

/// Makes an operator for each task.
pub type OperatorFactory = Arc<dyn Fn() -> Box<dyn Operator> + Send + Sync>;

/// A node of the topology under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

/// A store of the topology under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub(crate) usize);

/// One output of a node: most nodes have output 0 only, an operator with branches has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeOutput {
    /// The node.
    pub node: NodeId,
    /// Which of its outputs, from 0.
    pub output: usize,
}

impl NodeId {
    /// Output `output` of this node.
    pub fn output(self, output: usize) -> NodeOutput {
        NodeOutput { node: self, output }
    }
}

impl From<NodeId> for NodeOutput {
    fn from(node: NodeId) -> NodeOutput {
        node.output(0)
    }
}

/// Reads topics.
#[derive(Clone)]
pub struct SourceSpec {
    /// The name; made from a fingerprint when absent.
    pub name: Option<String>,
    /// The topics. A topic has one source in a topology.
    pub topics: Vec<TopicName>,
    /// Makes rows of the records.
    pub decoder: DecoderFactory,
    /// Where records go that cannot be processed; without it such a record stops the application.
    pub dead_letter: Option<TopicName>,
    /// What the decoder does, in canonical words: part of the fingerprint.
    pub describe: String,
}

/// One step from rows to rows.
#[derive(Clone)]
pub struct OperatorSpec {
    /// The name; made from a fingerprint when absent.
    pub name: Option<String>,
    /// The kind of step in one lower-case word, as in `filter`.
    pub kind: &'static str,
    /// What it does, in canonical words: part of the fingerprint. Two steps that do different things should say different words.
    pub describe: String,
    /// Makes the operator.
    pub factory: OperatorFactory,
    /// Its stores, in the order in which [`Context::store`](crate::Context::store) numbers them.
    pub stores: Vec<StoreId>,
    /// How many outputs it has; at least 1 unless nothing follows it.
    pub outputs: usize,
}

/// Where a store keeps its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In memory; rebuilt from the changelog at every start.
    Memory,
    /// In RocksDB under the state directory.
    Rocks,
}

/// State of one or more operators of the same sub-topology, a part of it for each task.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// The name; made from the fingerprint of the operator that uses it when absent.
    pub name: Option<String>,
    /// What it holds, in canonical words: part of the fingerprint.
    pub describe: String,
    /// Where it is kept.
    pub kind: StoreKind,
    /// Whether it has a changelog topic. A store without one begins empty at every start.
    pub changelog: bool,
    /// Entries of the changelog topic's configuration set over `cleanup.policy=compact`, as in `("retention.ms", "86400000")`.
    pub changelog_config: Vec<(String, String)>,
}

/// Writes to a topic.
#[derive(Clone)]
pub struct SinkSpec {
    /// The name; made from a fingerprint when absent.
    pub name: Option<String>,
    /// The topic.
    pub topic: TopicName,
    /// Makes records of the rows.
    pub encoder: EncoderFactory,
    /// What the encoder does, in canonical words: part of the fingerprint.
    pub describe: String,
}

/// Sends rows through an internal topic so that rows of one key meet in one task.
#[derive(Clone)]
pub struct RepartitionSpec {
    /// The name; made from a fingerprint when absent. The topic is `<application>-<name>-repartition`.
    pub name: Option<String>,
    /// How many partitions; when absent, as many as what it is joined with has, else as many as the largest source before it has.
    pub partition_count: Option<i32>,
    /// Makes records of the rows: their keys decide the partition.
    pub encoder: EncoderFactory,
    /// Makes rows of the records again.
    pub decoder: DecoderFactory,
    /// What both do, in canonical words: part of the fingerprint.
    pub describe: String,
}

macro_rules! debug_without_factories {
    ($($spec:ident { $($field:ident),* })*) => {$(
        impl fmt::Debug for $spec {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($spec))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}

debug_without_factories! {
    SourceSpec { name, topics, dead_letter, describe }
    OperatorSpec { name, kind, describe, stores, outputs }
    SinkSpec { name, topic, describe }
    RepartitionSpec { name, partition_count, describe }
}
