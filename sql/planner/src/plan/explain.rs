//! A plan as text: one node a line, the root first, each with its changelog mode and state.

use super::{AggregateCall, EmitMode, Node, NodeKind, StreamPlan, TumbleAggregate};
use datafusion::logical_expr::Expr;
use std::fmt::Write;

impl StreamPlan {
    /// The plan for `EXPLAIN`.
    ///
    /// Shape: each input is indented below its node; `changes` is what a reader of the node's output sees (`append`, `upsert`, `retract`), `state` is
    /// what the node keeps.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        explain(&self.root, 0, &mut text);
        text
    }
}

fn explain(node: &Node, depth: usize, text: &mut String) {
    let state = state(node).map(|state| format!(", state: {state}")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}{} [changes: {}{state}]", "  ".repeat(depth), describe(node), node.traits.changelog_mode());
    node.inputs.iter().for_each(|input| explain(input, depth + 1, text));
}

fn describe(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scan(scan) => {
            let columns =
                scan.projection.iter().map(|index| scan.table_schema.field(*index).name().as_str()).collect::<Vec<_>>().join(", ");
            let watermark =
                scan.watermark.as_ref().map(|watermark| format!(", watermark {} - {} ms", watermark.column, watermark.delay_ms));
            format!(
                "Scan {}: topic {}, format {}, columns {columns}{}",
                scan.relation,
                scan.topic,
                scan.format.format.name(),
                watermark.unwrap_or_default()
            )
        }
        NodeKind::Filter(filter) => format!("Filter: {}", filter.predicate),
        NodeKind::Project(project) => format!("Project: {}", list(&project.expressions)),
        NodeKind::TumbleAggregate(aggregate) => describe_tumble(aggregate, node),
        NodeKind::Aggregate(aggregate) => {
            format!("Aggregate: group by [{}], {}", list(&aggregate.group_exprs), calls(&aggregate.aggregates))
        }
        NodeKind::Sink(sink) => {
            let names: Vec<&str> = sink.key.iter().map(|index| node.schema.field(*index).name().as_str()).collect();
            let key = if names.is_empty() { String::new() } else { format!(", key {}", names.join(", ")) };
            format!("Sink {}: topic {}, format {}{key}", sink.relation, sink.topic, sink.format.format.name())
        }
    }
}

fn describe_tumble(aggregate: &TumbleAggregate, node: &Node) -> String {
    let time = node.input().map(|input| input.schema.field(aggregate.time_column).name().clone()).unwrap_or_default();
    let offset = if aggregate.window.offset_ms == 0 { String::new() } else { format!(" offset {} ms", aggregate.window.offset_ms) };
    let grace = if aggregate.window.grace_ms == 0 { String::new() } else { format!(" grace {} ms", aggregate.window.grace_ms) };
    let window = format!("{} ms{offset}{grace} of {time}", aggregate.window.size_ms);
    format!("TumbleAggregate: {window}, group by [{}], {}, {}", list(&aggregate.group_exprs), calls(&aggregate.aggregates), aggregate.emit)
}

fn state(node: &Node) -> Option<&'static str> {
    match &node.kind {
        NodeKind::TumbleAggregate(aggregate) if !aggregate.closes => {
            Some("one entry a window and group, kept for ever: the input has no watermark")
        }
        NodeKind::TumbleAggregate(TumbleAggregate { emit: EmitMode::OnWindowClose, .. }) => {
            Some("one entry a window and group until the window closes")
        }
        NodeKind::TumbleAggregate(_) => Some("one entry a window and group until the window closes, with the row put out last"),
        NodeKind::Aggregate(_) => Some("one entry a group"),
        NodeKind::Scan(scan) if !scan.append_only => Some("the last row of each key"),
        NodeKind::Scan(_) | NodeKind::Filter(_) | NodeKind::Project(_) | NodeKind::Sink(_) => None,
    }
}

fn calls(calls: &[AggregateCall]) -> String {
    let call = |call: &AggregateCall| {
        let argument = call.argument.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = call.function.sql();
        let shown = match name.contains('…') {
            true => name.replace('…', &argument),
            false if argument.is_empty() => name.to_string(),
            false => format!("{name}({argument})"),
        };
        let filter = call.filter.as_ref().map(|filter| format!(" filter ({filter})")).unwrap_or_default();
        format!("{shown}{filter}")
    };
    format!("[{}]", calls.iter().map(call).collect::<Vec<_>>().join(", "))
}

fn list(expressions: &[Expr]) -> String {
    expressions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
