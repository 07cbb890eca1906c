//! A program's stores as a test sees them: typed and read only.

use crate::TestError;
use log_model::Timestamp;
use std::ops::ControlFlow;
use std::time::Duration;
use streams_dsl::{SerdeRef, Window, Windowed};
use streams_state::{CachedStore, Store, timestamped, window_key};

/// A table or an aggregate without windows.
pub struct KeyValueStore<'a, K, V> {
    pub(crate) name: String,
    pub(crate) store: &'a mut CachedStore,
    pub(crate) key: SerdeRef<K>,
    pub(crate) value: SerdeRef<V>,
}

impl<K: 'static, V: 'static> KeyValueStore<'_, K, V> {
    /// The value of a key with its timestamp in milliseconds.
    pub fn get(&mut self, key: &K) -> Result<Option<(V, i64)>, TestError> {
        let mut bytes = Vec::new();
        self.key.serialize(key, &mut bytes).map_err(|error| TestError::serde(&self.name, error))?;
        let row = self.store.get(&bytes)?;
        row.map(|row| stamped(&self.name, &self.value, &row)).transpose()
    }

    /// All keys with value and timestamp, in the order of the bytes of their keys.
    pub fn all(&mut self) -> Result<Vec<(K, V, i64)>, TestError> {
        let mut rows = Vec::new();
        for (key, row) in entries(self.store, &[])? {
            let key = self.key.deserialize(&key).map_err(|error| TestError::serde(&self.name, error))?;
            let (value, timestamp_ms) = stamped(&self.name, &self.value, &row)?;
            rows.push((key, value, timestamp_ms));
        }
        Ok(rows)
    }
}

/// A windowed aggregate.
pub struct WindowStore<'a, K, V> {
    pub(crate) inner: KeyValueStore<'a, K, V>,
    pub(crate) size: Duration,
}

impl<K: 'static, V: 'static> WindowStore<'_, K, V> {
    /// The value of a key in the window that starts at `start_ms`, with its timestamp in milliseconds.
    pub fn fetch(&mut self, key: &K, start_ms: i64) -> Result<Option<(V, i64)>, TestError> {
        let (mut key_bytes, mut bytes) = (Vec::new(), Vec::new());
        let KeyValueStore { name, store, key: serde, value } = &mut self.inner;
        serde.serialize(key, &mut key_bytes).map_err(|error| TestError::serde(name, error))?;
        window_key::encode_by_time(&key_bytes, Timestamp(start_ms), &mut bytes);
        store.get(&bytes)?.map(|row| stamped(name, value, &row)).transpose()
    }

    /// All windows and keys with value and timestamp, in the order of start and bytes of the key.
    pub fn all(&mut self) -> Result<Vec<(Windowed<K>, V, i64)>, TestError> {
        let size_ms = i64::try_from(self.size.as_millis()).unwrap_or(i64::MAX);
        let KeyValueStore { name, store, key: serde, value } = &mut self.inner;
        let (first, _) = window_key::range_of_time(Timestamp(0), Timestamp::MAX);
        let mut rows = Vec::new();
        for (bytes, row) in entries(store, &first)? {
            let (key, start) = window_key::decode_by_time(&bytes)?;
            let key = serde.deserialize(key).map_err(|error| TestError::serde(name, error))?;
            let (value, timestamp_ms) = stamped(name, value, &row)?;
            let window = Window { start_ms: start.0, end_ms: start.0.saturating_add(size_ms) };
            rows.push((Windowed { key, window }, value, timestamp_ms));
        }
        Ok(rows)
    }
}

fn stamped<V: 'static>(name: &str, serde: &SerdeRef<V>, row: &[u8]) -> Result<(V, i64), TestError> {
    let (timestamp, value) = timestamped::decode(row)?;
    let value = serde.deserialize(value).map_err(|error| TestError::serde(name, error))?;
    Ok((value, timestamp.0))
}

/// Key and value as stored.
type Entry = (Vec<u8>, Vec<u8>);

fn entries(store: &mut CachedStore, from: &[u8]) -> Result<Vec<Entry>, TestError> {
    let mut entries = Vec::new();
    store.scan(from, None, &mut |key, value| {
        entries.push((key.to_vec(), value.to_vec()));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}
