//! `WHERE` and `HAVING`.

use super::{Settings, convert as convert_input};
use crate::error::Result;
use crate::plan::{Filter, Node, NodeKind};
use datafusion::logical_expr::LogicalPlan;
use std::sync::Arc;

pub(super) fn convert(plan: &LogicalPlan, settings: Settings) -> Option<Result<Node>> {
    let LogicalPlan::Filter(filter) = plan else { return None };
    Some(convert_input(&filter.input, settings).map(|input| {
        let (schema, traits) = (Arc::clone(&input.schema), input.traits.clone());
        Node::over(input, NodeKind::Filter(Filter { predicate: filter.predicate.clone() }), schema, traits)
    }))
}
