//! `WATERMARK FOR column AS column - INTERVAL …`: which column is event time and how late rows may be.

use super::Column;
use crate::error::{Error, Result};
use crate::interval::interval_ms;
use crate::plan::Watermark;
use crate::statement::WatermarkDefinition;
use crate::text::did_you_mean;
use crate::types::SqlType;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};

/// Checks the definition against the relation's columns.
pub(super) fn check(definition: &WatermarkDefinition, columns: &[Column]) -> Result<Watermark> {
    let name = &definition.column;
    let column = columns.iter().find(|column| column.name == name.text).ok_or_else(|| {
        Error::missing(format!("column \"{name}\" of the watermark does not exist"))
            .with_hint(format!("the columns are {}", columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")))
            .with_hint_if(did_you_mean(&name.text, columns.iter().map(|column| column.name.as_str())))
            .at(name.location)
    })?;
    if column.data_type != SqlType::Timestamp {
        return Err(Error::invalid(format!("watermark column \"{name}\" is {}, not TIMESTAMP", column.data_type))
            .with_hint("event time is a TIMESTAMP column; convert it with to_timestamp or declare it as TIMESTAMP")
            .at(name.location));
    }
    let delay_ms = delay(&definition.expression, &name.text).ok_or_else(|| {
        Error::invalid("the watermark is not of the form column - INTERVAL")
            .with_hint(format!("write WATERMARK FOR {name} AS {name} - INTERVAL '1' MINUTE, or AS {name} for rows in order"))
            .at(definition.location)
    })?;
    Ok(Watermark { column: name.text.clone(), delay_ms })
}

fn delay(expression: &Expr, column: &str) -> Option<i64> {
    match expression {
        Expr::Nested(inner) => delay(inner, column),
        Expr::Identifier(ident) => is_column(ident, column).then_some(0),
        Expr::BinaryOp { left, op: BinaryOperator::Minus, right } => match left.as_ref() {
            Expr::Identifier(ident) if is_column(ident, column) => interval_ms(right).filter(|delay| *delay >= 0),
            _ => None,
        },
        _ => None,
    }
}

fn is_column(ident: &datafusion::sql::sqlparser::ast::Ident, column: &str) -> bool {
    if ident.quote_style.is_some() { ident.value == column } else { ident.value.to_lowercase() == column }
}
