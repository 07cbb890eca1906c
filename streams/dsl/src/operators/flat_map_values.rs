//! `flat_map_values`: any number of values for each value, all under its key. A tombstone has no value to map: it is dropped and counted.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, DropReason};

/// Replaces each row by one row for each value `mapper` makes of its value, in their order.
pub(crate) fn flat_map_values<K: Data, V: Data, V2: Data, I>(mapper: impl Fn(V) -> I + Send + Sync + 'static) -> OperatorFactory
where
    I: IntoIterator<Item = V2>,
{
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let mut out = Vec::with_capacity(rows.len());
        let mut null_values = 0;
        for Row { key, value, timestamp, headers } in rows {
            match value {
                Some(value) => out.extend(mapper(value).into_iter().map(|value| Row {
                    key: key.clone(),
                    value: Some(value),
                    timestamp,
                    headers: headers.clone(),
                })),
                None => null_values += 1,
            }
        }
        context.dropped(DropReason::NullValue, null_values);
        context.forward(Chunk::new(out));
    })
}
