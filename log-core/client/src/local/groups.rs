//! The consumer groups with members in this process: their machines, their members' bells, and commits under way.
//!
//! A commit asks for a [`CommitPermit`] first. Until the permit is dropped, whoever is given one of its partitions does not look up the
//! committed position: so a position is never read while an older owner's commit, admitted before the rebalance, is still being stored.

use crate::group_machine::{Assignor, Event, GroupMachine, Refusal};
use crate::local::Wakeup;
use crate::{Error, GroupMetadata, Result};
use log_model::{GroupId, TopicName, TopicPartition};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The groups of a log that have members or commits under way; others take no memory.
#[derive(Debug, Default)]
pub struct GroupRegistry {
    groups: Mutex<Groups>,
}

#[derive(Debug, Default)]
struct Groups {
    by_id: BTreeMap<GroupId, Group>,
    /// Over all groups, so that no id of a member comes again when a group does.
    members_ever: u64,
}

impl Groups {
    fn get_or_new(&mut self, id: &GroupId) -> &mut Group {
        self.by_id.entry(id.clone()).or_insert_with(Group::new)
    }

    /// Forgets a group that nobody is in and nobody commits to. Its positions are kept elsewhere.
    fn forget_if_idle(&mut self, id: &GroupId) {
        if self.by_id.get(id).is_some_and(|group| group.machine.is_empty() && group.committing.is_empty()) {
            self.by_id.remove(id);
        }
    }
}

#[derive(Debug)]
struct Group {
    machine: GroupMachine,
    bells: BTreeMap<String, Wakeup>,
    /// How many commits of each partition are being stored.
    committing: BTreeMap<TopicPartition, usize>,
}

impl Group {
    fn new() -> Self {
        Group { machine: GroupMachine::new(Assignor::default()), bells: BTreeMap::new(), committing: BTreeMap::new() }
    }

    fn handle(&mut self, event: Event) {
        if self.machine.handle(event) {
            self.ring();
        }
    }

    fn ring(&self) {
        self.bells.values().for_each(Wakeup::ring);
    }
}

impl GroupRegistry {
    /// Adds a member under a new id that begins with `client_id`; `bell` is rung at every change.
    pub fn join(&self, group: &GroupId, client_id: &str, topics: BTreeMap<TopicName, i32>, bell: &Wakeup) -> String {
        let mut groups = self.groups.lock();
        groups.members_ever += 1;
        let client = if client_id.is_empty() { "consumer" } else { client_id };
        let member = format!("{client}-{}", groups.members_ever);
        let group = groups.get_or_new(group);
        group.bells.insert(member.clone(), bell.clone());
        group.handle(Event::MemberJoined { member: member.clone(), topics });
        member
    }

    /// Changes what a member subscribes to.
    pub fn resubscribe(&self, group: &GroupId, member: &str, topics: BTreeMap<TopicName, i32>) {
        if let Some(group) = self.groups.lock().by_id.get_mut(group) {
            group.handle(Event::MemberJoined { member: member.to_string(), topics });
        }
    }

    /// Removes a member.
    pub fn leave(&self, group: &GroupId, member: &str) {
        let mut groups = self.groups.lock();
        if let Some(group) = groups.by_id.get_mut(group) {
            group.bells.remove(member);
            group.handle(Event::MemberLeft { member: member.to_string() });
        }
        groups.forget_if_idle(group);
    }

    /// Tells all groups that a topic has another number of partitions, 0 when it was deleted.
    pub fn topic_changed(&self, topic: &TopicName, partition_count: i32) {
        for group in self.groups.lock().by_id.values_mut() {
            group.handle(Event::TopicChanged { topic: topic.clone(), partition_count });
        }
    }

    /// The generation and, if it is a new one, what the member has in it; `None` if it is no member.
    pub fn look(&self, group: &GroupId, member: &str, known_generation: i32) -> Option<(i32, Option<Vec<TopicPartition>>)> {
        let mut groups = self.groups.lock();
        let machine = &mut groups.by_id.get_mut(group)?.machine;
        let generation = machine.generation();
        if generation == known_generation {
            return Some((generation, None));
        }
        Some((generation, Some(machine.look(member)?)))
    }

    /// A member has done with what was taken from it at its last look: others may be told of it.
    pub fn release(&self, group: &GroupId, member: &str) {
        if let Some(group) = self.groups.lock().by_id.get_mut(group)
            && group.machine.release(member)
        {
            group.ring();
        }
    }

    /// Rings every member's bell: the log closes.
    pub fn ring_all(&self) {
        self.groups.lock().by_id.values().flat_map(|group| group.bells.values()).for_each(Wakeup::ring);
    }

    /// The groups that have members.
    pub fn with_members(&self) -> Vec<GroupId> {
        self.groups.lock().by_id.iter().filter(|(_, group)| !group.machine.is_empty()).map(|(id, _)| id.clone()).collect()
    }

