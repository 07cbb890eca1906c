//! State stores: ordered maps of bytes in RocksDB or memory behind a write-back cache, and codecs for keys and values.
//!
//! The path of the data: an operator calls [`Store`]; [`CachedStore`] keeps what it writes in memory until the epoch that wrote it has
//! committed ([`CachedStore::changes`] gives it to the changelog), and later moves it, in one write together with the changelog offset, to its
//! [`Backing`]: a [`RocksStore`] or a [`MemoryStore`]. At start a [`Restore`] replays the changelog from [`Backing::changelog_offset`] on.
//!
//! What always holds:
//! - a backing store never holds a write of an epoch that has not committed, and its changelog offset is that of exactly the epochs it holds;
//! - deleting a backing store loses nothing that the changelog has;
//! - keys order as their bytes; the codecs of [`key`] and [`window_key`] keep the order of the values they encode.
//!
//! Not here: the changelog itself, commits, time.

mod backing;
mod cached;
#[cfg(test)]
mod contract;
mod dirty_order;
mod error;
pub mod key;
mod key_hash;
mod memory;
mod memory_limit;
mod restore;
mod rocks;
mod store;
pub mod timestamped;
pub mod window_key;

pub use backing::{Backing, Change};
pub use cached::{CacheLimit, CachedStore};
pub use error::{Error, Result};
pub use key_hash::{HashedKey, key_hash};
pub use memory::MemoryStore;
pub use memory_limit::MemoryLimit;
pub use restore::Restore;
pub use rocks::RocksStore;
pub use store::{Scan, Store, Update, UpdateMany, Updated};
