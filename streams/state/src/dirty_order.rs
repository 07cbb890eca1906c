//! The keys that the cache holds ahead of its backing store, in key order, for scans.
//!
//! Keeping an order costs every write; most stores are never scanned. So the order is built at the first scan and kept up from then on.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::ops::Bound;

/// An ordered index of slots, absent until asked for.
#[derive(Debug, Default)]
pub(crate) struct DirtyOrder(Option<BTreeMap<Bytes, u32>>);

impl DirtyOrder {
    /// Notes a key, if the order is kept.
    pub(crate) fn insert(&mut self, key: &Bytes, slot: u32) {
        if let Some(order) = &mut self.0 {
            order.insert(key.clone(), slot);
        }
    }

    /// Everything reached the backing store.
    pub(crate) fn clear(&mut self) {
        if let Some(order) = &mut self.0 {
            order.clear();
        }
    }

    /// From now on the order is kept; `all` is what it begins with.
    pub(crate) fn keep(&mut self, all: impl Iterator<Item = (Bytes, u32)>) {
        if self.0.is_none() {
            self.0 = Some(all.collect());
        }
    }

    /// The slots with `from ≤ key < to`, in key order.
    pub(crate) fn range<'a>(&'a self, from: &[u8], to: Option<&[u8]>) -> impl Iterator<Item = (&'a Bytes, u32)> + use<'a> {
        let empty = to.is_some_and(|to| to <= from);
        let order = self.0.as_ref().filter(|_| !empty);
        let end = to.map_or(Bound::Unbounded, Bound::Excluded);
        order.map(|order| order.range::<[u8], _>((Bound::Included(from), end))).into_iter().flatten().map(|(key, slot)| (key, *slot))
    }
}
