//! `filter` on a table: a row that does not match is no row.
//!
//! A row that stops matching must be deleted downstream, so an update that does not match goes on as a tombstone, even if the row before did not
//! match either: that is what Kafka Streams' `KTableFilter` does as long as nobody downstream asks for old values.

use super::stateless::each_batch;
use crate::row::{Change, Data};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Keeps the new row of each change only where `predicate` answers `wanted`.
pub(crate) fn table_filter<K: Data, V: Data>(wanted: bool, predicate: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> OperatorFactory {
    each_batch(move |mut changes: Vec<Change<K, V>>, context| {
        for change in &mut changes {
            let key = &change.key;
            change.new.take_if(|value| predicate(key, value) != wanted);
        }
        context.forward(Chunk::new(changes));
    })
}
