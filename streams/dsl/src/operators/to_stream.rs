//! `to_stream`: the updates of a table as rows of a stream; a deleted row is a tombstone.

use super::stateless::each_batch;
use crate::row::{Change, Data, Row};
use streams_runtime::Chunk;
use streams_runtime::topology::OperatorFactory;

/// Makes a row of each change, with the new value.
pub(crate) fn to_stream<K: Data, V: Data>() -> OperatorFactory {
    each_batch(|changes: Vec<Change<K, V>>, context| {
        let rows = changes.into_iter().map(|change| Row {
            key: Some(change.key),
            value: change.new,
            timestamp: change.timestamp,
            headers: change.headers,
        });
        context.forward(Chunk::new(rows.collect::<Vec<_>>()));
    })
}
