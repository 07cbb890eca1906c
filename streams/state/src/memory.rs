//! A backing store in memory: a B-tree. Empty at every start.

use crate::{Backing, Change, Result, Scan};
use log_model::Offset;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

/// A backing store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    payload_bytes: u64,
    changelog_offset: Option<Offset>,
    complete_ms: Option<i64>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    fn apply(&mut self, key: &[u8], value: Option<&[u8]>) {
        let added = value.map_or(0, |value| key.len() + value.len());
        let old = match (self.entries.get_mut(key), value) {
            (Some(slot), Some(value)) => {
                let old = slot.len();
                slot.clear();
                slot.extend_from_slice(value);
                Some(old)
            }
            (Some(_), None) => self.entries.remove(key).map(|old| old.len()),
            (None, Some(value)) => {
                self.entries.insert(key.to_vec(), value.to_vec());
                None
            }
            (None, None) => None,
        };
        self.payload_bytes += added as u64;
        self.payload_bytes -= old.map_or(0, |old| (key.len() + old) as u64);
    }
}

impl Backing for MemoryStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.entries.get(key).cloned())
    }

    fn multi_get(&mut self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        Ok(keys.iter().map(|key| self.entries.get(*key).cloned()).collect())
    }

    fn scan(&mut self, from: &[u8], to: Option<&[u8]>, visit: Scan<'_>) -> Result<()> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let end = to.map_or(Bound::Unbounded, Bound::Excluded);
        for (key, value) in self.entries.range::<[u8], _>((Bound::Included(from), end)) {
            if let ControlFlow::Break(()) = visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn write<'a>(&mut self, changes: &mut dyn Iterator<Item = Change<'a>>, changelog_offset: Offset) -> Result<()> {
        changes.for_each(|(key, value)| self.apply(key, value));
        self.changelog_offset = Some(changelog_offset);
        Ok(())
    }

    fn clear(&mut self) -> Result<()> {
        *self = MemoryStore::default();
        Ok(())
    }

    fn changelog_offset(&self) -> Option<Offset> {
        self.changelog_offset
    }

    fn sync(&mut self, complete_ms: i64) -> Result<()> {
        self.complete_ms = Some(complete_ms);
        Ok(())
    }

    fn complete_ms(&self) -> Option<i64> {
        self.complete_ms
    }

    fn size_bytes(&self) -> u64 {
        self.payload_bytes
    }
}
