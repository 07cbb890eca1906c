//! A consumer group: its state, and how a record changes it.
//!
//! Always: the durable state changes by records alone, the same way when they are made and when they are replayed; a partition has one owner, the
//! member that has it assigned or has yet to give it up; an instance id leads to its present member.
//!
//! Source: Kafka's `ConsumerGroup`.

use crate::groups::event::{Id, Partitions};
use crate::groups::records::{
    AssignedPartitions, CurrentAssignment, GroupEpoch, MemberState, MemberSubscription, Record, ResolvedRegex, TargetEpoch,
};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// What a member costs beside its texts.
const MEMBER_BYTES: usize = 256;

/// Where a group is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No members.
    Empty,
    /// The target assignment is older than the group.
    Assigning,
    /// Members are on their way to the target.
    Reconciling,
    /// Every member has its target.
    Stable,
}

impl State {
    /// Kafka's name of it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::Assigning => "Assigning",
            State::Reconciling => "Reconciling",
            State::Stable => "Stable",
        }
    }
}

/// A member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// Who it is and what it subscribes to.
    pub(crate) subscription: MemberSubscription,
    /// What it has.
    pub(crate) current: CurrentAssignment,
}

/// A consumer group.
#[derive(Clone, Debug)]
pub(crate) struct ConsumerGroup {
    /// Its id.
    pub(crate) id: Id,
    /// Its epoch.
    pub(crate) epoch: GroupEpoch,
    /// The epoch of the target assignment.
    pub(crate) target_epoch: TargetEpoch,
    /// The members.
    pub(crate) members: BTreeMap<Id, Arc<Member>>,
    /// Static members by instance id.
    pub(crate) instances: BTreeMap<Id, Id>,
    /// What each member shall have.
    pub(crate) targets: BTreeMap<Id, Arc<Partitions>>,
    /// What the members' regular expressions match.
    pub(crate) regexes: BTreeMap<Id, Arc<ResolvedRegex>>,
    /// Who has a partition, by topic.
    pub(crate) owners: BTreeMap<Uuid, Arc<BTreeMap<i32, Id>>>,
    /// The version of the topics that the epoch takes into account; not durable.
    pub(crate) seen_topics_version: Option<i64>,
    /// The version of the topics that the expressions were matched against, and when; not durable.
    pub(crate) regexes_matched: Option<(i64, i64)>,
    /// What the members cost; not durable.
    pub(crate) bytes: usize,
    /// How many members have each regular expression, so that a heartbeat needs not look at all of them; not durable.
    pub(crate) regex_uses: BTreeMap<Id, usize>,
}

/// The durable part is what counts.
impl PartialEq for ConsumerGroup {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.epoch == other.epoch
            && self.target_epoch == other.target_epoch
            && self.members == other.members
            && self.instances == other.instances
            && self.targets == other.targets
            && self.regexes == other.regexes
            && self.owners == other.owners
    }
}

impl ConsumerGroup {
    /// A group without members.
    pub(crate) fn new(id: Id) -> Self {
        ConsumerGroup {
            id,
            epoch: GroupEpoch::default(),
            target_epoch: TargetEpoch::default(),
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            targets: BTreeMap::new(),
            regexes: BTreeMap::new(),
            owners: BTreeMap::new(),
            seen_topics_version: None,
            regexes_matched: None,
            bytes: 0,
            regex_uses: BTreeMap::new(),
        }
    }

    /// Whether it has no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Where it is.
    pub(crate) fn state(&self) -> State {
        let settled =
            |member: &Arc<Member>| member.current.state == MemberState::Stable && member.current.member_epoch == self.target_epoch.epoch;
        if self.members.is_empty() {
            State::Empty
        } else if self.epoch.epoch > self.target_epoch.epoch {
            State::Assigning
        } else if self.members.values().all(settled) {
            State::Stable
        } else {
            State::Reconciling
        }
    }

    /// Who has a partition.
    pub(crate) fn owner(&self, topic: &Uuid, partition: i32) -> Option<&Id> {
        self.owners.get(topic)?.get(&partition)
    }

    /// Makes a record and changes accordingly.
    pub(crate) fn emit(self: &mut Arc<Self>, record: Record, turn: &mut Turn<'_>) {
        let conflict = Arc::make_mut(self).apply(record.clone());
        assert!(conflict.is_none(), "group {}: {conflict:?} has another owner", self.id);
        turn.records.push(record);
    }

