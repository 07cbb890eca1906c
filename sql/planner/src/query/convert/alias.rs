//! `FROM relation AS alias`, `FROM (SELECT …) AS alias`: the same rows under other qualifiers.

use super::{Settings, convert as convert_input};
use crate::error::Result;
use crate::plan::Node;
use datafusion::logical_expr::LogicalPlan;
use std::sync::Arc;

pub(super) fn convert(plan: &LogicalPlan, settings: Settings) -> Option<Result<Node>> {
    let LogicalPlan::SubqueryAlias(alias) = plan else { return None };
    Some(convert_input(&alias.input, settings).map(|node| Node { schema: Arc::clone(&alias.schema), ..node }))
}
