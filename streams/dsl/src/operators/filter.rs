//! `filter` and `filter_not`: keeps the rows a predicate (or its negation) holds for.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Keeps the rows for which `predicate` answers `wanted`.
pub(crate) fn filter<K: Data, V: Data>(
    wanted: bool,
    predicate: impl Fn(Option<&K>, Option<&V>) -> bool + Send + Sync + 'static,
) -> OperatorFactory {
    each_batch(move |mut rows: Vec<Row<K, V>>, context| {
        rows.retain(|row| predicate(row.key.as_ref(), row.value.as_ref()) == wanted);
        context.forward(Chunk::new(rows));
    })
}
