//! `GROUP BY`, with a tumbling window if one of its expressions is `TUMBLE(…)`.

use super::projection::passed_on;
use super::{Settings, convert as convert_input};
use crate::error::{Error, Result, Subject};
use crate::plan::{Aggregate, AggregateCall, AggregateFunction, EmitMode, Node, NodeKind, Project, Traits, TumbleAggregate, Window};
use crate::query::tumble;
use crate::text::did_you_mean;
use crate::types::{SqlType, TIMESTAMP};
use arrow::datatypes::Field;
use datafusion::common::{DFSchema, TableReference};
use datafusion::logical_expr::expr::AggregateFunction as Call;
use datafusion::logical_expr::{Aggregate as LogicalAggregate, Expr, ExprSchemable, LogicalPlan, cast};
use std::sync::Arc;

type QualifiedField = (Option<TableReference>, Arc<Field>);

pub(super) fn convert(plan: &LogicalPlan, settings: Settings) -> Option<Result<Node>> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return None };
    Some(convert_aggregate(aggregate, settings))
}

fn convert_aggregate(aggregate: &LogicalAggregate, settings: Settings) -> Result<Node> {
    let mut input = convert_input(&aggregate.input, settings)?;
    let field = |index: usize| {
        let (qualifier, field) = aggregate.schema.qualified_field(index);
        (qualifier.cloned(), Arc::clone(field))
    };
    let (mut window, mut groups, mut fields) = (None, Vec::new(), Vec::new());
    for (index, expression) in aggregate.group_expr.iter().enumerate() {
        match tumble::as_call(expression) {
            Some(_) if window.is_some() => return Err(Error::invalid("a query groups by at most one window")),
            Some(call) => {
                let call = call.map_err(|reason| Error::invalid(reason).about(Subject::Call("tumble".to_string())))?;
                window = Some((call, field(index)));
            }
            None => {
                groups.push(held(expression, &input.schema)?);
                fields.push(field(index));
            }
        }
    }
    let first_aggregate = aggregate.group_expr.len();
    let calls = aggregate.aggr_expr.iter().map(|expression| convert_call(expression, &input.schema)).collect::<Result<Vec<_>>>()?;
    let mut outputs: Vec<QualifiedField> = fields;
    outputs.extend((0..calls.len()).map(|index| field(first_aggregate + index)));
    let node = match window {
        None => {
            if settings.emit == EmitMode::OnWindowClose {
                return Err(Error::invalid("EMIT ON WINDOW CLOSE needs a window")
                    .with_hint("add TUMBLE(time, INTERVAL '1' MINUTE) to GROUP BY, or use EMIT CHANGES"));
            }
            let traits = Traits { append_only: false, unique_key: Some((0..groups.len()).collect()), watermark: Vec::new() };
            let append_only_input = input.traits.append_only;
            let kind = NodeKind::Aggregate(Aggregate { group_exprs: groups, aggregates: calls, append_only_input });
            Node::over(input, kind, schema_of(outputs.clone())?, traits)
        }
        Some(((time, size_ms, offset_ms), time_field)) => {
            outputs.insert(0, time_field);
            let (with_time, time_column) = time_column(input, &time)?;
            input = with_time;
            let window = Window { size_ms, offset_ms, grace_ms: settings.grace_ms };
            windowed(input, (window, time_column), groups, calls, settings, outputs.clone())?
        }
    };
    restore_types(node, &outputs)
}

fn windowed(
    input: Node,
    (window, time_column): (Window, usize),
    group_exprs: Vec<Expr>,
    aggregates: Vec<AggregateCall>,
    settings: Settings,
    outputs: Vec<QualifiedField>,
) -> Result<Node> {
    let closes = input.traits.watermark.contains(&time_column);
    let final_only = settings.emit == EmitMode::OnWindowClose;
    if final_only && !closes {
        return Err(Error::invalid("EMIT ON WINDOW CLOSE needs a watermark on the window's time column")
            .about(Subject::Call("tumble".to_string()))
            .with_detail("without a watermark nothing says when a window is complete")
            .with_hint("declare WATERMARK FOR column AS column - INTERVAL '1' MINUTE on the stream that is read, or use EMIT CHANGES"));
    }
    let traits = Traits {
        append_only: final_only,
        unique_key: Some((0..=group_exprs.len()).collect()),
        watermark: if final_only { vec![0] } else { Vec::new() },
    };
    let append_only_input = input.traits.append_only;
    let emit = settings.emit;
    let aggregate = TumbleAggregate { window, time_column, group_exprs, aggregates, emit, closes, append_only_input };
    Ok(Node::over(input, NodeKind::TumbleAggregate(aggregate), schema_of(outputs)?, traits))
}

