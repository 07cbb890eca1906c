//! The event time of rows from a timestamp column.

use crate::columns::{Cell, ColumnView};
use crate::formats::to_ms;
use crate::{DeltaBatch, Error, Result};
use arrow::array::Array;
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};

/// Sets the event time of each row to the value of `column` (an index into `input`); where that is null it stays the record's timestamp. For queries in
/// which nothing waits for event time. No stores.
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
    unit: TimeUnit,
}

impl TimeColumn {
    pub(crate) fn new(index: usize, input: &SchemaRef) -> Result<TimeColumn> {
        let field = input.field(index);
        match field.data_type() {
            DataType::Timestamp(unit, _) => Ok(TimeColumn { index, unit: *unit }),
            other => Err(Error::unsupported_type(other, format!("event time column {:?}, which must be TIMESTAMP", field.name()))),
        }
    }

    /// The rows with their event time set where they have one, and where that is, if some have none.
    pub(crate) fn assign(&self, mut batch: DeltaBatch) -> Result<(DeltaBatch, Option<NullBuffer>)> {
        let values = batch.rows.column(self.index);
        let known = values.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let column = ColumnView::new(values)?;
        let time = |(row, recorded): (usize, &i64)| match column.cell(row) {
            Cell::Int(value) => to_ms(value, self.unit),
            _ => *recorded,
        };
        let times: ScalarBuffer<i64> = batch.times.iter().enumerate().map(time).collect();
        batch.times = times;
        Ok((batch, known))
    }
}

struct EventTime {
    column: TimeColumn,
}

impl Operator for EventTime {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        context.forward(Chunk::new(self.column.assign(batch)?.0));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{RecordBatch, TimestampMillisecondArray};

    #[test]
    fn rows_without_an_event_time_keep_the_time_of_their_record() {
        let column = TimestampMillisecondArray::from(vec![Some(100), None, Some(300)]);
        let rows = RecordBatch::try_from_iter_with_nullable([("at", Arc::new(column) as _, true)]).unwrap();
        let batch = DeltaBatch::new(rows, vec![1, 2, 3]);
        let at = TimeColumn::new(0, &batch.rows.schema()).unwrap();
        let (assigned, known) = at.assign(batch).unwrap();
        assert_eq!(*assigned.times, [100, 2, 300]);
        assert_eq!(known.unwrap().iter().collect::<Vec<_>>(), [true, false, true]);
    }
}
