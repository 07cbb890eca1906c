//! How a stream is repartitioned.

use crate::serdes::{Serde, SerdeRef};
use std::sync::Arc;

/// How [`crate::KStream::repartition`] writes and reads its topic.
pub struct Repartitioned<K, V> {
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    pub(crate) name: Option<String>,
    pub(crate) partition_count: Option<i32>,
}

impl<K, V> Default for Repartitioned<K, V> {
    fn default() -> Self {
        Repartitioned { key: None, value: None, name: None, partition_count: None }
    }
}

impl<K, V> Repartitioned<K, V> {
    /// Writes and reads with these serdes.
    pub fn with(key: impl Serde<K>, value: impl Serde<V>) -> Self {
        Repartitioned { key: Some(Arc::new(key)), value: Some(Arc::new(value)), ..Self::default() }
    }

    /// Names the topic: `<application>-<name>-repartition`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The number of partitions; otherwise as many as the stream's source has.
    pub fn partition_count(mut self, count: i32) -> Self {
        self.partition_count = Some(count);
        self
    }
}