/// The input with a column that holds the window's time: one it has, or one more, computed.
fn time_column(input: Node, time: &Expr) -> Result<(Node, usize)> {
    if let Some(index) = passed_on(time, &input.schema)
        && *input.schema.field(index).data_type() == TIMESTAMP
    {
        return Ok((input, index));
    }
    let index = input.schema.fields().len();
    let mut expressions: Vec<Expr> = input.schema.columns().into_iter().map(Expr::Column).collect();
    expressions.push(cast(time.clone(), TIMESTAMP).alias("__time"));
    let mut fields: Vec<QualifiedField> = input.schema.iter().map(|(qualifier, field)| (qualifier.cloned(), Arc::clone(field))).collect();
    fields.push((None, Arc::new(Field::new("__time", TIMESTAMP, true))));
    let traits = input.traits.clone();
    Ok((Node::over(input, NodeKind::Project(Project { expressions }), schema_of(fields)?, traits), index))
}

/// The expression in a type that state can hold.
fn held(expression: &Expr, schema: &DFSchema) -> Result<Expr> {
    let data_type = expression.get_type(schema).map_err(|error| Error::invalid(error.strip_backtrace()))?;
    match SqlType::holding(&data_type) {
        Some(held) if held.arrow() == data_type => Ok(expression.clone()),
        Some(held) => Ok(cast(expression.clone().unalias(), held.arrow())),
        None => Err(Error::invalid(format!("values of type {data_type} cannot be grouped or aggregated in continuous queries"))),
    }
}

fn convert_call(expression: &Expr, schema: &DFSchema) -> Result<AggregateCall> {
    let call = match expression {
        Expr::Alias(alias) => return convert_call(&alias.expr, schema),
        Expr::AggregateFunction(call) => call,
        other => return Err(Error::invalid(format!("\"{other}\" is not an aggregate of continuous queries"))),
    };
    let function = function_of(call)?;
    if !call.params.order_by.is_empty() || call.params.null_treatment.is_some() {
        return Err(Error::invalid(format!("ORDER BY inside {} is not supported in continuous queries", call.func.name()))
            .about(Subject::Call(call.func.name().to_string())));
    }
    let argument = match function {
        AggregateFunction::CountStar => None,
        _ => call.params.args.first().map(|argument| held(argument, schema)).transpose()?,
    };
    Ok(AggregateCall { function, argument, filter: call.params.filter.as_deref().cloned() })
}

fn function_of(call: &Call) -> Result<AggregateFunction> {
    let literal = matches!(call.params.args.as_slice(), [] | [Expr::Literal(..)]);
    let not_null = !matches!(call.params.args.as_slice(), [Expr::Literal(value, _)] if value.is_null());
    let function = match (call.func.name(), call.params.distinct) {
        ("count", false) if literal && not_null => AggregateFunction::CountStar,
        ("count", false) => AggregateFunction::Count,
        ("count", true) if call.params.args.len() == 1 => AggregateFunction::CountDistinct,
        ("sum", false) => AggregateFunction::Sum,
        ("min", _) => AggregateFunction::Min,
        ("max", _) => AggregateFunction::Max,
        ("avg", false) => AggregateFunction::Avg,
        (name, distinct) => {
            let known = AggregateFunction::ALL.map(AggregateFunction::sql).join(", ");
            let shown = if distinct { format!("{name}(distinct …)") } else { name.to_string() };
            return Err(Error::invalid(format!("aggregate {shown} is not supported in continuous queries"))
                .about(Subject::Call(name.to_string()))
                .with_detail(format!("they have {known}"))
                .with_hint("use a batch SELECT")
                .with_hint_if(did_you_mean(name, ["count", "sum", "min", "max", "avg"]).filter(|_| !distinct)));
        }
    };
    Ok(function)
}

/// The schema as aggregates really put it out: the types that state holds.
fn schema_of(fields: Vec<QualifiedField>) -> Result<Arc<DFSchema>> {
    let fields = fields.into_iter().map(|(qualifier, field)| {
        let data_type = SqlType::holding(field.data_type()).map_or_else(|| field.data_type().clone(), SqlType::arrow);
        (qualifier, Arc::new(Field::new(field.name(), data_type, field.is_nullable())))
    });
    let schema = DFSchema::new_with_metadata(fields.collect(), Default::default());
    Ok(Arc::new(schema.map_err(|error| Error::invalid(error.strip_backtrace()))?))
}

/// A projection back to the types that the expressions above were planned with, where they differ.
fn restore_types(node: Node, expected: &[QualifiedField]) -> Result<Node> {
    let same = node.schema.fields().iter().zip(expected).all(|(field, (_, expected))| field.data_type() == expected.data_type());
    if same {
        return Ok(node);
    }
    let columns = node.schema.columns().into_iter().zip(expected).map(|(column, (qualifier, field))| {
        let column = Expr::Column(column);
        cast(column, field.data_type().clone()).alias_qualified(qualifier.clone(), field.name())
    });
    let expressions = columns.collect();
    let schema =
        DFSchema::new_with_metadata(expected.to_vec(), Default::default()).map_err(|error| Error::invalid(error.strip_backtrace()))?;
    let traits = node.traits.clone();
    Ok(Node::over(node, NodeKind::Project(Project { expressions }), Arc::new(schema), traits))
}
