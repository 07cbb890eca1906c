//! The end of a push query: rows into a buffer that its reader empties after every step.

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parking_lot::Mutex;
use sql_operators::DeltaBatch;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Error, Operator};

/// Batches on their way to a reader: those of one step.
pub(crate) type Collected = Arc<Mutex<Vec<RecordBatch>>>;

/// The operator and the columns it gives. With `weights` each row gets a last column `_change`: how often it is added, or below zero taken back.
pub(crate) fn collector(schema: &SchemaRef, weights: bool, to: Collected) -> (OperatorFactory, SchemaRef) {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect();
    if weights {
        fields.push(Arc::new(Field::new("_change", DataType::Int64, false)));
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let output = SchemaRef::clone(&schema);
    (Arc::new(move || Box::new(Collect { schema: SchemaRef::clone(&schema), weights, to: Arc::clone(&to) })), output)
}

struct Collect {
    schema: SchemaRef,
    weights: bool,
    to: Collected,
}

impl Operator for Collect {
    fn process(&mut self, _port: usize, chunk: Chunk, _context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let mut columns: Vec<ArrayRef> = batch.rows.columns().to_vec();
        if self.weights {
            columns.push(Arc::new((0..batch.count()).map(|row| Some(batch.weight(row))).collect::<Int64Array>()));
        }
        let rows = RecordBatch::try_new(SchemaRef::clone(&self.schema), columns).map_err(|error| Error::bug(error.to_string()))?;
        self.to.lock().push(rows);
        Ok(())
    }
}
