//! Keeps the rows for which a predicate is true.

use super::evaluate::{dead_letter, evaluate};
use crate::{DeltaBatch, Error, Result};
use arrow::array::AsArray;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};

/// Keeps the rows for which `predicate` is true (not false, not null), whatever their weights. No stores.
///
/// Errors: a predicate that is not boolean over `input`.
pub fn filter(predicate: Arc<dyn PhysicalExpr>, input: &SchemaRef) -> Result<OperatorFactory> {
    let data_type = predicate.data_type(input)?;
    if data_type != DataType::Boolean {
        return Err(Error::unsupported_type(&data_type, format!("the condition {predicate}, which must be BOOLEAN")));
    }
    Ok(Arc::new(move || Box::new(Filter { predicate: [Arc::clone(&predicate)] })))
}

struct Filter {
    predicate: [Arc<dyn PhysicalExpr>; 1],
}

impl Operator for Filter {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let evaluated = evaluate(&self.predicate, batch.clone())?;
        dead_letter(&batch, &evaluated.failures, context)?;
        context.forward(Chunk::new(evaluated.batch.filter(evaluated.columns[0].as_boolean())?));
        Ok(())
    }
}
