//! A plan as text: one node a line, the root first, each with its changelog mode and state.

use super::{AggregateCall, EmitMode, Node, NodeKind, Scan, StreamPlan, TumbleAggregate};
use crate::text::in_sql;
use arrow::datatypes::FieldRef;
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
            let watermark = scan.watermark.as_ref().map(|watermark| match scan.waited_for {
                true => format!(", watermark {} - {} ms", watermark.column, watermark.delay_ms),
                false => format!(", event time {}", watermark.column),
            });
            format!(
                "Scan {}: topic {}, format {}, columns {columns}{}",
                scan.relation,
                scan.topic,
                scan.format.format.name(),
                watermark.unwrap_or_default()
            )
        }
        NodeKind::Filter(filter) => format!("Filter: {}", shown(&filter.predicate)),
        NodeKind::Project(project) => format!("Project: {}", columns(&project.expressions, node)),
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
        NodeKind::Scan(scan) => scan_state(scan),
        NodeKind::Filter(_) | NodeKind::Project(_) | NodeKind::Sink(_) => None,
    }
}

fn scan_state(scan: &Scan) -> Option<&'static str> {
    match (scan.append_only, scan.waited_for) {
        (true, true) => Some("the greatest event time"),
        (true, false) => None,
        (false, true) => Some("the last row of each key, the greatest event time"),
        (false, false) => Some("the last row of each key"),
    }
}

fn calls(calls: &[AggregateCall]) -> String {
    let call = |call: &AggregateCall| {
        let argument = call.argument.as_ref().map(shown).unwrap_or_default();
        let name = call.function.sql();
        let written = match name.contains('…') {
            true => name.replace('…', &argument),
            false if argument.is_empty() => name.to_string(),
            false => format!("{name}({argument})"),
        };
        let filter = call.filter.as_ref().map(|filter| format!(" filter ({})", shown(filter))).unwrap_or_default();
        format!("{written}{filter}")
    };
    format!("[{}]", calls.iter().map(call).collect::<Vec<_>>().join(", "))
}

fn list(expressions: &[Expr]) -> String {
    expressions.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// An expression without the names that DataFusion gives to its parts.
fn shown(expression: &Expr) -> String {
    in_sql(&expression.clone().unalias_nested().data.to_string())
}

/// The columns of a projection: each expression, and its name where that is another.
fn columns(expressions: &[Expr], node: &Node) -> String {
    let column = |(expression, field): (&Expr, &FieldRef)| {
        let (text, name) = (shown(expression), in_sql(field.name()));
        let same = text == name || text.rsplit_once('.').is_some_and(|(_, last)| last == name);
        if same { text } else { format!("{text} AS {name}") }
    };
    expressions.iter().zip(node.schema.fields()).map(column).collect::<Vec<_>>().join(", ")
}
