//! What flows between the operators of the typed API: rows of a stream and updates of a table.

use crate::headers::Headers;
use log_model::Timestamp;

/// What a type needs to be a key or a value of a stream: it is copied where a stream has several readers and moves between threads.
pub trait Data: Clone + Send + 'static {}

impl<T: Clone + Send + 'static> Data for T {}

/// One row of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<K, V> {
    /// The key, if it has one.
    pub key: Option<K>,
    /// The value; `None` is a tombstone.
    pub value: Option<V>,
    /// Its event time.
    pub timestamp: Timestamp,
    /// The headers of the record it comes from.
    pub headers: Headers,
}

/// One update of a table: the row of a key is now `new`; `None` is no row.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<K, V> {
    /// The key.
    pub key: K,
    /// The row now.
    pub new: Option<V>,
    /// The time of the new row.
    pub timestamp: Timestamp,
    /// The headers of the record that caused it.
    pub headers: Headers,
}
