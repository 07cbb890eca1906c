//! `merge`: the rows of two streams as one, in no promised order between the two.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Hands every batch on, whichever input it comes from.
pub(crate) fn merge<K: Data, V: Data>() -> OperatorFactory {
    each_batch(|rows: Vec<Row<K, V>>, context| context.forward(Chunk::new(rows)))
}
