//! The columns of a `SELECT`; keys and watermarks survive where their columns are passed on as they are.

use super::{Settings, convert as convert_input};
use crate::error::Result;
use crate::plan::{Node, NodeKind, Project, Traits};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) fn convert(plan: &LogicalPlan, settings: Settings) -> Option<Result<Node>> {
    let LogicalPlan::Projection(projection) = plan else { return None };
    Some(convert_input(&projection.input, settings).map(|input| {
        let traits = project_traits(&input.traits, &projection.expr, &input.schema);
        Node::over(input, NodeKind::Project(Project { expressions: projection.expr.clone() }), Arc::clone(&projection.schema), traits)
    }))
}

/// What is known of the output of a projection.
pub(super) fn project_traits(input: &Traits, expressions: &[Expr], schema: &DFSchema) -> Traits {
    let sources: Vec<Option<usize>> = expressions.iter().map(|expression| passed_on(expression, schema)).collect();
    let place = |index: &usize| sources.iter().position(|source| *source == Some(*index));
    Traits {
        append_only: input.append_only,
        unique_key: input.unique_key.as_ref().and_then(|key| key.iter().map(place).collect()),
        watermark: input.watermark.iter().filter_map(place).collect(),
    }
}

/// The input's column that an expression passes on unchanged.
pub(super) fn passed_on(expression: &Expr, schema: &DFSchema) -> Option<usize> {
    match expression {
        Expr::Alias(alias) => passed_on(&alias.expr, schema),
        Expr::Column(column) => schema.maybe_index_of_column(column),
        _ => None,
    }
}
