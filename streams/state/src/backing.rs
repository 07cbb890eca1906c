//! What lies behind the write-back cache: a store that takes committed writes only, with the changelog offset they reach to.

use crate::{Result, Scan};
use log_model::Offset;

/// A key and its new value; `None` deletes it.
pub type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// An ordered map from bytes to bytes that knows up to which changelog offset it is complete.
pub trait Backing: Send + std::fmt::Debug {
    /// The value of a key.
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// The values of many keys, in their order.
    fn multi_get(&mut self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>>;

    /// Visits the entries with `from ≤ key < to` in key order; `to` of `None` is the end.
    fn scan(&mut self, from: &[u8], to: Option<&[u8]>, visit: Scan<'_>) -> Result<()>;

    /// Applies `changes` (a later one of a key wins) and the offset after the last of their changelog records, all or nothing.
    fn write<'a>(&mut self, changes: &mut dyn Iterator<Item = Change<'a>>, changelog_offset: Offset) -> Result<()>;

    /// The same for a large run in strictly ascending key order while nothing else uses the store: the fastest way to fill it. A crash in between
    /// may leave the changes without the offset; replaying them is harmless.
    fn write_sorted<'a>(&mut self, changes: &mut dyn Iterator<Item = Change<'a>>, changelog_offset: Offset) -> Result<()> {
        self.write(changes, changelog_offset)
    }

    /// Forgets everything.
    fn clear(&mut self) -> Result<()>;

    /// Everything below this offset of the changelog is in the store; `None` before the first write.
    fn changelog_offset(&self) -> Option<Offset>;

    /// Makes everything written so far durable, and remembers that no record of the changelog that is older than `complete_ms` (milliseconds since 1970) is
    /// missing from it.
    fn sync(&mut self, complete_ms: i64) -> Result<()>;

    /// What the last [`Backing::sync`] was told. What is on the disk may be newer, never older.
    fn complete_ms(&self) -> Option<i64>;

    /// Bytes held, roughly.
    fn size_bytes(&self) -> u64;
}
