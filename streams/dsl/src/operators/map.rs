//! `map`: another key and another value for each row.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Replaces key and value by what `mapper` makes of them.
pub(crate) fn map<K: Data, V: Data, K2: Data, V2: Data>(
    mapper: impl Fn(Option<K>, Option<V>) -> (Option<K2>, Option<V2>) + Send + Sync + 'static,
) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let mapped = rows.into_iter().map(|row| {
            let (key, value) = mapper(row.key, row.value);
            Row { key, value, timestamp: row.timestamp, headers: row.headers }
        });
        context.forward(Chunk::new(mapped.collect::<Vec<_>>()));
    })
}
