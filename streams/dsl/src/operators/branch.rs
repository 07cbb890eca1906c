//! `split`: sends each row to the first output whose predicate holds. Rows that match none go to the default output, if there is one;
//! leaving them out otherwise is what was asked for and is not counted as a drop.

use super::stateless::each_batch;
use crate::row::{Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Decides whether a row belongs to a branch.
pub(crate) type Predicate<K, V> = Box<dyn Fn(Option<&K>, Option<&V>) -> bool + Send + Sync>;

/// One output for each predicate, in their order, and one more for the rest if `with_default`.
pub(crate) fn branch<K: Data, V: Data>(predicates: Vec<Predicate<K, V>>, with_default: bool) -> OperatorFactory {
    each_batch(move |rows: Vec<Row<K, V>>, context| {
        let mut outputs: Vec<Vec<Row<K, V>>> = Vec::new();
        outputs.resize_with(predicates.len() + 1, Vec::new);
        for row in rows {
            let matching = predicates.iter().position(|predicate| predicate(row.key.as_ref(), row.value.as_ref()));
            outputs[matching.unwrap_or(predicates.len())].push(row);
        }
        if !with_default {
            outputs.truncate(predicates.len());
        }
        for (output, rows) in outputs.into_iter().enumerate() {
            context.forward_to(output, Chunk::new(rows));
        }
    })
}
