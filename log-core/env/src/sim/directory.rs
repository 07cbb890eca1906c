//! The names of one simulated directory: what is on the platter, what the program sees, and the changes between the two.

use super::content::Survival;
use crate::Random;
use std::collections::BTreeMap;

/// The number of a file or directory, never reused.
pub(super) type NodeId = u64;

/// Names set (or, with `None`, removed) together: a rename within a directory is one change.
type Change = Vec<(String, Option<NodeId>)>;

#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    durable: BTreeMap<String, NodeId>,
    seen: BTreeMap<String, NodeId>,
    pending: Vec<Change>,
}

fn apply(names: &mut BTreeMap<String, NodeId>, change: &Change) {
    for (name, id) in change {
        match id {
            Some(id) => _ = names.insert(name.clone(), *id),
            None => _ = names.remove(name),
        }
    }
}

impl Directory {
    pub(super) fn get(&self, name: &str) -> Option<NodeId> {
        self.seen.get(name).copied()
    }

    /// The names the program sees.
    pub(super) fn names(&self) -> impl Iterator<Item = (&String, NodeId)> {
        self.seen.iter().map(|(name, id)| (name, *id))
    }

    /// Everything a name leads to or may lead to after a power cut.
    pub(super) fn reachable(&self) -> impl Iterator<Item = NodeId> {
        let pending = self.pending.iter().flatten().filter_map(|(_, id)| *id);
        self.durable.values().copied().chain(self.seen.values().copied()).chain(pending)
    }

    pub(super) fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change);
        self.pending.push(change);
    }

    pub(super) fn is_clean(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    pub(super) fn after_power_cut(&self, survival: Survival, random: &dyn Random) -> Directory {
        let mut left = self.durable.clone();
        let prefix = match survival {
            Survival::Prefix => random.below(self.pending.len() as u64 + 1) as usize,
            Survival::Sectors(_) => self.pending.len(),
        };
        for change in &self.pending[..prefix] {
            let survives = match survival {
                Survival::Prefix => true,
                Survival::Sectors(chance) => random.below(256) < chance,
            };
            if survives {
                apply(&mut left, change);
            }
        }
        Directory { durable: left.clone(), seen: left, pending: Vec::new() }
    }
}
