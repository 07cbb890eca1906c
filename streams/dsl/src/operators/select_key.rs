//! `select_key`: another key for each row.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Replaces each key by what `mapper` makes of key and value; `None` leaves the row without a key.
pub(crate) fn select_key<K: Data, V: Data, K2: Data>(
    mapper: impl Fn(Option<&K>, Option<&V>) -> Option<K2> + Send + Sync + 'static,
) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let keyed = rows.into_iter().map(|row| Row {
            key: mapper(row.key.as_ref(), row.value.as_ref()),
            value: row.value,
            timestamp: row.timestamp,
            headers: row.headers,
        });
        context.forward(Chunk::new(keyed.collect::<Vec<_>>()));
    })
}