    /// Whether a commit of this partition is still being stored.
    pub fn is_committing(&self, group: &GroupId, partition: &TopicPartition) -> bool {
        self.groups.lock().by_id.get(group).is_some_and(|group| group.committing.contains_key(partition))
    }

    /// Admits a commit. A caller that assigns itself (generation -1) is not fenced.
    ///
    /// Errors: `Fenced` for one who is no member, `Rebalancing` for a partition that the member does not hold, or has got back since its generation.
    pub fn begin_commit(self: &Arc<Self>, by: &GroupMetadata, partitions: Vec<TopicPartition>) -> Result<CommitPermit> {
        let mut groups = self.groups.lock();
        if by.generation >= 0 || !by.member.is_empty() {
            let unknown = || refused(by, Refusal::UnknownMember);
            let machine = &groups.by_id.get(&by.group).ok_or_else(unknown)?.machine;
            machine.check_commit(&by.member, by.generation, &partitions).map_err(|refusal| refused(by, refusal))?;
        }
        let group = groups.get_or_new(&by.group);
        for partition in &partitions {
            *group.committing.entry(partition.clone()).or_default() += 1;
        }
        Ok(CommitPermit { registry: self.clone(), group: by.group.clone(), partitions })
    }

    /// As [`GroupRegistry::begin_commit`], for positions in a transaction: every refusal is `Fenced`, because repeating the commit cannot help.
    /// Abort the transaction, then poll for the new assignment.
    pub fn begin_transactional_commit(self: &Arc<Self>, by: &GroupMetadata, partitions: Vec<TopicPartition>) -> Result<CommitPermit> {
        self.begin_commit(by, partitions).map_err(|error| match error {
            Error::Rebalancing { group } => {
                Error::Fenced { who: format!("member {:?} of group {group} at generation {}", by.member, by.generation) }
            }
            error => error,
        })
    }

    fn end_commit(&self, id: &GroupId, partitions: &[TopicPartition]) {
        let mut groups = self.groups.lock();
        let Some(group) = groups.by_id.get_mut(id) else { return };
        for partition in partitions {
            if let Some(count) = group.committing.get_mut(partition) {
                *count -= 1;
                if *count == 0 {
                    group.committing.remove(partition);
                }
            }
        }
        group.ring();
        groups.forget_if_idle(id);
    }
}

fn refused(by: &GroupMetadata, refusal: Refusal) -> Error {
    match refusal {
        Refusal::UnknownMember => Error::Fenced { who: format!("member {:?} of group {}", by.member, by.group) },
        Refusal::OldGeneration { .. } | Refusal::NotHeld { .. } => Error::Rebalancing { group: by.group.clone() },
    }
}

/// The right to store a group's positions; keep it until they are stored or given up.
#[derive(Debug)]
pub struct CommitPermit {
    registry: Arc<GroupRegistry>,
    group: GroupId,
    partitions: Vec<TopicPartition>,
}

impl Drop for CommitPermit {
    fn drop(&mut self) {
        self.registry.end_commit(&self.group, &self.partitions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry_with_member() -> (Arc<GroupRegistry>, GroupId, String, TopicPartition) {
        let registry = Arc::new(GroupRegistry::default());
        let (group, topic) = (GroupId::new("g"), TopicName::new("t").unwrap());
        let member = registry.join(&group, "", BTreeMap::from([(topic.clone(), 1)]), &Wakeup::default());
        (registry, group, member, topic.partition(0))
    }

    fn group_count(registry: &GroupRegistry) -> usize {
        registry.groups.lock().by_id.len()
    }

    #[test]
    fn groups_without_members_and_commits_take_no_memory() {
        let (registry, group, member, partition) = registry_with_member();
        let permit = registry.begin_commit(&GroupMetadata::unmanaged(group.clone()), vec![partition.clone()]).unwrap();
        registry.leave(&group, &member);
        assert_eq!(group_count(&registry), 1, "a commit is under way");
        assert!(registry.is_committing(&group, &partition));
        drop(permit);
        assert_eq!(group_count(&registry), 0);
        for number in 0..10 {
            let other = GroupMetadata::unmanaged(GroupId::new(format!("other {number}")));
            drop(registry.begin_commit(&other, vec![partition.clone()]).unwrap());
        }
        assert_eq!(group_count(&registry), 0);
    }

    #[test]
    fn a_member_of_a_group_that_came_to_an_end_stays_fenced_when_it_begins_anew() {
        let (registry, group, old, partition) = registry_with_member();
        let generation = registry.look(&group, &old, -1).unwrap().0;
        let by = GroupMetadata { group: group.clone(), generation, member: old.clone() };
        registry.leave(&group, &old);
        let refused = |by: &GroupMetadata| registry.begin_commit(by, vec![partition.clone()]).err();
        assert!(matches!(refused(&by), Some(Error::Fenced { .. })));
        let new = registry.join(&group, "", BTreeMap::from([(partition.topic.clone(), 1)]), &Wakeup::default());
        assert!(new != old && matches!(refused(&by), Some(Error::Fenced { .. })));
        assert_eq!(group_count(&registry), 1);
    }
}
