//! `flat_map`: any number of rows for each row.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Replaces each row by the rows `mapper` makes of it, in their order, with its timestamp and headers.
pub(crate) fn flat_map<K: Data, V: Data, K2: Data, V2: Data, I>(
    mapper: impl Fn(Option<K>, Option<V>) -> I + Send + Sync + 'static,
) -> OperatorFactory
where
    I: IntoIterator<Item = (Option<K2>, Option<V2>)>,
{
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let mut out = Vec::with_capacity(rows.len());
        for Row { key, value, timestamp, headers } in rows {
            out.extend(mapper(key, value).into_iter().map(|(key, value)| Row { key, value, timestamp, headers: headers.clone() }));
        }
        context.forward(Chunk::new(out));
    })
}
