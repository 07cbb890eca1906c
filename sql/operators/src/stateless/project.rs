//! Computes columns.

use super::evaluate::{Failure, dead_letter, evaluate};
use crate::{DeltaBatch, Result};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};

/// Replaces the columns by the values of `expressions`, each under its name. Weights, event times and origins stay. No stores.
///
/// Errors: an expression that does not resolve against `input`.
pub fn project(expressions: Vec<(Arc<dyn PhysicalExpr>, String)>, input: &SchemaRef) -> Result<OperatorFactory> {
    let mut fields = Vec::new();
    for (expression, name) in &expressions {
        fields.push(Field::new(name, expression.data_type(input)?, true));
    }
    let schema = Arc::new(Schema::new(fields));
    let expressions: Vec<_> = expressions.into_iter().map(|(expression, _)| expression).collect();
    Ok(Arc::new(move || Box::new(Project { expressions: expressions.clone(), schema: SchemaRef::clone(&schema) })))
}

struct Project {
    expressions: Vec<Arc<dyn PhysicalExpr>>,
    schema: SchemaRef,
}

impl Project {
    fn apply(&self, batch: DeltaBatch) -> Result<(DeltaBatch, Vec<Failure>)> {
        let evaluated = evaluate(&self.expressions, batch)?;
        let options = RecordBatchOptions::new().with_row_count(Some(evaluated.batch.count()));
        let columns: Vec<ArrayRef> = evaluated.columns;
        let rows = RecordBatch::try_new_with_options(SchemaRef::clone(&self.schema), columns, &options)?;
        Ok((evaluated.batch.with_rows(rows)?, evaluated.failures))
    }
}

impl Operator for Project {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let (projected, failures) = self.apply(batch.clone())?;
        dead_letter(&batch, &failures, context)?;
        context.forward(Chunk::new(projected));
        Ok(())
    }
}
