//! `map_values` on a table: another value for the new row of each change.

use super::stateless::each_batch;
use crate::row::{Change, Data};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Replaces each value by what `mapper` makes of it.
pub(crate) fn table_map_values<K: Data, V: Data, V2: Data>(mapper: impl Fn(V) -> V2 + Send + Sync + 'static) -> OperatorFactory {
    each_batch(move |changes: Vec<Change<K, V>>, context| {
        let mapped = changes.into_iter().map(|change| Change {
            key: change.key,
            new: change.new.map(&mapper),
            timestamp: change.timestamp,
            headers: change.headers,
        });
        context.forward(Chunk::new(mapped.collect::<Vec<_>>()));
    })
}
