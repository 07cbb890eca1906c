//! `EXPLAIN`: the plan with changelog mode and state of each step, and the topology; for a batch SELECT DataFusion's plan.

use super::create_relation::input_partitions;
use crate::compile::{self, Collected, Settings, collector};
use crate::{Engine, Result, StatementResult};
use sql_planner::plan::StreamPlan;
use sql_planner::{RelationKind, Statement};
use streams_runtime::topology::Topology;

pub(super) async fn execute(engine: &Engine, statement: &Statement) -> Result<StatementResult> {
    let catalog = engine.catalog();
    let text = match statement {
        Statement::Select { query, emit: None } => {
            let batch = engine.planner.batch(query);
            let session = engine.tables.session(catalog, &batch).await?;
            session.explain(batch, &engine.planner).await?
        }
        Statement::Select { query, emit: Some(emit) } => {
            let push = engine.planner.push(query, *emit, catalog.as_ref())?;
            let (factory, _) = collector(&push.plan.root.arrow_schema(), false, Collected::default());
            let settings = Settings { shuffle: false, durable: false, collector: Some(factory) };
            described(&push.plan, &compile::compile(&push.plan, &engine.planner, settings)?)
        }
        Statement::CreateRelation(create) => {
            let planned = engine.planner.create(create, catalog.as_ref())?;
            match planned.plan {
                Some(plan) => {
                    let shuffle = input_partitions(engine, &plan).await? > 1;
                    let settings = Settings { shuffle, durable: true, collector: None };
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
    format!("{}\n{}", plan.explain(), topology.describe().trim_end())
}

fn kind(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Stream => "stream",
        RelationKind::Table => "table",
    }
}
