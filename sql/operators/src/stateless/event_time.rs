//! The event time of rows from a timestamp column.

use super::evaluate::{Failure, dead_letter};
use crate::columns::{Cell, ColumnView};
use crate::formats::to_ms;
use crate::{DeltaBatch, Error, Result};
use arrow::array::BooleanArray;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};

/// Sets the event time of each row to the value of `column` (an index into `input`). Rows without one are dead-lettered. No stores.
///
/// Errors: a column that is no timestamp.
pub fn event_time(column: usize, input: &SchemaRef) -> Result<OperatorFactory> {
    let column = TimeColumn::new(column, input)?;
    Ok(Arc::new(move || Box::new(EventTime { column: column.clone() })))
}

/// A timestamp column of a batch.
#[derive(Clone, Debug)]
pub(crate) struct TimeColumn {
    index: usize,
    name: String,
    unit: TimeUnit,
}

impl TimeColumn {
    pub(crate) fn new(index: usize, input: &SchemaRef) -> Result<TimeColumn> {
        let field = input.field(index);
        match field.data_type() {
            DataType::Timestamp(unit, _) => Ok(TimeColumn { index, name: field.name().clone(), unit: *unit }),
            other => Err(Error::unsupported_type(other, format!("event time column {:?}, which must be TIMESTAMP", field.name()))),
        }
    }

    /// The rows that have an event time, with it set, and those that have none.
    pub(crate) fn assign(&self, batch: &DeltaBatch) -> Result<(DeltaBatch, Vec<Failure>)> {
        let column = ColumnView::new(batch.rows.column(self.index))?;
        let mut failures = Vec::new();
        let mut times = Vec::with_capacity(batch.count());
        for row in 0..column.len() {
            match column.cell(row) {
                Cell::Int(value) => times.push(to_ms(value, self.unit)),
                _ => failures.push(Failure { row, reason: format!("event time column {:?} is null", self.name) }),
            }
        }
        let mut kept = if failures.is_empty() {
            batch.clone()
        } else {
            let mask: BooleanArray = (0..batch.count()).map(|row| Some(!column.is_null(row))).collect();
            batch.filter(&mask)?
        };
        kept.times = times.into();
        Ok((kept, failures))
    }
}

struct EventTime {
    column: TimeColumn,
}

impl Operator for EventTime {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let (assigned, failures) = self.column.assign(&batch)?;
        dead_letter(&batch, &failures, context)?;
        context.forward(Chunk::new(assigned));
        Ok(())
    }
}
