//! How a topic is written.

use crate::serdes::{Serde, SerdeRef};
use std::sync::Arc;

/// How [`crate::KStream::to`] writes its topic.
pub struct Produced<K, V> {
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    pub(crate) name: Option<String>,
}

impl<K, V> Default for Produced<K, V> {
    fn default() -> Self {
        Produced { key: None, value: None, name: None }
    }
}

impl<K, V> Produced<K, V> {
    /// Writes keys and values with these serdes.
    pub fn with(key: impl Serde<K>, value: impl Serde<V>) -> Self {
        Produced { key: Some(Arc::new(key)), value: Some(Arc::new(value)), name: None }
    }

    /// Writes values with this serde.
    pub fn value(mut self, value: impl Serde<V>) -> Self {
        self.value = Some(Arc::new(value));
        self
    }

    /// Writes keys with this serde.
    pub fn key(mut self, key: impl Serde<K>) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// Names the sink.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
