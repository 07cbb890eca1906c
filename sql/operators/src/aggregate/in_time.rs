//! Leaves out late rows where they are read, before they go through a repartition topic.
//!
//! Behind the topic a row is judged by watermarks that travel with commits, and those come when the wall clock says so. Here it is judged by the rows before
//! it in its own partition, so what is late depends on the input alone: what passes here is never late there.

use super::late::WindowColumn;
use super::spec::Window;
use crate::stateless::dead_letter;
use crate::{DeltaBatch, Result};
use arrow::datatypes::SchemaRef;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, DropReason, Operator};

/// Drops and counts the rows whose window the watermark before them had passed; rows without a time in `time_column` (an index into `input`) are
/// dead-lettered. For rows that come from [`watermark`](crate::watermark), before a shuffle to a [`tumble_aggregate`](crate::tumble_aggregate). No stores.
///
/// Errors: a column that is no timestamp, a window that is none.
pub fn only_in_time(window: Window, time_column: usize, input: &SchemaRef) -> Result<OperatorFactory> {
    WindowColumn::new(window, time_column, input)?;
    let input = SchemaRef::clone(input);
    Ok(Arc::new(move || {
        let column = WindowColumn::new(window, time_column, &input).expect("the same column was accepted before");
        Box::new(OnlyInTime { column })
    }))
}

struct OnlyInTime {
    column: WindowColumn,
}

impl Operator for OnlyInTime {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let in_time = self.column.sort_out(batch.clone(), |_| false)?;
        context.dropped(DropReason::Late, in_time.late);
        dead_letter(&batch, &in_time.failures, context)?;
        context.forward(Chunk::new(in_time.batch));
        Ok(())
    }
}