    /// Changes as a record says. Returns a partition that had another owner: a bug when the record is new, damage when it was read.
    pub(crate) fn apply(&mut self, record: Record) -> Option<(Uuid, i32)> {
        match record {
            Record::GroupEpoch { value, .. } => self.epoch = value.unwrap_or_default(),
            Record::TargetEpoch { value, .. } => self.target_epoch = value.unwrap_or_default(),
            Record::Member { member, value: Some(subscription), .. } => self.subscribe(member, subscription),
            Record::Member { member, value: None, .. } => self.remove(&member),
            Record::TargetMember { member, value: Some(target), .. } => {
                self.targets.insert(member, Arc::new(target));
            }
            Record::TargetMember { member, value: None, .. } => {
                self.targets.remove(&member);
            }
            Record::CurrentAssignment { member, value, .. } => return self.settle(member, value),
            Record::Regex { regex, value: Some(resolved), .. } => {
                self.regexes.insert(regex, Arc::new(resolved));
            }
            Record::Regex { regex, value: None, .. } => {
                self.regexes.remove(&regex);
            }
            Record::ClassicGroup { .. } => {}
        }
        None
    }

    fn subscribe(&mut self, id: Id, subscription: MemberSubscription) {
        let old_bytes = self.members.get(&id).map_or(0, |member| subscription_bytes(&member.subscription));
        self.bytes = self.bytes - old_bytes + subscription_bytes(&subscription);
        let old_regex = self.members.get(&id).and_then(|member| member.subscription.topic_regex.clone());
        if old_regex != subscription.topic_regex {
            self.drop_regex(old_regex.as_ref());
            if let Some(regex) = &subscription.topic_regex {
                *self.regex_uses.entry(Id::clone(regex)).or_default() += 1;
            }
        }
        if let Some(instance_id) = &subscription.instance_id {
            self.instances.insert(Id::clone(instance_id), Id::clone(&id));
        }
        Arc::make_mut(self.members.entry(id).or_default()).subscription = subscription;
    }

    fn remove(&mut self, id: &Id) {
        let Some(member) = self.members.remove(id) else { return };
        self.release(id, &member.current);
        self.bytes = self.bytes.saturating_sub(subscription_bytes(&member.subscription));
        self.drop_regex(member.subscription.topic_regex.as_ref());
        if let Some(instance_id) = &member.subscription.instance_id
            && self.instances.get(instance_id) == Some(id)
        {
            self.instances.remove(instance_id);
        }
    }

    /// A member has this expression no longer.
    fn drop_regex(&mut self, regex: Option<&Id>) {
        let Some(regex) = regex else { return };
        let Some(count) = self.regex_uses.get_mut(regex) else { return };
        *count -= 1;
        if *count == 0 {
            self.regex_uses.remove(regex);
        }
    }

    fn settle(&mut self, id: Id, value: Option<CurrentAssignment>) -> Option<(Uuid, i32)> {
        if value.is_none() && !self.members.contains_key(&id) {
            return None;
        }
        let current = value.unwrap_or_default();
        if !self.members.contains_key(&id) {
            self.bytes += subscription_bytes(&MemberSubscription::default());
        }
        let member = Arc::make_mut(self.members.entry(Id::clone(&id)).or_default());
        let before = std::mem::replace(&mut member.current, current.clone());
        self.release(&id, &before);
        self.claim(&id, &current)
    }

    fn release(&mut self, id: &Id, current: &CurrentAssignment) {
        for (topic, partitions) in current.assigned.iter().chain(&current.pending_revocation) {
            let Some(owners) = self.owners.get_mut(topic) else { continue };
            let owners = Arc::make_mut(owners);
            owners.retain(|partition, owner| owner != id || !partitions.contains_key(partition));
            if owners.is_empty() {
                self.owners.remove(topic);
            }
        }
    }

    fn claim(&mut self, id: &Id, current: &CurrentAssignment) -> Option<(Uuid, i32)> {
        let mut conflict = None;
        for (topic, partitions) in current.assigned.iter().chain(&current.pending_revocation) {
            let owners = Arc::make_mut(self.owners.entry(*topic).or_default());
            for partition in partitions.keys() {
                if owners.insert(*partition, Id::clone(id)).is_some_and(|owner| owner != *id) {
                    conflict = Some((*topic, *partition));
                }
            }
        }
        conflict
    }

