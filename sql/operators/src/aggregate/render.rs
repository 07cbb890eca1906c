//! Result rows on their way out, in batches of bounded size.

use crate::columns::{Cell, RowBuilder};
use crate::{DeltaBatch, Result};
use arrow::datatypes::SchemaRef;
use streams_runtime::{Chunk, Context};
use streams_state::Store;

/// Rows in one batch put out.
const BATCH_ROWS_MAX: usize = 8192;

/// Takes batches that are ready.
pub(super) type Emit<'a> = &'a mut dyn FnMut(DeltaBatch) -> Result<()>;

/// Collects rows and hands them on when there are enough.
pub(super) struct Output {
    rows: RowBuilder,
    weights: Vec<i64>,
    times: Vec<i64>,
}

impl Output {
    pub(super) fn new(schema: &SchemaRef) -> Result<Output> {
        Ok(Output { rows: RowBuilder::new(SchemaRef::clone(schema))?, weights: Vec::new(), times: Vec::new() })
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>], weight: i64, time: i64) -> Result<()> {
        self.rows.append(cells)?;
        self.weights.push(weight);
        self.times.push(time);
        Ok(())
    }

    /// Hands on a full batch. Called between groups: what a group loses and gets stays together.
    pub(super) fn emit_full(&mut self, emit: Emit<'_>) -> Result<()> {
        if self.rows.count() < BATCH_ROWS_MAX { Ok(()) } else { self.emit(emit) }
    }

    /// Hands on what there is.
    pub(super) fn emit(&mut self, emit: Emit<'_>) -> Result<()> {
        if self.rows.count() == 0 {
            return Ok(());
        }
        let (weights, times) = (std::mem::take(&mut self.weights), std::mem::take(&mut self.times));
        emit(DeltaBatch::new(self.rows.finish()?, times).with_weights(weights))
    }
}

/// Runs a step over the operator's store and forwards what it puts out.
pub(super) fn forwarding<T>(context: &mut Context<'_>, step: impl FnOnce(&mut dyn Store, Emit<'_>) -> Result<T>) -> Result<T> {
    let mut ready = Vec::new();
    let done = step(context.store(0), &mut |batch| {
        ready.push(batch);
        Ok(())
    })?;
    ready.into_iter().for_each(|batch| context.forward(Chunk::new(batch)));
    Ok(done)
}
