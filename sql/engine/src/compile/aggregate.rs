//! Groups by keys without a window.

use super::{Compiler, Step, Stores, shuffle};
use crate::Result;
use sql_operators::AggregateSpec;
use sql_planner::plan::{Aggregate, AggregateCall, AggregateFunction, Node};

pub(super) fn compile(compiler: &mut Compiler<'_>, aggregate: &Aggregate, input: Step, below: &Node, node: &Node) -> Result<Step> {
    let calls = calls(compiler, &aggregate.aggregates, below)?;
    let grouped = shuffle::compile(compiler, &aggregate.group_exprs, input, below)?;
    let spec = AggregateSpec {
        input: grouped.step.schema,
        output: node.arrow_schema(),
        groups: grouped.groups,
        aggregates: calls,
        append_only: aggregate.append_only_input,
    };
    let factory = sql_operators::aggregate(spec)?;
    let describe = describe(&aggregate.group_exprs, &aggregate.aggregates);
    let output = compiler.operator("aggregate", describe, factory, Stores::One("groups"), grouped.step.output);
    Ok(Step { output, schema: node.arrow_schema() })
}

/// The aggregates with their expressions over the input. Columns keep their places through a shuffle, so they also hold after it.
pub(super) fn calls(compiler: &Compiler<'_>, calls: &[AggregateCall], below: &Node) -> Result<Vec<sql_operators::AggregateCall>> {
    let call = |call: &AggregateCall| {
        Ok(sql_operators::AggregateCall {
            function: function(call.function),
            argument: call.argument.as_ref().map(|argument| compiler.physical(argument, &below.schema)).transpose()?,
            filter: call.filter.as_ref().map(|filter| compiler.physical(filter, &below.schema)).transpose()?,
        })
    };
    calls.iter().map(call).collect()
}

fn function(function: AggregateFunction) -> sql_operators::AggregateFunction {
    match function {
        AggregateFunction::CountStar => sql_operators::AggregateFunction::CountStar,
        AggregateFunction::Count => sql_operators::AggregateFunction::Count,
        AggregateFunction::CountDistinct => sql_operators::AggregateFunction::CountDistinct,
        AggregateFunction::Sum => sql_operators::AggregateFunction::Sum,
        AggregateFunction::Min => sql_operators::AggregateFunction::Min,
        AggregateFunction::Max => sql_operators::AggregateFunction::Max,
        AggregateFunction::Avg => sql_operators::AggregateFunction::Avg,
    }
}

/// Groups and aggregates in words that are the same for the same grouping.
pub(super) fn describe(groups: &[datafusion::logical_expr::Expr], calls: &[AggregateCall]) -> String {
    let groups = groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let call = |call: &AggregateCall| {
        let argument = call.argument.as_ref().map(ToString::to_string).unwrap_or_default();
        let filter = call.filter.as_ref().map(|filter| format!(" where {filter}")).unwrap_or_default();
        format!("{} of {argument}{filter}", call.function.sql())
    };
    format!("by {groups}: {}", calls.iter().map(call).collect::<Vec<_>>().join(", "))
}
