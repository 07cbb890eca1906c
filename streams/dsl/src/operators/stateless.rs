//! The frame of every operator without state: a function over batches, shared by all tasks.

use std::marker::PhantomData;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator, Result};

struct Stateless<I, F> {
    work: Arc<F>,
    rows: PhantomData<fn(I)>,
}

impl<I, F> Operator for Stateless<I, F>
where
    I: Clone + Send + 'static,
    F: Fn(Vec<I>, &mut Context<'_>) + Send + Sync,
{
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        (self.work)(chunk.take::<Vec<I>>()?, context);
        Ok(())
    }
}

/// Operators that call `work` for each batch of rows of type `I`.
pub(super) fn each_batch<I, F>(work: F) -> OperatorFactory
where
    I: Clone + Send + 'static,
    F: Fn(Vec<I>, &mut Context<'_>) + Send + Sync + 'static,
{
    let work = Arc::new(work);
    Arc::new(move || Box::new(Stateless { work: Arc::clone(&work), rows: PhantomData }))
}
