//! Groups that changed since the last time changes were put out, with what they were then.

use bytes::Bytes;
use std::collections::BTreeMap;

/// More groups than this are not held back.
const GROUPS_MAX: usize = 65_536;

/// Changed groups by entry key, so that changes leave in the order of windows and groups.
#[derive(Default)]
pub(super) struct Pending {
    before: BTreeMap<Vec<u8>, Option<Bytes>>,
}

impl Pending {
    /// Notes a change. What the group was at its first change counts.
    pub(super) fn note(&mut self, entry: &[u8], before: Option<Bytes>) {
        if !self.before.contains_key(entry) {
            self.before.insert(entry.to_vec(), before);
        }
    }

    /// Whether so many groups wait that they should leave now.
    pub(super) fn is_full(&self) -> bool {
        self.before.len() >= GROUPS_MAX
    }

    /// Takes the groups whose entry keys are below `end`, or all.
    pub(super) fn take_below(&mut self, end: Option<&[u8]>) -> BTreeMap<Vec<u8>, Option<Bytes>> {
        match end {
            None => std::mem::take(&mut self.before),
            Some(end) => {
                let rest = self.before.split_off(end);
                std::mem::replace(&mut self.before, rest)
            }
        }
    }
}
