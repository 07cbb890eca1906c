//! Small numbers for distinct byte strings, given in the order they are first seen.

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Distinct byte strings and their ids, counted from 0. All strings lie in one buffer.
pub(crate) struct Interner {
    table: HashTable<u32>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    hasher: RandomState,
}

impl Interner {
    pub(crate) fn new() -> Interner {
        // Fixed seeds: one input, one run.
        let hasher = RandomState::with_seeds(0x5170, 0x0bad, 0x5eed, 0x0dd5);
        Interner { table: HashTable::new(), bytes: Vec::new(), ends: Vec::new(), hasher }
    }

    /// The id of `key`, and whether it is new.
    #[inline]
    pub(crate) fn intern(&mut self, key: &[u8]) -> (u32, bool) {
        let Interner { table, bytes, ends, hasher } = self;
        let same = |id: &u32| slot(bytes, ends, *id) == key;
        match table.entry(hasher.hash_one(key), same, |id| hasher.hash_one(slot(bytes, ends, *id))) {
            Entry::Occupied(entry) => (*entry.get(), false),
            Entry::Vacant(entry) => {
                let id = u32::try_from(ends.len()).expect("a batch has fewer than 2^32 rows");
                entry.insert(id);
                bytes.extend_from_slice(key);
                ends.push(bytes.len());
                (id, true)
            }
        }
    }

    /// The id of `key` if it was seen.
    pub(crate) fn find(&self, key: &[u8]) -> Option<u32> {
        self.table.find(self.hasher.hash_one(key), |id| slot(&self.bytes, &self.ends, *id) == key).copied()
    }

    /// The byte string of an id.
    #[inline]
    pub(crate) fn key(&self, id: u32) -> &[u8] {
        slot(&self.bytes, &self.ends, id)
    }

    /// All strings, in the order of their ids.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|id| self.key(id as u32))
    }

    /// Bytes held by the strings.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * 16
    }

    /// Forgets all strings and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.table.clear();
        self.bytes.clear();
        self.ends.clear();
    }
}

#[inline]
fn slot<'a>(bytes: &'a [u8], ends: &[usize], id: u32) -> &'a [u8] {
    let id = id as usize;
    let from = if id == 0 { 0 } else { ends[id - 1] };
    &bytes[from..ends[id]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_share_an_id_and_ids_count_up() {
        let mut interner = Interner::new();
        let ids: Vec<_> = ["a", "", "a", "bc", ""].iter().map(|key| interner.intern(key.as_bytes())).collect();
        assert_eq!(ids, [(0, true), (1, true), (0, false), (2, true), (1, false)]);
        assert_eq!(interner.keys().collect::<Vec<_>>(), [b"a".as_slice(), b"", b"bc"]);
        assert_eq!(interner.find(b"bc"), Some(2));
        interner.clear();
        assert_eq!((interner.keys().count(), interner.find(b"a")), (0, None));
    }
}
