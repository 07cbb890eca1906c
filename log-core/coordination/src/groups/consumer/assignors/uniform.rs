//! As evenly as subscriptions allow, over all topics together; members keep what they were meant to have as far as evenness allows.
//!
//! With equal subscriptions no two members differ by more than one partition, and no partition moves that need not. With unequal ones, no partition
//! can be moved from one of its subscribers to another so that the two come closer.
//!
//! Source: what Kafka's `UniformAssignor` promises; the ways to it are our own.

use super::spec::Spec;
use crate::groups::event::{Id, Partitions};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Who gets what.
pub(super) fn assign(spec: &Spec) -> BTreeMap<Id, Partitions> {
    let mut shares = Shares::kept(spec);
    let mut subscriptions = spec.members.values().map(|member| &member.topics);
    let first = subscriptions.next();
    if first.is_some_and(|first| subscriptions.all(|topics| topics == first)) {
        shares.cut_to_quota(spec);
        shares.hand_out(spec);
    } else {
        shares.hand_out(spec);
        shares.even_out(spec);
    }
    shares.by_member
}

struct Shares {
    by_member: BTreeMap<Id, Partitions>,
    sizes: BTreeMap<Id, usize>,
}

impl Shares {
    /// What members were meant to have and may still have; nothing twice.
    fn kept(spec: &Spec) -> Shares {
        let mut shares = Shares { by_member: BTreeMap::new(), sizes: BTreeMap::new() };
        let mut given: BTreeSet<(Uuid, i32)> = BTreeSet::new();
        for (id, member) in &spec.members {
            let mut kept = Partitions::new();
            for (topic, partitions) in member.previous.iter().filter(|(topic, _)| member.topics.contains(*topic)) {
                let count = spec.partition_counts.get(topic).copied().unwrap_or(0);
                let valid: BTreeSet<i32> = partitions
                    .iter()
                    .copied()
                    .filter(|partition| (0..count).contains(partition) && given.insert((*topic, *partition)))
                    .collect();
                if !valid.is_empty() {
                    kept.insert(*topic, valid);
                }
            }
            shares.sizes.insert(Id::clone(id), kept.values().map(BTreeSet::len).sum());
            shares.by_member.insert(Id::clone(id), kept);
        }
        shares
    }

    /// Takes from those that have more than their share. As many members as there are partitions left over keep one more.
    fn cut_to_quota(&mut self, spec: &Spec) {
        let total: usize = spec.partition_counts.values().map(|count| usize::try_from(*count).unwrap_or(0)).sum();
        let quota = total / spec.members.len().max(1);
        let mut extra = total % spec.members.len().max(1);
        for id in spec.members.keys() {
            let mut quota = quota;
            if extra > 0 && self.size(id) > quota {
                quota += 1;
                extra -= 1;
            }
            while self.size(id) > quota {
                let last =
                    self.by_member.get(id).and_then(|kept| kept.iter().next_back()).and_then(|(topic, all)| Some((*topic, *all.last()?)));
                let Some((topic, partition)) = last else { break };
                self.take(id, topic, partition);
            }
        }
    }

    /// Gives out what nobody has, always to the subscriber with the least; topics with few subscribers first, as they leave the least choice.
    fn hand_out(&mut self, spec: &Spec) {
        let given: BTreeSet<(Uuid, i32)> = self
            .by_member
            .values()
            .flatten()
            .flat_map(|(topic, partitions)| partitions.iter().map(|partition| (*topic, *partition)))
            .collect();
        let mut topics: Vec<(usize, &Uuid)> = spec
            .partition_counts
            .keys()
            .map(|topic| (spec.members.values().filter(|member| member.topics.contains(topic)).count(), topic))
            .collect();
        topics.sort();
        for (_, topic) in topics {
            let mut subscribers = self.by_size(spec, topic);
            for partition in 0..spec.partition_counts[topic] {
                if given.contains(&(*topic, partition)) {
                    continue;
                }
                let Some((size, id)) = subscribers.pop_first() else { break };
                self.give(&id, *topic, partition);
                subscribers.insert((size + 1, id));
            }
        }
    }

    /// Moves partitions from those that have more to those that have less, until no move brings two subscribers of a topic closer. Every move makes
    /// the sum of the squares of the sizes smaller, so there is an end.
    fn even_out(&mut self, spec: &Spec) {
        loop {
            let mut moved = false;
            for topic in spec.partition_counts.keys() {
                let mut subscribers = self.by_size(spec, topic);
                while let Some((donor_size, donor, partition)) = self.largest_holder(&subscribers, topic) {
                    let Some((size, receiver)) = subscribers.first().cloned() else { break };
                    if donor_size <= size + 1 {
                        break;
                    }
                    self.take(&donor, *topic, partition);
                    self.give(&receiver, *topic, partition);
                    subscribers.remove(&(donor_size, Id::clone(&donor)));
                    subscribers.remove(&(size, Id::clone(&receiver)));
                    subscribers.insert((donor_size - 1, donor));
                    subscribers.insert((size + 1, receiver));
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// The subscriber with the most of those that have a partition of the topic, and its last one.
    fn largest_holder(&self, subscribers: &BTreeSet<(usize, Id)>, topic: &Uuid) -> Option<(usize, Id, i32)> {
        subscribers.iter().rev().find_map(|(size, id)| {
            let partition = self.by_member.get(id)?.get(topic)?.last()?;
            Some((*size, Id::clone(id), *partition))
        })
    }

    fn by_size(&self, spec: &Spec, topic: &Uuid) -> BTreeSet<(usize, Id)> {
        spec.members.iter().filter(|(_, member)| member.topics.contains(topic)).map(|(id, _)| (self.size(id), Id::clone(id))).collect()
    }

    fn size(&self, id: &Id) -> usize {
        self.sizes.get(id).copied().unwrap_or(0)
    }

    fn give(&mut self, id: &Id, topic: Uuid, partition: i32) {
        if self.by_member.entry(Id::clone(id)).or_default().entry(topic).or_default().insert(partition) {
            *self.sizes.entry(Id::clone(id)).or_default() += 1;
        }
    }

    fn take(&mut self, id: &Id, topic: Uuid, partition: i32) {
        let Some(share) = self.by_member.get_mut(id) else { return };
        let Some(partitions) = share.get_mut(&topic) else { return };
        if partitions.remove(&partition)
            && let Some(size) = self.sizes.get_mut(id)
        {
            *size -= 1;
        }
        if partitions.is_empty() {
            share.remove(&topic);
        }
    }
}
