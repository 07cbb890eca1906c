//! `EXPLAIN`: the plan with changelog mode and state of each step, the topology, and DataFusion's logical plan; for a batch SELECT DataFusion's plans.

use super::create_relation::input_partitions;
use crate::compile::{self, Collected, Settings, collector};
use crate::{Engine, Result, StateStores, StatementResult};
use sql_planner::plan::StreamPlan;
use sql_planner::{RelationKind, Statement};
use streams_runtime::topology::Topology;

pub(super) async fn execute(engine: &Engine, statement: &Statement) -> Result<StatementResult> {
    let catalog = engine.catalog();
    let text = match statement {
        Statement::Select { query, emit: None } => {
            let mut batch = engine.planner.batch(query);
            let session = engine.tables.session(catalog, &mut batch).await?;
            session.explain(batch, &engine.planner).await?
        }
        Statement::Select { query, emit: Some(emit) } => {
            let push = engine.planner.push(query, *emit, catalog.as_ref())?;
            let (factory, _) = collector(&push.plan.root.arrow_schema(), false, Collected::default());
            let inputs = input_partitions(engine, &push.plan).await?;
            described(&push.plan, &compile::compile(&push.plan, &engine.planner, Settings::reading(inputs, factory))?)
        }
        Statement::CreateRelation(create) => {
            let planned = engine.planner.create(create, catalog.as_ref())?;
            match planned.plan {
                Some(plan) => {
                    let inputs = input_partitions(engine, &plan).await?;
                    let settings = Settings::filling(&planned.relation.name, inputs, StateStores::Disk);
                    described(&plan, &compile::compile(&plan, &engine.planner, settings)?)
                }
                None => format!("{} {} has no query", kind(planned.relation.kind), planned.relation.name),
            }
        }
        _ => String::new(),
    };
    Ok(StatementResult::Text(text))
}

fn described(plan: &StreamPlan, topology: &Topology) -> String {
    format!("{}\n{}\n\nLogical plan:\n{}", plan.explain(), topology.describe().trim_end(), plan.logical)
}

fn kind(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Stream => "stream",
        RelationKind::Table => "table",
    }
}
