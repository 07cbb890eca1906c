//! The hash of a key, the same for everybody: whoever has computed it to group rows need not have it computed again to find the entry.

use ahash::RandomState;
use std::sync::LazyLock;

// Fixed seeds: the same input takes the same time and path in every run.
static HASHER: LazyLock<RandomState> = LazyLock::new(|| RandomState::with_seeds(0x6865, 0x6164, 0x7761, 0x7465));

/// A key with its hash.
#[derive(Clone, Copy, Debug)]
pub struct HashedKey<'a> {
    pub(crate) hash: u64,
    pub(crate) bytes: &'a [u8],
}

impl<'a> HashedKey<'a> {
    /// With the hash that [`key_hash`] gave for these bytes.
    pub fn new(hash: u64, bytes: &'a [u8]) -> Self {
        debug_assert_eq!(hash, key_hash(bytes), "the hash is of other bytes");
        HashedKey { hash, bytes }
    }

    /// The key.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The hash by which stores find a key. It is not stored anywhere.
#[inline]
pub fn key_hash(key: &[u8]) -> u64 {
    HASHER.hash_one(key)
}
