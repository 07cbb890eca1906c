//! The list of rules, and the walk that asks them.

use super::{aggregate, alias, filter, projection, scan};
use crate::error::{Error, Result};
use crate::plan::{EmitMode, Node};
use datafusion::logical_expr::LogicalPlan;

/// What the rules need to know of the query.
#[derive(Clone, Copy)]
pub(in crate::query) struct Settings {
    pub(in crate::query) emit: EmitMode,
    pub(in crate::query) grace_ms: i64,
}

/// A rule: the streaming node of a logical node it is for, `None` for any other.
type Rule = fn(&LogicalPlan, Settings) -> Option<Result<Node>>;

const RULES: &[Rule] = &[scan::convert, alias::convert, filter::convert, projection::convert, aggregate::convert];

/// The streaming plan of a logical plan.
pub(in crate::query) fn convert(plan: &LogicalPlan, settings: Settings) -> Result<Node> {
    RULES.iter().find_map(|rule| rule(plan, settings)).unwrap_or_else(|| Err(unsupported(plan)))
}

fn unsupported(plan: &LogicalPlan) -> Error {
    let node = plan.display().to_string();
    let name = node.split([':', ' ']).next().unwrap_or("this query").to_string();
    Error::invalid(format!("{name} is not supported in continuous queries")).with_hint("use a batch SELECT")
}
