//! Finds the rows of a batch that share a key, by the bytes of the key: no key type needs to hash, and the bytes serve the store as well.
//!
//! All keys lie end to end in one buffer, which is used for every batch. Groups are numbered in the order of their first row.

use hashbrown::HashTable;
use streams_state::{HashedKey, key_hash};

/// The distinct keys of one batch.
pub(super) struct KeyGroups {
    bytes: Vec<u8>,
    keys: Vec<Key>,
    table: HashTable<u32>,
}

struct Key {
    hash: u64,
    start: usize,
    end: usize,
}

impl KeyGroups {
    pub(super) fn new() -> Self {
        KeyGroups { bytes: Vec::new(), keys: Vec::new(), table: HashTable::new() }
    }

    /// Forgets all groups, keeps the buffers.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
        self.table.clear();
    }

    /// The group of the key that `write` appends to the buffer, and whether it is new.
    pub(super) fn group<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(usize, bool), E> {
        let start = self.bytes.len();
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        let (bytes, keys) = (&self.bytes, &self.keys);
        let key = &bytes[start..];
        let hash = key_hash(key);
        let same = |&index: &u32| {
            let other = &keys[index as usize];
            other.hash == hash && &bytes[other.start..other.end] == key
        };
        if let Some(&index) = self.table.find(hash, same) {
            self.bytes.truncate(start);
            return Ok((index as usize, false));
        }
        let index = self.keys.len();
        self.keys.push(Key { hash, start, end: self.bytes.len() });
        let keys = &self.keys;
        self.table.insert_unique(hash, index as u32, |&index| keys[index as usize].hash);
        Ok((index, true))
    }

    /// All keys, by group.
    pub(super) fn keys(&self) -> Vec<HashedKey<'_>> {
        self.keys.iter().map(|key| HashedKey::new(key.hash, &self.bytes[key.start..key.end])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn group(groups: &mut KeyGroups, key: &str) -> (usize, bool) {
        let written: Result<_, Infallible> = groups.group(|out| {
            out.extend_from_slice(key.as_bytes());
            Ok(())
        });
        written.unwrap()
    }

    #[test]
    fn equal_keys_share_a_group_numbered_by_first_sight() {
        let mut groups = KeyGroups::new();
        let found: Vec<_> = ["b", "a", "b", "", "ab", ""].iter().map(|key| group(&mut groups, key)).collect();
        assert_eq!(found, [(0, true), (1, true), (0, false), (2, true), (3, true), (2, false)]);
        let keys: Vec<&[u8]> = groups.keys().iter().map(HashedKey::bytes).collect();
        assert_eq!(keys, [b"b".as_slice(), b"a", b"", b"ab"]);
        groups.clear();
        assert_eq!(group(&mut groups, "ab"), (0, true));
    }

    #[test]
    fn a_key_that_cannot_be_written_leaves_no_trace() {
        let mut groups = KeyGroups::new();
        let refused = groups.group(|out| {
            out.push(1);
            Err("no")
        });
        assert_eq!(refused, Err("no"));
        assert_eq!(group(&mut groups, "a"), (0, true));
        assert_eq!(groups.keys()[0].bytes(), b"a");
    }

    #[test]
    fn many_keys_survive_the_growth_of_the_table() {
        let mut groups = KeyGroups::new();
        for index in 0..5000 {
            assert_eq!(group(&mut groups, &index.to_string()), (index, true));
        }
        assert_eq!(group(&mut groups, "4321"), (4321, false));
    }
}
