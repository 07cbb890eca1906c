//! A classic group as its record, and back.
//!
//! A group comes back stable with the members of its last completed generation, or empty; a rebalance that was under way is begun by the members
//! again, who find their generation unchanged.

use super::commit::CONSUMER_PROTOCOL;
use super::group::{ClassicGroup, State};
use super::member::Member;
use super::subscription;
use crate::groups::event::Id;
use crate::groups::records::{ClassicGroupValue, ClassicMemberValue, Record};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use std::collections::BTreeSet;

impl ClassicGroup {
    /// Writes the group as it is.
    pub(super) fn persist(&self, turn: &mut Turn<'_>) {
        turn.records.push(Record::ClassicGroup { group: Id::clone(&self.id), value: Some(self.to_value()) });
    }

    /// Writes its deletion. A group that was never stored has nothing to delete, but a deletion too many harms nobody.
    pub(crate) fn bury(&self, turn: &mut Turn<'_>) {
        turn.records.push(Record::ClassicGroup { group: Id::clone(&self.id), value: None });
    }

    /// The group as its record.
    pub(crate) fn to_value(&self) -> ClassicGroupValue {
        let protocol = self.protocol_name.clone().unwrap_or_default();
        let members = self.members.values().map(|member| ClassicMemberValue {
            member_id: Id::clone(&member.id),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            session_timeout_ms: member.session_timeout_ms,
            subscription: member.metadata(&protocol),
            assignment: member.assignment.clone(),
        });
        ClassicGroupValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol_name: self.protocol_name.clone(),
            leader: self.leader.clone(),
            state_timestamp_ms: self.state_timestamp_ms,
            members: members.collect(),
        }
    }

    /// The group of a record.
    pub(crate) fn from_value(id: Id, value: ClassicGroupValue) -> ClassicGroup {
        let mut group = ClassicGroup::new(id, value.state_timestamp_ms);
        group.generation = value.generation;
        group.protocol_type = Some(value.protocol_type).filter(|kind| !kind.is_empty());
        group.state = if value.members.is_empty() { State::Empty } else { State::Stable };
        for member in value.members {
            let protocols = value.protocol_name.iter().map(|name| (Id::clone(name), member.subscription.clone())).collect();
            let rebalance_timeout_ms =
                if member.rebalance_timeout_ms < 0 { member.session_timeout_ms } else { member.rebalance_timeout_ms };
            group.put(Member {
                id: member.member_id,
                instance_id: member.instance_id,
                client_id: member.client_id,
                client_host: member.client_host,
                rebalance_timeout_ms,
                session_timeout_ms: member.session_timeout_ms,
                protocols,
                assignment: member.assignment,
                join: None,
                sync: None,
                is_new: false,
            });
        }
        if group.state == State::Stable {
            group.protocol_name = value.protocol_name;
            if let Some(leader) = value.leader.filter(|leader| group.members.contains_key(leader)) {
                group.leader = Some(leader);
            }
            group.topics = subscription::topics(&group);
        }
        group
    }

    /// A stable group of members that have their assignments.
    pub(crate) fn of_members(id: Id, generation: i32, members: Vec<Member>, now_ms: i64) -> ClassicGroup {
        let mut group = ClassicGroup::new(id, now_ms);
        group.generation = generation;
        group.protocol_type = Some(CONSUMER_PROTOCOL.to_owned());
        for member in members {
            group.put(member);
        }
        group.protocol_name = group.choose_protocol();
        group.topics = subscription::topics(&group);
        group.state = if group.members.is_empty() { State::Empty } else { State::Stable };
        group
    }

    /// Sets the deadlines that the state asks for.
    pub(crate) fn arm(&self, turn: &mut Turn<'_>) {
        for member in self.members.values() {
            let deadline_ms = turn.after(member.session_timeout_ms);
            turn.timers.set(Timer::Session(Id::clone(&member.id)), deadline_ms);
        }
        for id in &self.pending_joins {
            let deadline_ms = turn.after(turn.config.min_session_timeout_ms);
            turn.timers.set(Timer::Pending(Id::clone(id)), deadline_ms);
        }
        let phase = match self.state {
            State::PreparingRebalance => Some(Timer::Join),
            State::CompletingRebalance | State::Stable if !self.pending_syncs.is_empty() => Some(Timer::Sync),
            _ => None,
        };
        if let Some(timer) = phase.filter(|timer| !turn.timers.is_set(timer)) {
            let deadline_ms = turn.after(self.rebalance_timeout_ms());
            turn.timers.set(timer, deadline_ms);
        }
    }

    /// Forgets who waits; they were answered.
    pub(crate) fn forget_waiting(&mut self) {
        let waiting: BTreeSet<Id> = self
            .members
            .values()
            .filter(|member| member.join.is_some() || member.sync.is_some())
            .map(|member| Id::clone(&member.id))
            .collect();
        for id in waiting {
            if let Some(member) = self.member_mut(&id) {
                member.join = None;
                member.sync = None;
                // Its caller was answered, so from here on it is as good as any other: silence counts.
                member.is_new = false;
            }
        }
    }
}
