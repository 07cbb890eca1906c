//! The nodes of a streaming plan and how they hang together.
//!
//! Shape: a tree whose root is a [`Sink`] (a query that fills a relation) or any other node (a query whose rows go to a reader), and whose
//! leaves are [`Scan`]s. A node's expressions name columns of its input's schema; [`Node::schema`] is what it puts out.

use super::{Aggregate, Scan, Sink, Traits, TumbleAggregate};
use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchemaRef;
use datafusion::logical_expr::Expr;
use std::sync::Arc;

/// A continuous query, planned.
#[derive(Clone, Debug)]
pub struct StreamPlan {
    /// The last node: a [`Sink`], or the node whose rows a reader gets.
    pub root: Node,
    /// DataFusion's plan that it was made from, as text.
    pub logical: String,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub kind: NodeKind,
    /// The columns it puts out, with the qualifiers that expressions of the next node use.
    pub schema: DFSchemaRef,
    /// What is known of its output.
    pub traits: Traits,
    /// Where its rows come from; none for a scan.
    pub inputs: Vec<Node>,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// Reads a relation's topic.
    Scan(Scan),
    /// Keeps the rows for which a predicate is true.
    Filter(Filter),
    /// Computes columns.
    Project(Project),
    /// Groups by a tumbling window of event time and further keys.
    TumbleAggregate(TumbleAggregate),
    /// Groups by keys without a window.
    Aggregate(Aggregate),
    /// Writes a topic.
    Sink(Sink),
}

/// Keeps the rows for which the predicate is true (not false, not null).
#[derive(Clone, Debug)]
pub struct Filter {
    /// Boolean, over the input's columns.
    pub predicate: Expr,
}

/// Computes the output's columns, one expression each, in the order of the node's schema.
#[derive(Clone, Debug)]
pub struct Project {
    /// Over the input's columns.
    pub expressions: Vec<Expr>,
}

impl Node {
    /// A node over one input.
    pub fn over(input: Node, kind: NodeKind, schema: DFSchemaRef, traits: Traits) -> Node {
        Node { kind, schema, traits, inputs: vec![input] }
    }

    /// The output's columns without qualifiers.
    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::clone(self.schema.inner())
    }

    /// The only input of a node that has one.
    pub fn input(&self) -> Option<&Node> {
        self.inputs.first()
    }

    /// All scans below and including this node, left to right.
    pub fn scans(&self) -> Vec<&Scan> {
        match &self.kind {
            NodeKind::Scan(scan) => vec![scan],
            _ => self.inputs.iter().flat_map(Node::scans).collect(),
        }
    }

    /// Whether a row of its output may go without another one of its key in its place.
    pub fn may_delete(&self) -> bool {
        let below = || self.inputs.iter().any(Node::may_delete);
        match &self.kind {
            NodeKind::Scan(scan) => !scan.append_only,
            NodeKind::Filter(_) => !self.traits.append_only,
            NodeKind::Project(_) | NodeKind::Sink(_) => below(),
            NodeKind::TumbleAggregate(aggregate) => !aggregate.append_only_input,
            NodeKind::Aggregate(aggregate) => !aggregate.append_only_input,
        }
    }

    /// Marks the scans whose watermark something waits for: those below a window that closes.
    pub(crate) fn mark_watermarks(&mut self, waited_for: bool) {
        let closes = matches!(&self.kind, NodeKind::TumbleAggregate(aggregate) if aggregate.closes);
        if let NodeKind::Scan(scan) = &mut self.kind {
            scan.waited_for = waited_for && scan.watermark.is_some();
        }
        self.inputs.iter_mut().for_each(|input| input.mark_watermarks(waited_for || closes));
    }

    /// Whether it, or a node below it, groups rows.
    pub fn groups(&self) -> bool {
        matches!(self.kind, NodeKind::Aggregate(_) | NodeKind::TumbleAggregate(_)) || self.inputs.iter().any(Node::groups)
    }
}
