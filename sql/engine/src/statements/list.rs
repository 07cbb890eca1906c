//! The list of statements that can be executed.

use super::{create_connector, create_relation, describe, drop, explain, insert, select, show};
use crate::{Engine, Result, StatementResult};
use sql_planner::Statement;

/// Executes a statement. Errors do not yet know their place in the script.
pub(crate) async fn execute(engine: &Engine, statement: &Statement) -> Result<StatementResult> {
    match statement {
        Statement::CreateConnector(create) => create_connector::execute(engine, create).await,
        Statement::CreateRelation(create) => create_relation::execute(engine, create).await,
        Statement::Show(show) => show::execute(engine, *show).await,
        Statement::Describe(name) => describe::execute(engine, name).await,
        Statement::Drop(drop) => drop::execute(engine, drop).await,
        Statement::Explain(inner) => explain::execute(engine, inner).await,
        Statement::Insert(insert) => insert::execute(engine, insert).await,
        Statement::Select { query, emit: None } => select::batch(engine, query).await,
        Statement::Select { query, emit: Some(emit) } => select::push(engine, query, *emit).await,
    }
}
