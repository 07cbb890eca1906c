//! From each key to the last offset that has it, in bounded memory.
//!
//! Keys are kept as 128-bit hashes: two keys of one hash would lose the older one's value, which at 2^128 does not happen.

use hashbrown::HashMap;
use log_model::Offset;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

/// What an entry takes, spare room of the table included.
const ENTRY_BYTES: usize = 56;

/// The hash of a key, as two halves.
pub(crate) type KeyHash = [u64; 2];

/// Passes the first half of a key's hash through: it is already a hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstHalf(u64);

impl Hasher for FirstHalf {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut half = [0; 8];
            half[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(32) ^ u64::from_ne_bytes(half);
        }
    }
}

/// The map.
#[derive(Debug)]
pub(crate) struct OffsetMap {
    offsets: HashMap<KeyHash, i64, BuildHasherDefault<FirstHalf>>,
    keys_max: usize,
    /// Everything below is in the map.
    pub(crate) covered_to: Offset,
}

impl OffsetMap {
    /// An empty map that takes about `memory_bytes` at most.
    pub(crate) fn new(memory_bytes: usize, from: Offset) -> OffsetMap {
        OffsetMap { offsets: HashMap::default(), keys_max: (memory_bytes / ENTRY_BYTES).max(1), covered_to: from }
    }

    /// Whether `count` more keys may not fit.
    pub(crate) fn is_full_for(&self, count: usize) -> bool {
        self.offsets.len() + count > self.keys_max
    }

    /// Notes a key at an offset higher than all before.
    pub(crate) fn note(&mut self, key: &[u8], offset: Offset) {
        self.offsets.insert(hash(key), offset.0);
    }

    /// Whether a later record has the same key.
    pub(crate) fn is_superseded(&self, key: &[u8], offset: Offset) -> bool {
        offset < self.covered_to && self.offsets.get(&hash(key)).is_some_and(|last| offset.0 < *last)
    }
}

fn hash(key: &[u8]) -> KeyHash {
    [1, 2].map(|seed| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(key);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_offset_of_a_key_stands() {
        let mut map = OffsetMap::new(1 << 20, Offset(0));
        for (offset, key) in [(0, "a"), (1, "b"), (2, "a")] {
            map.note(key.as_bytes(), Offset(offset));
        }
        map.covered_to = Offset(3);
        let superseded = |key: &str, offset| map.is_superseded(key.as_bytes(), Offset(offset));
        assert!(superseded("a", 0));
        assert!(!superseded("a", 2) && !superseded("b", 1) && !superseded("c", 0) && !superseded("a", 5));
    }

    #[test]
    fn the_map_has_a_limit() {
        let mut map = OffsetMap::new(10 * ENTRY_BYTES, Offset(0));
        for offset in 0..10_i64 {
            assert!(!map.is_full_for(1));
            map.note(&offset.to_be_bytes(), Offset(offset));
        }
        assert!(map.is_full_for(1));
    }
}
