//! `peek`: shows each row to a function and hands it on unchanged.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Calls `action` for each row. After a failure it may see a row again.
pub(crate) fn peek<K: Data, V: Data>(action: impl Fn(Option<&K>, Option<&V>) + Send + Sync + 'static) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        for row in &rows {
            action(row.key.as_ref(), row.value.as_ref());
        }
        context.forward(Chunk::new(rows));
    })
}
