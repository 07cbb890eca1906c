//! `count`, `reduce` and `aggregate` without windows: one state for each key.
//!
//! Rows without a key or without a value are dropped and counted (Kafka's `KStreamAggregate`). The time of a result is the largest of its rows.
//! The store holds key bytes → state with timestamp.

use super::fold::{Fold, Folding, Input};
use crate::row::{Data, Row};
use crate::serdes::SerdeRef;
use streams_runtime::{Chunk, Context, DropReason, Operator, Result};

/// Folds the rows of each key. Its only store holds the states.
pub(crate) struct Aggregate<K, V, A> {
    key: SerdeRef<K>,
    folding: Folding<K, K, V, A>,
}

impl<K: Data, V: Data, A: Data> Aggregate<K, V, A> {
    pub(crate) fn new(key: SerdeRef<K>, fold: Fold<K, K, V, A>) -> Self {
        Aggregate { key, folding: Folding::new(fold) }
    }
}

impl<K: Data, V: Data, A: Data> Operator for Aggregate<K, V, A> {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let (mut null_keys, mut null_values) = (0, 0);
        for Row { key, value, timestamp, headers } in chunk.take::<Vec<Row<K, V>>>()? {
            match (key, value) {
                (None, _) => null_keys += 1,
                (_, None) => null_values += 1,
                (Some(key), value) => {
                    self.folding.add(key, |key, out| self.key.serialize(key, out), Input { value, timestamp, headers })?;
                }
            }
        }
        context.dropped(DropReason::NullKey, null_keys);
        context.dropped(DropReason::NullValue, null_values);
        let changes = self.folding.run(context.store(0))?;
        context.forward(Chunk::new(changes));
        Ok(())
    }
}
