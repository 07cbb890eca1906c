//! The write-back cache in front of a backing store.
//!
//! An entry is *clean* (equal to the backing store), *unflushed* (ahead of it, but committed) or *changed* (written in this epoch; also
//! unflushed). Unflushed entries are pinned; clean ones are evicted by a clock hand once the cache exceeds its limit.
//! `changes ⊆ unflushed ⊆ entries`, and the backing store is written only right after a commit, when `changes` is empty: so it never holds
//! anything uncommitted.

use crate::dirty_order::DirtyOrder;
use crate::{Backing, Change, HashedKey, Restore, Result, Scan, Store, Update, UpdateMany, Updated, key_hash};
use bytes::Bytes;
use hashbrown::HashTable;
use log_model::Offset;
use std::fmt;
use std::ops::ControlFlow;

/// What an entry costs beside its key and value: the slot, its place in the table, two allocations.
const ENTRY_BYTES: usize = 96;

/// How many slots the clock hand looks at for one insertion.
const EVICTION_STEPS: usize = 8;

/// Limits of a [`CachedStore`].
#[derive(Clone, Copy, Debug)]
pub struct CacheLimit {
    /// Above this, clean entries are evicted.
    pub cache_bytes: usize,
    /// Above this, [`CachedStore::committed`] moves the committed entries to the backing store.
    pub unflushed_bytes: usize,
}

impl Default for CacheLimit {
    fn default() -> Self {
        CacheLimit { cache_bytes: 32 << 20, unflushed_bytes: 16 << 20 }
    }
}

#[derive(Default)]
struct Entry {
    key: Bytes,
    hash: u64,
    value: Option<Vec<u8>>,
    /// Holds an entry; a free slot otherwise.
    used: bool,
    /// Looked at since the clock hand last passed.
    recent: bool,
    unflushed: bool,
    changed: bool,
}

impl Entry {
    fn size_bytes(&self) -> usize {
        ENTRY_BYTES + self.key.len() + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// A store with a write-back cache; what operators get.
///
/// ```
/// use log_model::Offset;
/// use streams_state::{CacheLimit, CachedStore, MemoryStore, Store};
///
/// let mut store = CachedStore::new("counts", Box::new(MemoryStore::new()), CacheLimit::default());
/// store.put(b"a", Some(b"1")).unwrap();
/// let mut changelog = Vec::new();
/// store.changes(|key, value| changelog.push((key.to_vec(), value.map(<[u8]>::to_vec))));
/// assert_eq!(changelog, [(b"a".to_vec(), Some(b"1".to_vec()))]);
/// store.committed(Some(Offset(1)), true).unwrap();
/// assert_eq!(store.changelog_offset(), Some(Offset(1)));
/// ```
pub struct CachedStore {
    name: String,
    backing: Box<dyn Backing>,
    limit: CacheLimit,
    table: HashTable<u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Slots written in this epoch, in the order of their first write.
    changed: Vec<u32>,
    /// Slots ahead of the backing store.
    unflushed: Vec<u32>,
    order: DirtyOrder,
    cached_bytes: usize,
    unflushed_bytes: usize,
    changed_bytes: usize,
    hand: usize,
    /// What the changelog holds of this store, by the last commit.
    committed_offset: Option<Offset>,
    /// What an update writes into.
    scratch: Vec<u8>,
}

impl fmt::Debug for CachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CachedStore({}, {} cached, {} changed)", self.name, self.table.len(), self.changed.len())
    }
}

impl CachedStore {
    /// A cache over `backing`, empty yet.
    pub fn new(name: impl Into<String>, backing: Box<dyn Backing>, limit: CacheLimit) -> Self {
        CachedStore {
            name: name.into(),
            backing,
            limit,
            table: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            changed: Vec::new(),
            unflushed: Vec::new(),
            order: DirtyOrder::default(),
            cached_bytes: 0,
            unflushed_bytes: 0,
            changed_bytes: 0,
            hand: 0,
            committed_offset: None,
            scratch: Vec::new(),
        }
    }

