//! A classic group: its state and the questions it answers about itself.
//!
//! Always: `bytes` is the sum over the members; a static member's instance id leads to its present member id; there is a leader, who is a member,
//! if and only if there are members; callers wait in `join` only while the group prepares a rebalance, in `sync` only while it completes one.
//!
//! Source: Kafka's `ClassicGroup`.

use super::member::Member;
use crate::groups::event::{Id, Token};
use log_model::KafkaCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a group is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No members, perhaps offsets.
    Empty,
    /// Waiting for every member to join again.
    PreparingRebalance,
    /// Waiting for the leader's assignment.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
}

impl State {
    /// Kafka's name of it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// The first rebalance of an empty group waits a while for more members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InitialDelay {
    /// How much longer it may be put off after the present wait.
    pub(crate) remaining_ms: i32,
    /// The present wait.
    pub(crate) wait_ms: i32,
    /// Somebody joined during the present wait.
    pub(crate) member_added: bool,
}

/// A classic group.
#[derive(Clone, Debug)]
pub(crate) struct ClassicGroup {
    /// Its id.
    pub(crate) id: Id,
    /// Where it is.
    pub(crate) state: State,
    /// Since when.
    pub(crate) state_timestamp_ms: i64,
    /// The protocol type of its members.
    pub(crate) protocol_type: Option<String>,
    /// The chosen protocol of the generation.
    pub(crate) protocol_name: Option<Id>,
    /// The generation.
    pub(crate) generation: i32,
    /// The leader.
    pub(crate) leader: Option<Id>,
    /// The members.
    pub(crate) members: BTreeMap<Id, Arc<Member>>,
    /// Static members by instance id.
    pub(crate) instances: BTreeMap<Id, Id>,
    /// Ids that were given out and have not come back.
    pub(crate) pending_joins: BTreeSet<Id>,
    /// Members of the generation that have not asked for their assignment.
    pub(crate) pending_syncs: BTreeSet<Id>,
    /// The wait of a first rebalance, while it lasts.
    pub(crate) initial_delay: Option<InitialDelay>,
    /// Topics of a group of consumers; `None` if its metadata does not say.
    pub(crate) topics: Option<BTreeSet<Id>>,
    /// Why it rebalanced last.
    pub(crate) reason: String,
    /// What the members cost.
    pub(crate) bytes: usize,
}

impl ClassicGroup {
    /// A group without members.
    pub(crate) fn new(id: Id, now_ms: i64) -> Self {
        ClassicGroup {
            id,
            state: State::Empty,
            state_timestamp_ms: now_ms,
            protocol_type: None,
            protocol_name: None,
            generation: 0,
            leader: None,
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            pending_joins: BTreeSet::new(),
            pending_syncs: BTreeSet::new(),
            initial_delay: None,
            topics: None,
            reason: String::new(),
            bytes: 0,
        }
    }

