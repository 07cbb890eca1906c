//! `map_values`: another value for each row that has one; tombstones stay tombstones.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Replaces each value by what `mapper` makes of it.
pub(crate) fn map_values<K: Data, V: Data, V2: Data>(mapper: impl Fn(V) -> V2 + Send + Sync + 'static) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let mapped =
            rows.into_iter().map(|row| Row { key: row.key, value: row.value.map(&mapper), timestamp: row.timestamp, headers: row.headers });
        context.forward(Chunk::new(mapped.collect::<Vec<_>>()));
    })
}