    /// The store's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything below this offset of the changelog is in the backing store.
    pub fn changelog_offset(&self) -> Option<Offset> {
        self.backing.changelog_offset()
    }

    /// Bytes written in this epoch: when they exceed what the caller allows, it must commit.
    pub fn changed_bytes(&self) -> usize {
        self.changed_bytes
    }

    /// Bytes committed or not that the backing store does not have yet.
    pub fn unflushed_bytes(&self) -> usize {
        self.unflushed_bytes
    }

    /// Bytes in the cache. Above the limit clean entries are evicted, a few with every insertion.
    pub fn cached_bytes(&self) -> usize {
        self.cached_bytes
    }

    /// Entries written in this epoch.
    pub fn changed_count(&self) -> usize {
        self.changed.len()
    }

    /// Shows what this epoch has written, each key once with its newest value (`None`: deleted), in the order of the first writes.
    pub fn changes(&self, mut visit: impl FnMut(&[u8], Option<&[u8]>)) {
        for slot in &self.changed {
            let entry = &self.entries[*slot as usize];
            visit(&entry.key, entry.value.as_deref());
        }
    }

    /// The epoch has committed. `changelog_end` is the offset after the last changelog record of this store, if the epoch wrote one. With `flush`, or
    /// when there are more of them than the limit allows, all committed entries go to the backing store in one write together with the offset.
    pub fn committed(&mut self, changelog_end: Option<Offset>, flush: bool) -> Result<()> {
        for slot in self.changed.drain(..) {
            self.entries[slot as usize].changed = false;
        }
        self.changed_bytes = 0;
        self.committed_offset = changelog_end.or(self.committed_offset);
        let Some(offset) = self.committed_offset else { return Ok(()) };
        let due = flush || self.unflushed_bytes > self.limit.unflushed_bytes;
        if !due || (self.unflushed.is_empty() && self.backing.changelog_offset() == Some(offset)) {
            return Ok(());
        }
        let entries = &self.entries;
        let unflushed = self.unflushed.iter().map(|slot| &entries[*slot as usize]);
        self.backing.write(&mut unflushed.map(|entry| -> Change<'_> { (&entry.key, entry.value.as_deref()) }), offset)?;
        for slot in self.unflushed.drain(..) {
            self.entries[slot as usize].unflushed = false;
        }
        self.unflushed_bytes = 0;
        self.order.clear();
        // Twice around: the first round may find every entry recently used.
        self.evict(2 * self.entries.len());
        if self.table.len() * 4 < self.entries.len() {
            self.compact();
        }
        Ok(())
    }

    /// Makes what [`CachedStore::committed`] moved to the backing store durable. No changelog record older than `complete_ms` (milliseconds since 1970) may be
    /// missing there: call it right after a `committed` with `flush`, or after a restore.
    pub fn sync(&mut self, complete_ms: i64) -> Result<()> {
        self.backing.sync(complete_ms)
    }

    /// No changelog record older than this is missing from what is on the disk; `None` if that was never said.
    pub fn complete_ms(&self) -> Option<i64> {
        self.backing.complete_ms()
    }

    /// Drops the free slots. Nothing is unflushed.
    fn compact(&mut self) {
        self.entries.retain(|entry| entry.used);
        self.entries.shrink_to_fit();
        self.free = Vec::new();
        self.hand = 0;
        let entries = &self.entries;
        self.table = HashTable::with_capacity(entries.len());
        for (slot, entry) in entries.iter().enumerate() {
            self.table.insert_unique(entry.hash, slot as u32, |slot| entries[*slot as usize].hash);
        }
    }

    /// Begins to replay the changelog into the backing store. The cache must be empty: nothing may have been read or written yet.
    pub fn restore(&mut self) -> Restore<'_> {
        debug_assert!(self.table.is_empty(), "a store is restored before it is used");
        Restore::new(self.backing.as_mut())
    }

    /// Forgets everything, in the cache and behind it.
    pub fn clear(&mut self) -> Result<()> {
        self.table.clear();
        self.entries.clear();
        self.free.clear();
        self.changed.clear();
        self.unflushed.clear();
        self.order.clear();
        (self.cached_bytes, self.unflushed_bytes, self.changed_bytes, self.hand) = (0, 0, 0, 0);
        self.committed_offset = None;
        self.backing.clear()
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.table.find(hash, |slot| self.entries[*slot as usize].key == key).map(|slot| *slot as usize)
    }

    fn insert(&mut self, hash: u64, key: &[u8], value: Option<Vec<u8>>) -> usize {
        self.evict(EVICTION_STEPS);
        self.add(hash, key, value)
    }

    /// As `insert`, but evicts nothing: slots found before stay what they are.
    fn add(&mut self, hash: u64, key: &[u8], value: Option<Vec<u8>>) -> usize {
        let entry = Entry { key: Bytes::copy_from_slice(key), hash, value, used: true, recent: true, unflushed: false, changed: false };
        self.cached_bytes += entry.size_bytes();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.table.insert_unique(hash, slot, |slot| entries[*slot as usize].hash);
        slot as usize
    }

    /// The slot of a key, read from the backing store if it was not cached.
    fn load(&mut self, key: &[u8]) -> Result<usize> {
        let hash = key_hash(key);
        if let Some(slot) = self.find(hash, key) {
            self.entries[slot].recent = true;
            return Ok(slot);
        }
        let value = self.backing.get(key)?;
        Ok(self.insert(hash, key, value))
    }

    /// The slots of many different keys, in their order; what is not cached is read at once.
    fn load_many(&mut self, keys: &[HashedKey<'_>]) -> Result<Vec<usize>> {
        let mut slots = Vec::with_capacity(keys.len());
        let mut missing = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            match self.find(key.hash, key.bytes) {
                Some(slot) => {
                    self.entries[slot].recent = true;
                    slots.push(slot);
                }
                None => {
                    missing.push(index);
                    slots.push(usize::MAX);
                }
            }
        }
        if missing.is_empty() {
            return Ok(slots);
        }
        missing.sort_unstable_by_key(|index| keys[*index].bytes);
        let wanted: Vec<&[u8]> = missing.iter().map(|index| keys[*index].bytes).collect();
        let values = self.backing.multi_get(&wanted)?;
        for (index, value) in missing.into_iter().zip(values) {
            slots[index] = self.add(keys[index].hash, keys[index].bytes, value);
        }
        Ok(slots)
    }

    /// Shows the value of a slot to `update` and does what it decides.
    fn update_slot(&mut self, slot: usize, update: Update<'_>) -> Result<()> {
        let mut written = std::mem::take(&mut self.scratch);
        written.clear();
        let updated = update(self.entries[slot].value.as_deref(), &mut written);
        match &updated {
            Ok(Updated::Put) => self.set(slot, Some(&written)),
            Ok(Updated::Delete) => self.set(slot, None),
            Ok(Updated::Keep) | Err(_) => {}
        }
        self.scratch = written;
        updated.map(|_| ())
    }

    /// Gives an entry a new value, reusing its buffer.
    fn set(&mut self, slot: usize, value: Option<&[u8]>) {
        let entry = &mut self.entries[slot];
        let before = entry.size_bytes();
        match (&mut entry.value, value) {
            (Some(buffer), Some(value)) => {
                buffer.clear();
                buffer.extend_from_slice(value);
            }
            (held, value) => *held = value.map(<[u8]>::to_vec),
        }
        let after = entry.size_bytes();
        self.cached_bytes = self.cached_bytes + after - before;
        if entry.unflushed {
            self.unflushed_bytes = self.unflushed_bytes + after - before;
        } else {
            entry.unflushed = true;
            self.unflushed_bytes += after;
            self.unflushed.push(slot as u32);
            self.order.insert(&entry.key, slot as u32);
        }
        if entry.changed {
            self.changed_bytes = self.changed_bytes + after - before;
        } else {
            entry.changed = true;
            self.changed_bytes += after;
            self.changed.push(slot as u32);
        }
    }

    /// Makes room: up to `steps` steps of the clock hand, past pinned and recently used entries.
    fn evict(&mut self, steps: usize) {
        if self.unflushed.len() == self.table.len() {
            return;
        }
        let mut looked_at = 0;
        // Free slots cost less than entries; after a compaction there are at most three for each.
        for _ in 0..4 * steps {
            if self.cached_bytes <= self.limit.cache_bytes || looked_at == steps {
                return;
            }
            self.hand = if self.hand + 1 < self.entries.len() { self.hand + 1 } else { 0 };
            let entry = &mut self.entries[self.hand];
            looked_at += usize::from(entry.used);
            if !entry.used || entry.unflushed || std::mem::take(&mut entry.recent) {
                continue;
            }
            let slot = self.hand as u32;
            self.cached_bytes -= entry.size_bytes();
            if let Ok(found) = self.table.find_entry(entry.hash, |other| *other == slot) {
                found.remove();
            }
            *entry = Entry::default();
            self.free.push(slot);
        }
    }
}

impl Store for CachedStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>> {
        let slot = self.load(key)?;
        Ok(self.entries[slot].value.as_deref().map(Bytes::copy_from_slice))
    }

