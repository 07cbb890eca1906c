//! The walk over a plan: each node after its input, each by its own file.

use super::{aggregate, filter, project, scan, sink, tumble};
use crate::{Error, Result, StateStores};
use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use sql_planner::Planner;
use sql_planner::plan::{Node, NodeKind, StreamPlan};
use std::sync::Arc;
use streams_runtime::topology::{NodeOutput, OperatorFactory, OperatorSpec, StoreKind, StoreSpec, Topology, TopologyBuilder};

/// How a plan is to run.
pub(crate) struct Settings {
    /// What the query is called where its dead letters end.
    pub(crate) query: String,
    /// Whether rows of one group may be in several partitions, so that they must be brought together.
    pub(crate) shuffle: bool,
    /// How many partitions one task reads, each with a watermark of its own; more than one only without `shuffle`.
    pub(crate) inputs: i32,
    /// Whether state outlives the query: it has changelogs. Otherwise it is in memory only.
    pub(crate) durable: bool,
    /// Where durable state lies beside its changelogs.
    pub(crate) stores: StateStores,
    /// What takes the rows of a plan without a sink.
    pub(crate) collector: Option<OperatorFactory>,
}

impl Settings {
    /// For a query that fills a relation; rows of a group may be in any of this many partitions.
    pub(crate) fn filling(relation: &str, partition_count: i32, stores: StateStores) -> Settings {
        Settings { query: relation.to_string(), shuffle: partition_count > 1, inputs: 1, durable: true, stores, collector: None }
    }

    /// For a reader, who gets the rows of all of this many partitions from one task.
    pub(crate) fn reading(partition_count: i32, collector: OperatorFactory) -> Settings {
        let query = "a reader".to_string();
        Settings { query, shuffle: false, inputs: partition_count, durable: false, stores: StateStores::Memory, collector: Some(collector) }
    }
}

/// The topology of a plan.
pub(crate) fn compile(plan: &StreamPlan, planner: &Planner, settings: Settings) -> Result<Topology> {
    let collector = settings.collector.clone();
    let mut compiler = Compiler { planner, settings, builder: TopologyBuilder::new() };
    let end = compiler.node(&plan.root)?;
    if let (Some(factory), Some(step)) = (collector, end) {
        compiler.operator("collect", "rows for a reader".to_string(), factory, Stores::None, step.output);
    }
    compiler.builder.build().map_err(|error| Error::Streams(error.into()))
}

/// A compiled node: where its rows come out and their columns.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) output: NodeOutput,
    pub(super) schema: SchemaRef,
}

/// Whether an operator has a store.
pub(super) enum Stores {
    None,
    One(&'static str),
}

pub(super) struct Compiler<'a> {
    pub(super) planner: &'a Planner,
    pub(super) settings: Settings,
    pub(super) builder: TopologyBuilder,
}

impl Compiler<'_> {
    /// Compiles a node after its input; a sink has no output.
    fn node(&mut self, node: &Node) -> Result<Option<Step>> {
        let input = match node.input() {
            Some(input) => self.node(input)?,
            None => None,
        };
        let (input, below) = match (&node.kind, input, node.input()) {
            (NodeKind::Scan(scan), _, _) => return scan::compile(self, scan, node).map(Some),
            (_, Some(step), Some(below)) => (step, below),
            _ => return Err(sql_planner::Error::new(log_model::ErrorKind::Bug, "a step of the plan has no input").into()),
        };
        match &node.kind {
            NodeKind::Filter(filter) => filter::compile(self, filter, input, below).map(Some),
            NodeKind::Project(project) => project::compile(self, project, input, below, node).map(Some),
            NodeKind::TumbleAggregate(aggregate) => tumble::compile(self, aggregate, input, below, node).map(Some),
            NodeKind::Aggregate(aggregate) => aggregate::compile(self, aggregate, input, below, node).map(Some),
            NodeKind::Sink(sink) => sink::compile(self, sink, input).map(|()| None),
            NodeKind::Scan(_) => Ok(None),
        }
    }

    pub(super) fn physical(&self, expression: &Expr, schema: &DFSchema) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(self.planner.physical(expression, schema)?)
    }

    pub(super) fn operator(
        &mut self,
        kind: &'static str,
        describe: String,
        factory: OperatorFactory,
        stores: Stores,
        input: NodeOutput,
    ) -> NodeOutput {
        self.operator_over(kind, describe, factory, stores, &[input])
    }

    /// An operator over several inputs.
    pub(super) fn operator_over(
        &mut self,
        kind: &'static str,
        describe: String,
        factory: OperatorFactory,
        stores: Stores,
        inputs: &[NodeOutput],
    ) -> NodeOutput {
        let stores = match stores {
            Stores::None => Vec::new(),
            Stores::One(what) => vec![self.builder.store(StoreSpec {
                name: None,
                describe: what.to_string(),
                kind: match self.settings.stores {
                    StateStores::Disk => StoreKind::Rocks,
                    StateStores::Memory => StoreKind::Memory,
                },
                changelog: self.settings.durable,
                changelog_config: Vec::new(),
            })],
        };
        self.builder.operator(OperatorSpec { name: None, kind, describe, factory, stores, outputs: 1 }, inputs).into()
    }
}
