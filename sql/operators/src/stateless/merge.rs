//! Several inputs as one.

use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};

/// Passes on the rows of all its inputs, as they come; the watermark is the least of theirs. No stores.
pub fn merge() -> OperatorFactory {
    Arc::new(|| Box::new(Merge))
}

struct Merge;

impl Operator for Merge {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        context.forward(chunk);
        Ok(())
    }
}