    fn multi_get(&mut self, keys: &[&[u8]]) -> Result<Vec<Option<Bytes>>> {
        self.prefetch(keys)?;
        keys.iter().map(|key| self.get(key)).collect()
    }

    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        let hash = key_hash(key);
        let slot = match self.find(hash, key) {
            Some(slot) => slot,
            None => self.insert(hash, key, None),
        };
        self.entries[slot].recent = true;
        self.set(slot, value);
        Ok(())
    }

    fn update(&mut self, key: &[u8], update: Update<'_>) -> Result<()> {
        let slot = self.load(key)?;
        self.update_slot(slot, update)
    }

    fn update_many(&mut self, keys: &[HashedKey<'_>], update: UpdateMany<'_>) -> Result<()> {
        let slots = self.load_many(keys)?;
        for (index, slot) in slots.into_iter().enumerate() {
            self.update_slot(slot, &mut |value, written| update(index, value, written))?;
        }
        self.evict(EVICTION_STEPS * keys.len());
        Ok(())
    }

    fn prefetch(&mut self, keys: &[&[u8]]) -> Result<()> {
        let mut missing: Vec<(u64, &[u8])> = Vec::new();
        for key in keys {
            let hash = key_hash(key);
            if self.find(hash, key).is_none() {
                missing.push((hash, key));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable_by(|left, right| left.1.cmp(right.1));
        missing.dedup();
        let wanted: Vec<&[u8]> = missing.iter().map(|(_, key)| *key).collect();
        let values = self.backing.multi_get(&wanted)?;
        for ((hash, key), value) in missing.into_iter().zip(values) {
            self.insert(hash, key, value);
        }
        Ok(())
    }

    fn scan(&mut self, from: &[u8], to: Option<&[u8]>, visit: Scan<'_>) -> Result<()> {
        let entries = &self.entries;
        self.order.keep(self.unflushed.iter().map(|slot| (entries[*slot as usize].key.clone(), *slot)));
        let mut ahead = self.order.range(from, to).map(|(key, slot)| (key, entries[slot as usize].value.as_deref())).peekable();
        let mut stopped = false;
        self.backing.scan(from, to, &mut |key, value| {
            while let Some((newer, newer_value)) = ahead.next_if(|(newer, _)| newer.as_ref() <= key) {
                if let Some(newer_value) = newer_value
                    && visit(newer, newer_value)?.is_break()
                {
                    stopped = true;
                    return Ok(ControlFlow::Break(()));
                }
                if newer.as_ref() == key {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            let flow = visit(key, value)?;
            stopped |= flow.is_break();
            Ok(flow)
        })?;
        if stopped {
            return Ok(());
        }
        for (key, value) in ahead {
            if let Some(value) = value
                && visit(key, value)?.is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn size_bytes(&self) -> u64 {
        self.backing.size_bytes() + self.cached_bytes as u64
    }
}
