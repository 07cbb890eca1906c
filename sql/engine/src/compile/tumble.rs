//! Groups by a tumbling window and keys.

use super::aggregate::{calls, describe};
use super::{Compiler, Step, Stores, shuffle};
use crate::Result;
use sql_operators::{TumbleSpec, Window, only_in_time};
use sql_planner::plan::{self, EmitMode, Node, TumbleAggregate};

pub(super) fn compile(compiler: &mut Compiler<'_>, aggregate: &TumbleAggregate, input: Step, below: &Node, node: &Node) -> Result<Step> {
    let calls = calls(compiler, &aggregate.aggregates, below)?;
    let plan::Window { size_ms, offset_ms, grace_ms } = aggregate.window;
    let window = Window { size_ms, offset_ms, grace_ms };
    let time = input.schema.field(aggregate.time_column).name().clone();
    let windows = format!("windows of {size_ms} ms from {offset_ms} ms of {time}, grace {grace_ms} ms");
    let input = if compiler.settings.shuffle { in_time(compiler, (window, aggregate.time_column), &windows, input)? } else { input };
    let grouped = shuffle::compile(compiler, &aggregate.group_exprs, input, below)?;
    let spec = TumbleSpec {
        input: grouped.step.schema,
        output: node.arrow_schema(),
        window,
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
    let describe = format!("{windows}, {}, {}", describe(&aggregate.group_exprs, &aggregate.aggregates), aggregate.emit);
    let output = compiler.operator("tumble", describe, factory, Stores::One("windows and groups"), grouped.step.output);
    Ok(Step { output, schema: node.arrow_schema() })
}

/// Leaves out what is late, or has no time, while it is known where it was read.
fn in_time(compiler: &mut Compiler<'_>, (window, column): (Window, usize), windows: &str, input: Step) -> Result<Step> {
    let factory = only_in_time(window, column, &input.schema)?;
    let output = compiler.operator("in_time", windows.to_string(), factory, Stores::None, input.output);
    Ok(Step { output, schema: input.schema })
}
