//! The streaming plan: what a continuous query does, as a tree of nodes without any running part.
//!
//! The planner makes it from DataFusion's logical plan; the engine turns each node into an operator of a topology.
//! A plan holds DataFusion logical expressions; each resolves against the schema of its node's input.

mod aggregate;
mod explain;
mod format;
mod node;
mod scan;
mod sink;
mod traits;

pub use aggregate::{Aggregate, AggregateCall, AggregateFunction, EmitMode, TumbleAggregate, Window};
pub use format::{CsvOptions, Format, FormatSpec};
pub use node::{Filter, Node, NodeKind, Project, StreamPlan};
pub use scan::{Scan, Watermark};
pub use sink::{Sink, SinkMode};
pub use traits::Traits;