    /// Whether epochs and owners fit together.
    pub(crate) fn is_whole(&self) -> bool {
        let owns = |id: &Id, assigned: &AssignedPartitions| {
            assigned.iter().all(|(topic, partitions)| partitions.keys().all(|partition| self.owner(topic, *partition) == Some(id)))
        };
        self.target_epoch.epoch <= self.epoch.epoch
            && self.members.iter().all(|(id, member)| owns(id, &member.current.assigned) && owns(id, &member.current.pending_revocation))
    }

    /// Makes epochs and owners fit together: of two owners the later one keeps a partition.
    pub(crate) fn mend(&mut self) {
        self.epoch.epoch = self.epoch.epoch.max(self.target_epoch.epoch);
        let owners = std::mem::take(&mut self.owners);
        for (id, member) in &mut self.members {
            let current = &mut Arc::make_mut(member).current;
            for assigned in [&mut current.assigned, &mut current.pending_revocation] {
                for (topic, partitions) in assigned.iter_mut() {
                    partitions.retain(|partition, _| owners.get(topic).and_then(|owners| owners.get(partition)) == Some(id));
                }
                assigned.retain(|_, partitions| !partitions.is_empty());
            }
        }
        self.owners = owners;
    }

    /// Writes the deletion of everything.
    pub(crate) fn bury(&self, turn: &mut Turn<'_>) {
        let group = || Id::clone(&self.id);
        for id in self.members.keys() {
            turn.records.push(Record::CurrentAssignment { group: group(), member: Id::clone(id), value: None });
        }
        for id in self.targets.keys() {
            turn.records.push(Record::TargetMember { group: group(), member: Id::clone(id), value: None });
        }
        turn.records.push(Record::TargetEpoch { group: group(), value: None });
        for id in self.members.keys() {
            turn.records.push(Record::Member { group: group(), member: Id::clone(id), value: None });
        }
        for regex in self.regexes.keys() {
            turn.records.push(Record::Regex { group: group(), regex: Id::clone(regex), value: None });
        }
        turn.records.push(Record::GroupEpoch { group: group(), value: None });
    }

    /// Sets the deadlines that the state asks for.
    pub(crate) fn arm(&self, turn: &mut Turn<'_>) {
        for (id, member) in &self.members {
            self.renew_session(id, turn);
            let deadline_ms = turn.after(member.subscription.rebalance_timeout_ms);
            if self.must_rejoin(id, member) {
                turn.timers.set(Timer::Rejoin(Id::clone(id)), deadline_ms);
            } else if member.current.state == MemberState::UnrevokedPartitions {
                turn.timers.set(Timer::Revocation(Id::clone(id)), deadline_ms);
            }
        }
    }

    /// What [`regex_uses`](Self::regex_uses) is to be.
    fn counted_regexes(&self) -> BTreeMap<Id, usize> {
        let mut counted = BTreeMap::new();
        for regex in self.members.values().filter_map(|member| member.subscription.topic_regex.as_ref()) {
            *counted.entry(Id::clone(regex)).or_default() += 1;
        }
        counted
    }

    /// Panics if what always holds does not.
    pub(crate) fn assert_sound(&self) {
        for (instance_id, id) in &self.instances {
            assert!(self.members.contains_key(id), "group {}: the static member {instance_id} is no member", self.id);
        }
        debug_assert_eq!(self.regex_uses, self.counted_regexes(), "group {}: the expressions are not those of its members", self.id);
        assert!(self.target_epoch.epoch <= self.epoch.epoch, "group {}: the target assignment is ahead of the group", self.id);
    }
}

/// The partitions without their epochs.
pub(crate) fn without_epochs(assigned: &AssignedPartitions) -> Partitions {
    assigned.iter().map(|(topic, partitions)| (*topic, partitions.keys().copied().collect::<BTreeSet<i32>>())).collect()
}

/// What a member costs.
pub(crate) fn subscription_bytes(subscription: &MemberSubscription) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let protocols = subscription.classic.iter().flat_map(|classic| &classic.protocols);
    MEMBER_BYTES
        + protocols.map(|(name, metadata)| name.len() + metadata.len() + 32).sum::<usize>()
        + subscription.topic_names.iter().map(|name| name.len() + 32).sum::<usize>()
        + subscription.topic_regex.as_ref().map_or(0, |regex| regex.len())
        + subscription.instance_id.as_ref().map_or(0, |id| id.len())
        + text(&subscription.rack_id)
        + text(&subscription.server_assignor)
        + subscription.client_id.len()
        + subscription.client_host.len()
}
