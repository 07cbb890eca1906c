//! How a table is kept.

use crate::serdes::{Serde, SerdeRef};
use crate::window::millis;
use std::sync::Arc;
use std::time::Duration;
use streams_runtime::topology::StoreKind;

/// How a table or an aggregate keeps its state: in RocksDB with a changelog, unless told otherwise.
///
/// # Examples
/// ```
/// use streams_dsl::{Integer, Materialized, Text};
///
/// let counts: Materialized<String, i64> = Materialized::named("counts").key(Text).value(Integer).in_memory();
/// ```
pub struct Materialized<K, V> {
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    pub(crate) name: Option<String>,
    pub(crate) kind: StoreKind,
    pub(crate) caching: bool,
    pub(crate) changelog: bool,
    pub(crate) retention_ms: Option<i64>,
}

impl<K, V> Default for Materialized<K, V> {
    fn default() -> Self {
        Materialized { key: None, value: None, name: None, kind: StoreKind::Rocks, caching: true, changelog: true, retention_ms: None }
    }
}

impl<K, V> Materialized<K, V> {
    /// Names the store, and its changelog `<application>-<name>-changelog`. A named store survives any change elsewhere in the topology.
    pub fn named(name: impl Into<String>) -> Self {
        Materialized { name: Some(name.into()), ..Self::default() }
    }

    /// Keeps keys and values with these serdes.
    pub fn with(key: impl Serde<K>, value: impl Serde<V>) -> Self {
        Self::default().key(key).value(value)
    }

    /// The serde of keys.
    pub fn key(mut self, key: impl Serde<K>) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// The serde of values.
    pub fn value(mut self, value: impl Serde<V>) -> Self {
        self.value = Some(Arc::new(value));
        self
    }

    /// Keeps the state in memory. With the changelog it still survives a restart.
    pub fn in_memory(mut self) -> Self {
        self.kind = StoreKind::Memory;
        self
    }

    /// Forwards every update instead of one per key and batch.
    pub fn without_caching(mut self) -> Self {
        self.caching = false;
        self
    }

    /// Keeps no changelog: nothing can bring the state up to date, so it begins empty at every start, while the input goes on where it was.
    pub fn without_changelog(mut self) -> Self {
        self.changelog = false;
        self
    }

    /// How long windows are kept after their start, for queries; at least their size and grace, which is the default.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention_ms = Some(millis(retention));
        self
    }
}
