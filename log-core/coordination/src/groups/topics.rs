//! The topics of the node, as far as groups care: name, id, partition count.
//!
//! Always: names and ids are one to one. `version` grows with every change.

use super::event::Id;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its id.
    pub(crate) id: Uuid,
    /// How many partitions it has.
    pub(crate) partition_count: i32,
}

/// All topics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topics {
    by_name: BTreeMap<Id, Topic>,
    names: BTreeMap<Uuid, Id>,
    version: i64,
}

impl Topics {
    /// Takes note of a topic; returns whether anything changed.
    pub(crate) fn put(&mut self, name: &Id, id: Uuid, partition_count: i32) -> bool {
        let topic = Topic { id, partition_count };
        if self.by_name.get(name) == Some(&topic) {
            return false;
        }
        if let Some(old) = self.by_name.insert(Id::clone(name), topic) {
            self.names.remove(&old.id);
        }
        self.names.insert(id, Id::clone(name));
        self.version += 1;
        true
    }

    /// Forgets a topic; returns whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(old) = self.by_name.remove(name) else { return false };
        self.names.remove(&old.id);
        self.version += 1;
        true
    }

    /// The topic of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Topic> {
        self.by_name.get(name).copied()
    }

    /// The name of an id.
    pub(crate) fn name(&self, id: &Uuid) -> Option<&Id> {
        self.names.get(id)
    }

    /// How many partitions the topic of an id has; 0 if there is none.
    pub(crate) fn partition_count(&self, id: &Uuid) -> i32 {
        self.name(id).and_then(|name| self.get(name)).map_or(0, |topic| topic.partition_count)
    }

    /// All names, in order.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &Id> {
        self.by_name.keys()
    }

    /// Grows with every change.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// A hash (FNV-1a, 64 bits) over those of the named topics that exist: their names, ids and partition counts. Kafka hashes otherwise
    /// (KIP-1101); the value is only ever compared with earlier ones of ours, and another one costs a rebalance without effect. Never 0, which
    /// stands for no topics.
    pub(crate) fn hash<'a>(&self, names: impl Iterator<Item = &'a Id>) -> i64 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let mut mix = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        let mut any = false;
        for name in names {
            if let Some(topic) = self.get(name) {
                any = true;
                mix(&(name.len() as u64).to_le_bytes());
                mix(name.as_bytes());
                mix(topic.id.as_bytes());
                mix(&topic.partition_count.to_le_bytes());
            }
        }
        match (any, hash.cast_signed()) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, hash) => hash,
        }
    }
}
