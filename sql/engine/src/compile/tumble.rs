//! Groups by a tumbling window and keys.

use super::aggregate::{calls, describe};
use super::{Compiler, Step, Stores, shuffle};
use crate::Result;
use sql_operators::TumbleSpec;
use sql_planner::plan::{EmitMode, Node, TumbleAggregate};

pub(super) fn compile(compiler: &mut Compiler<'_>, aggregate: &TumbleAggregate, input: Step, below: &Node, node: &Node) -> Result<Step> {
    let calls = calls(compiler, &aggregate.aggregates, below)?;
    let grouped = shuffle::compile(compiler, &aggregate.group_exprs, input, below)?;
    let window = aggregate.window;
    let time = grouped.step.schema.field(aggregate.time_column).name().clone();
    let spec = TumbleSpec {
        input: grouped.step.schema,
        output: node.arrow_schema(),
        window: sql_operators::Window { size_ms: window.size_ms, offset_ms: window.offset_ms, grace_ms: window.grace_ms },
        time_column: aggregate.time_column,
        groups: grouped.groups,
        aggregates: calls,
        emit: match aggregate.emit {
            EmitMode::Changes => sql_operators::EmitMode::Changes,
            EmitMode::OnWindowClose => sql_operators::EmitMode::OnWindowClose,
        },
        closes: aggregate.closes,
        append_only: aggregate.append_only_input,
    };
    let factory = sql_operators::tumble_aggregate(spec)?;
    let windows = format!("windows of {} ms from {} ms of {time}, grace {} ms", window.size_ms, window.offset_ms, window.grace_ms);
    let describe = format!("{windows}, {}, {}", describe(&aggregate.group_exprs, &aggregate.aggregates), aggregate.emit);
    let output = compiler.operator("tumble", describe, factory, Stores::One("windows and groups"), grouped.step.output);
    Ok(Step { output, schema: node.arrow_schema() })
}