    /// Whether it has no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Empty
    }

    /// Whether it is as if it had never been: nothing stored, nobody about to come.
    pub(crate) fn is_transient(&self) -> bool {
        self.is_empty() && self.generation == 0 && self.pending_joins.is_empty()
    }

    /// Goes to another state.
    pub(crate) fn enter(&mut self, state: State, now_ms: i64) {
        self.state = state;
        self.state_timestamp_ms = now_ms;
    }

    /// A member.
    pub(crate) fn member(&self, id: &str) -> Option<&Member> {
        self.members.get(id).map(|member| &**member)
    }

    /// A member, to change; its cost must not change.
    pub(crate) fn member_mut(&mut self, id: &str) -> Option<&mut Member> {
        self.members.get_mut(id).map(Arc::make_mut)
    }

    /// Puts a member in, in place of the one there was.
    pub(crate) fn put(&mut self, member: Member) {
        if self.members.is_empty() && self.leader.is_none() {
            self.leader = Some(Id::clone(&member.id));
        }
        if let Some(instance_id) = &member.instance_id {
            self.instances.insert(Id::clone(instance_id), Id::clone(&member.id));
        }
        self.bytes += member.bytes();
        if let Some(old) = self.members.insert(Id::clone(&member.id), Arc::new(member)) {
            self.bytes -= old.bytes();
        }
    }

    /// Takes a member out; somebody else becomes the leader if it was the leader.
    pub(crate) fn take(&mut self, id: &str) -> Option<Member> {
        let member = Arc::unwrap_or_clone(self.members.remove(id)?);
        self.bytes -= member.bytes();
        if let Some(instance_id) = &member.instance_id
            && self.instances.get(instance_id).is_some_and(|owner| **owner == *id)
        {
            self.instances.remove(instance_id);
        }
        self.pending_syncs.remove(id);
        if self.leader.as_deref() == Some(id) {
            self.leader = self.members.keys().next().map(Id::clone);
        }
        Some(member)
    }

    /// Whether a member is the leader.
    pub(crate) fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// Whether the group can only go on without a member: unknown, or fenced by another with its instance id.
    pub(crate) fn check_member(&self, id: &str, instance_id: Option<&str>) -> Result<(), KafkaCode> {
        if let Some(instance_id) = instance_id {
            match self.instances.get(instance_id) {
                None => return Err(KafkaCode::UnknownMemberId),
                Some(owner) if **owner != *id => return Err(KafkaCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(id) { Ok(()) } else { Err(KafkaCode::UnknownMemberId) }
    }

    /// Whether a member with these protocols fits in.
    pub(crate) fn fits(&self, protocol_type: &str, protocols: &[(Id, bytes::Bytes)]) -> bool {
        if protocol_type.is_empty() || protocols.is_empty() {
            return false;
        }
        if self.members.is_empty() {
            return true;
        }
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(|(name, _)| self.members.values().all(|member| member.speaks(name)))
    }

    /// The protocol that all members speak and most prefer; between equals the one the leader prefers.
    pub(crate) fn choose_protocol(&self) -> Option<Id> {
        let leader = self.leader.as_ref().and_then(|id| self.members.get(id))?;
        let candidates: Vec<&Id> =
            leader.protocols.iter().map(|(name, _)| name).filter(|name| self.members.values().all(|member| member.speaks(name))).collect();
        let mut votes = vec![0_usize; candidates.len()];
        for member in self.members.values() {
            let choice = member.protocols.iter().find_map(|(name, _)| candidates.iter().position(|candidate| *candidate == name));
            if let Some(vote) = choice.and_then(|index| votes.get_mut(index)) {
                *vote += 1;
            }
        }
        let most = *votes.iter().max()?;
        candidates.into_iter().zip(votes).find(|(_, count)| *count == most).map(|(name, _)| Id::clone(name))
    }

    /// How long a rebalance waits: as long as its most patient member.
    pub(crate) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0)
    }

    /// Whether the join phase waits for nobody.
    pub(crate) fn all_joined(&self) -> bool {
        self.pending_joins.is_empty() && self.members.values().all(|member| member.join.is_some())
    }

    /// Everyone who waits for the group.
    pub(crate) fn waiting(&self) -> Vec<(Token, Waiting)> {
        let joins = self.members.values().filter_map(|member| member.join.map(|token| (token, Waiting::Join(Id::clone(&member.id)))));
        let syncs = self.members.values().filter_map(|member| member.sync.map(|token| (token, Waiting::Sync)));
        joins.chain(syncs).collect()
    }

    /// Panics if what always holds does not.
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.members.is_empty(), self.leader.is_none(), "group {}: a leader without members, or members without one", self.id);
        if let Some(leader) = &self.leader {
            assert!(self.members.contains_key(leader), "group {}: the leader {leader} is no member", self.id);
        }
        assert_eq!(
            self.members.is_empty() && self.state != State::PreparingRebalance,
            self.is_empty(),
            "group {}: state and members",
            self.id
        );
        for (instance_id, id) in &self.instances {
            assert!(self.members.contains_key(id), "group {}: the static member {instance_id} is no member", self.id);
        }
    }
}

/// What a caller waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The end of the join phase; with the member's id.
    Join(Id),
    /// The assignment.
    Sync,
}
