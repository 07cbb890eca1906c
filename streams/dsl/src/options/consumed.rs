//! How a topic is read.

use crate::serdes::{Serde, SerdeRef};
use std::sync::Arc;

/// How [`crate::StreamsBuilder::stream`] and [`crate::StreamsBuilder::table`] read their topic.
pub struct Consumed<K, V> {
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    pub(crate) name: Option<String>,
    pub(crate) dead_letter: Option<String>,
}

impl<K, V> Default for Consumed<K, V> {
    fn default() -> Self {
        Consumed { key: None, value: None, name: None, dead_letter: None }
    }
}

impl<K, V> Consumed<K, V> {
    /// Reads keys and values with these serdes.
    pub fn with(key: impl Serde<K>, value: impl Serde<V>) -> Self {
        Consumed { key: Some(Arc::new(key)), value: Some(Arc::new(value)), ..Self::default() }
    }

    /// Reads values with this serde.
    pub fn value(mut self, value: impl Serde<V>) -> Self {
        self.value = Some(Arc::new(value));
        self
    }

    /// Reads keys with this serde.
    pub fn key(mut self, key: impl Serde<K>) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// Names the source.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Where records go that do not deserialize, with the reason and their coordinates. Without it they stop the application.
    pub fn dead_letter(mut self, topic: impl Into<String>) -> Self {
        self.dead_letter = Some(topic.into());
        self
    }
}
