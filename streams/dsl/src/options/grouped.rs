//! How a stream is grouped.

use crate::serdes::{Serde, SerdeRef};
use std::sync::Arc;

/// How [`crate::KStream::group_by`] and [`crate::KStream::group_by_key`] group: the name and the serdes of the repartition topic, if one
/// is needed.
pub struct Grouped<K, V> {
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    pub(crate) name: Option<String>,
}

impl<K, V> Clone for Grouped<K, V> {
    fn clone(&self) -> Self {
        Grouped { key: self.key.clone(), value: self.value.clone(), name: self.name.clone() }
    }
}

impl<K, V> Default for Grouped<K, V> {
    fn default() -> Self {
        Grouped { key: None, value: None, name: None }
    }
}

impl<K, V> Grouped<K, V> {
    /// Groups rows with these serdes.
    pub fn with(key: impl Serde<K>, value: impl Serde<V>) -> Self {
        Grouped { key: Some(Arc::new(key)), value: Some(Arc::new(value)), name: None }
    }

    /// The serde of the new key.
    pub fn key(mut self, key: impl Serde<K>) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// The serde of the values.
    pub fn value(mut self, value: impl Serde<V>) -> Self {
        self.value = Some(Arc::new(value));
        self
    }

    /// Names the repartition topic: `<application>-<name>-repartition`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
