//! `for_each`: hands each row to a function; the end of a stream.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::topology::OperatorFactory;

/// Calls `action` for each row. After a failure it may see a row again.
pub(crate) fn for_each<K: Data, V: Data>(action: impl Fn(Option<K>, Option<V>) + Send + Sync + 'static) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, _context| {
        for row in rows {
            action(row.key, row.value);
        }
    })
}
