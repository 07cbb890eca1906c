//! Keeps the rows for which a predicate is true.

use super::{Compiler, Step, Stores};
use crate::Result;
use sql_planner::plan::{Filter, Node};

pub(super) fn compile(compiler: &mut Compiler<'_>, filter: &Filter, input: Step, below: &Node) -> Result<Step> {
    let predicate = compiler.physical(&filter.predicate, &below.schema)?;
    let factory = sql_operators::filter(predicate, &input.schema)?;
    let output = compiler.operator("filter", filter.predicate.to_string(), factory, Stores::None, input.output);
    Ok(Step { output, schema: input.schema })
}
