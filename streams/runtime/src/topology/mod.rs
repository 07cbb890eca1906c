//! Topologies: the builder that the DSL and the SQL layer use, and the finished graph.
//!
//! A topology is a graph of sources, operators and sinks, cut into sub-topologies at repartition topics. A sub-topology runs as one task for
//! each partition of its sources. Nothing here reads or writes a log.

mod builder;
mod describe;
mod dot;
mod error;
mod graph;
mod names;
mod partitions;
mod spec;
mod split;
#[cfg(test)]
mod tests;

pub use builder::TopologyBuilder;
pub use error::TopologyError;
pub use graph::{Node, NodeKind, RepartitionTopic, Store, Subtopology, Topology};
pub(crate) use names::name_fingerprint;
pub use partitions::PartitionCounts;
pub use spec::{
    DecoderFactory, EncoderFactory, NodeId, NodeOutput, OperatorFactory, OperatorSpec, RepartitionSpec, SinkSpec, SourceSpec, StoreId,
    StoreKind, StoreSpec,
};
