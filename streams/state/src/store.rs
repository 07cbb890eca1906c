//! The store as an operator sees it: an ordered map from bytes to bytes.

use crate::{HashedKey, Result};
use bytes::Bytes;
use std::ops::ControlFlow;

/// What a scan does with each entry: goes on or stops.
pub type Scan<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>;

/// What an update does with an entry: it is shown the value, if there is one, and may write a new one into the (empty) buffer.
pub type Update<'a> = &'a mut dyn FnMut(Option<&[u8]>, &mut Vec<u8>) -> Result<Updated>;

/// The same for one of many entries, which is named by the index of its key.
pub type UpdateMany<'a> = &'a mut dyn FnMut(usize, Option<&[u8]>, &mut Vec<u8>) -> Result<Updated>;

/// What an [`Update`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The entry stays as it is.
    Keep,
    /// The entry gets the value in the buffer.
    Put,
    /// The entry is deleted.
    Delete,
}

/// An ordered map from bytes to bytes, private to one task. Reads see earlier writes at once.
///
/// Writes stay in a write-back cache until the epoch has committed; they then reach the disk together with the offset of the changelog that holds
/// them, so the disk is never ahead of the log.
pub trait Store: Send + std::fmt::Debug {
    /// The value of a key.
    fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>>;

    /// The values of many keys, in their order. Cheaper than as many [`Store::get`]s.
    fn multi_get(&mut self, keys: &[&[u8]]) -> Result<Vec<Option<Bytes>>>;

    /// Sets a key, or with `None` deletes it.
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<()>;

    /// Reads and writes an entry with one look-up and, once it is in the cache, without allocating: the cheapest way to aggregate.
    fn update(&mut self, key: &[u8], update: Update<'_>) -> Result<()> {
        let value = self.get(key)?;
        let mut written = Vec::new();
        match update(value.as_deref(), &mut written)? {
            Updated::Keep => Ok(()),
            Updated::Put => self.put(key, Some(&written)),
            Updated::Delete => self.put(key, None),
        }
    }

    /// Updates the entries of many keys, all different, in their order. What is not in the cache is read at once; every key is looked up once.
    fn update_many(&mut self, keys: &[HashedKey<'_>], update: UpdateMany<'_>) -> Result<()> {
        for (index, key) in keys.iter().enumerate() {
            self.update(key.bytes(), &mut |value, written| update(index, value, written))?;
        }
        Ok(())
    }

    /// Brings the entries of these keys into the cache with one read, so that the [`Store::update`]s and [`Store::get`]s that follow find them there.
    fn prefetch(&mut self, keys: &[&[u8]]) -> Result<()> {
        let _ = keys;
        Ok(())
    }

    /// Visits the entries with `from ≤ key < to` in key order; `to` of `None` is the end.
    fn scan(&mut self, from: &[u8], to: Option<&[u8]>, visit: Scan<'_>) -> Result<()>;

    /// Bytes held, on disk and in memory, roughly: for the progress display.
    fn size_bytes(&self) -> u64;
}
