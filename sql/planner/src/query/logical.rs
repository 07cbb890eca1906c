//! From SQL to DataFusion's logical plan: planned, types coerced, output cast to types a relation can hold, simplified.

use super::context::Context;
use crate::types::SqlType;
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::optimizer::{Analyzer, Optimizer, OptimizerContext};
use datafusion::sql::planner::{ParserOptions, SqlToRel};
use datafusion::sql::sqlparser::ast::{Query, Statement};
use std::sync::Arc;

/// The logical plan of a continuous query.
pub(super) fn plan(query: Query, context: &Context<'_>) -> Result<LogicalPlan> {
    let options = context.state.config_options();
    let parser = ParserOptions::from(&options.sql_parser);
    let planned = SqlToRel::new_with_options(context, parser).sql_statement_to_plan(Statement::Query(Box::new(query)))?;
    let analyzed = Analyzer::new().execute_and_check(planned, options, |_, _| {})?;
    let cast = cast_output(analyzed)?;
    // Only rules whose result is again made of scans, filters, projections and aggregates.
    let rules = Optimizer::with_rules(vec![
        Arc::new(SimplifyExpressions::new()),
        Arc::new(PushDownFilter::new()),
        Arc::new(OptimizeProjections::new()),
    ]);
    let config = OptimizerContext::new_with_config_options(Arc::clone(options)).without_query_execution_start_time();
    rules.optimize(cast, &config, |_, _| {})
}

/// Casts columns of a type that no relation holds (views, unsigned and small integers, other time units) to the nearest that does.
fn cast_output(plan: LogicalPlan) -> Result<LogicalPlan> {
    let schema = Arc::clone(plan.schema());
    let mut changed = false;
    let columns = schema.iter().map(|(qualifier, field)| {
        let column = Expr::from((qualifier, field));
        match SqlType::holding(field.data_type()) {
            Some(held) if held.arrow() != *field.data_type() => {
                changed = true;
                cast(column, held.arrow()).alias(field.name())
            }
            _ => column,
        }
    });
    let columns: Vec<Expr> = columns.collect();
    if changed { LogicalPlanBuilder::from(plan).project(columns)?.build() } else { Ok(plan) }
}
