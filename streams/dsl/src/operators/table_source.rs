//! `table` and `to_table`: the rows of a stream as updates of a table, the last row of a key winning whatever its timestamp (Kafka's
//! `KTableSource`); a null value deletes.
//!
//! With a store it is known whether there was a row, so that nothing goes on from nothing to nothing, and while caching is on a batch gives one update
//! for each key; without one each row is an update. Rows without a key are dropped and counted.

use super::fold::{Fold, Folding, Input};
use crate::row::{Change, Data, Row};
use crate::serdes::SerdeRef;
use streams_runtime::{Chunk, Context, DropReason, Operator, Result};

/// Keeps the last row of each key. Its only store, if it has one, holds key bytes → value with timestamp.
pub(crate) struct TableSource<K, V> {
    key: SerdeRef<K>,
    kept: Option<Folding<K, K, V, V>>,
}

impl<K: Data, V: Data> TableSource<K, V> {
    /// A table kept in a store if there is a `fold`.
    pub(crate) fn new(key: SerdeRef<K>, fold: Option<Fold<K, K, V, V>>) -> Self {
        TableSource { key, kept: fold.map(Folding::new) }
    }
}

impl<K: Data, V: Data> Operator for TableSource<K, V> {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let mut null_keys = 0;
        let mut changes = Vec::new();
        for Row { key, value, timestamp, headers } in chunk.take::<Vec<Row<K, V>>>()? {
            match (key, &mut self.kept) {
                (None, _) => null_keys += 1,
                (Some(key), None) => changes.push(Change { key, new: value, timestamp, headers }),
                (Some(key), Some(folding)) => {
                    folding.add(key, |key, out| self.key.serialize(key, out), Input { value, timestamp, headers })?;
                }
            }
        }
        context.dropped(DropReason::NullKey, null_keys);
        if let Some(folding) = &mut self.kept {
            changes = folding.run(context.store(0))?;
        }
        context.forward(Chunk::new(changes));
        Ok(())
    }
}
