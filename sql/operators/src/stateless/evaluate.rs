//! DataFusion expressions on a batch, and what happens to rows on which one fails.
//!
//! All expressions are evaluated on the whole batch. If that fails, halves are tried until the failing rows stand alone; the others go on. A failing row
//! is dead-lettered with its source record; once it has no source position (after grouping or a shuffle) the query fails instead.

use crate::columns::{render_text, sql_name, views};
use crate::{DeltaBatch, Error, Result};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use datafusion::error::DataFusionError;
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;
use streams_runtime::Context;

/// A row that some expression fails on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) row: usize,
    pub(crate) reason: String,
}

/// The values of expressions on the rows that none fails on.
pub(crate) struct Evaluated {
    /// The rows that stayed.
    pub(crate) batch: DeltaBatch,
    /// One column for each expression.
    pub(crate) columns: Vec<ArrayRef>,
    /// The rows that did not, by their place in the batch given.
    pub(crate) failures: Vec<Failure>,
}

/// Evaluates `expressions` on every row.
pub(crate) fn evaluate(expressions: &[Arc<dyn PhysicalExpr>], batch: DeltaBatch) -> Result<Evaluated> {
    if let Ok(columns) = all(expressions, &batch.rows) {
        return Ok(Evaluated { batch, columns, failures: Vec::new() });
    }
    let mut failures = Vec::new();
    bisect(expressions, &batch.rows, 0, &mut failures);
    let mut keep = vec![true; batch.count()];
    failures.iter().for_each(|failure| keep[failure.row] = false);
    let kept = batch.filter(&BooleanArray::from(keep))?;
    let columns = all(expressions, &kept.rows).map_err(|(expression, error)| Error::Evaluate {
        expression,
        row: "of several".to_string(),
        reason: words(&error),
    })?;
    Ok(Evaluated { batch: kept, columns, failures })
}

fn all(expressions: &[Arc<dyn PhysicalExpr>], rows: &RecordBatch) -> Result<Vec<ArrayRef>, (String, DataFusionError)> {
    let value = |expression: &Arc<dyn PhysicalExpr>| {
        let value = expression.evaluate(rows).and_then(|value| value.into_array(rows.num_rows()));
        value.map_err(|error| (expression.to_string(), error))
    };
    expressions.iter().map(value).collect()
}

fn bisect(expressions: &[Arc<dyn PhysicalExpr>], rows: &RecordBatch, from: usize, failures: &mut Vec<Failure>) {
    let Err((expression, error)) = all(expressions, rows) else { return };
    let count = rows.num_rows();
    if count <= 1 {
        failures.push(Failure { row: from, reason: format!("{expression} failed: {}", words(&error)) });
        return;
    }
    let half = count / 2;
    bisect(expressions, &rows.slice(0, half), from, failures);
    bisect(expressions, &rows.slice(half, count - half), from + half, failures);
}

/// DataFusion's words on one line without its backtrace.
fn words(error: &DataFusionError) -> String {
    error.strip_backtrace().replace('\n', " ")
}

/// Hands the source records of failing rows to the dead-letter topic.
///
/// Errors: a row has no source position any more.
pub(crate) fn dead_letter(batch: &DeltaBatch, failures: &[Failure], context: &mut Context<'_>) -> Result<()> {
    for failure in failures {
        let source = batch.origin.as_ref().and_then(|origin| Some((origin, origin.record(failure.row)?)));
        match source {
            Some((origin, record)) => context.dead_letter(&origin.partition, &origin.letters.of(record), failure.reason.as_str())?,
            None => {
                let row = describe(&batch.rows, failure.row)?;
                return Err(Error::Evaluate { expression: "an expression".to_string(), row, reason: failure.reason.clone() });
            }
        }
    }
    Ok(())
}

/// A row as shown to a user, as in `(a = 1, b = null)`.
fn describe(rows: &RecordBatch, row: usize) -> Result<String> {
    let mut text = Vec::new();
    for (index, (field, column)) in rows.schema().fields().iter().zip(views(rows)?).enumerate() {
        text.extend_from_slice(if index == 0 { b"(" } else { b", " });
        text.extend_from_slice(field.name().as_bytes());
        text.extend_from_slice(b" = ");
        if column.is_null(row) {
            text.extend_from_slice(b"null");
        } else if field.data_type().is_nested() {
            text.extend_from_slice(sql_name(field.data_type()).as_bytes());
        } else {
            render_text(&mut text, &column.cell(row), field.data_type());
        }
    }
    text.push(b')');
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{int_batch, physical};
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn rows_an_expression_fails_on_are_found_and_the_others_go_on() {
        let batch = int_batch("a", &[Some(4), Some(0), None, Some(2), Some(0)]);
        let quotient = physical("100 / a", &batch.rows.schema());
        let evaluated = evaluate(&[quotient], batch).unwrap();
        assert_eq!(evaluated.failures.iter().map(|failure| failure.row).collect::<Vec<_>>(), [1, 4]);
        assert!(evaluated.failures[0].reason.contains("Divide by zero"), "{}", evaluated.failures[0].reason);
        let values: Vec<_> = evaluated.columns[0].as_primitive::<Int64Type>().iter().collect();
        assert_eq!(values, [Some(25), None, Some(50)]);
        assert_eq!(evaluated.batch.count(), 3);
    }
}
