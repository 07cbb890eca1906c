//! `SELECT`: over what there is by DataFusion, or with `EMIT` over what comes by a query of its own that ends with its reader.

use crate::queries::push_rows;
use crate::{Engine, Result, StatementResult};
use sql_planner::QueryText;
use sql_planner::plan::EmitMode;

pub(super) async fn batch(engine: &Engine, query: &QueryText) -> Result<StatementResult> {
    let mut batch = engine.planner.batch(query);
    let session = engine.tables.session(engine.catalog(), &mut batch).await?;
    Ok(StatementResult::Rows(session.run(batch, &engine.planner).await?))
}

pub(super) async fn push(engine: &Engine, query: &QueryText, emit: EmitMode) -> Result<StatementResult> {
    let push = engine.planner.push(query, emit, engine.catalog().as_ref())?;
    Ok(StatementResult::Rows(push_rows(engine, push).await?))
}
