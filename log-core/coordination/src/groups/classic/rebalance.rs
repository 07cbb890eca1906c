//! From one generation to the next: waiting for members, choosing leader and protocol, answering the joins.
//!
//! Source: Kafka's `prepareRebalance`, `tryCompleteInitialRebalanceElseSchedule`, `completeClassicGroupJoin`.

use super::group::{ClassicGroup, InitialDelay, State};
use super::subscription;
use crate::groups::command::{Response, SyncGroupResponse};
use crate::groups::event::Id;
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;

/// How long a join phase without any member waits at least before it looks again.
const RETRY_MS_MIN: i32 = 100;

impl ClassicGroup {
    /// Begins a rebalance, or goes on with the one that is under way.
    pub(super) fn rebalance_or_complete(&mut self, reason: &str, turn: &mut Turn<'_>) {
        if self.state == State::PreparingRebalance {
            self.complete_join_if_all_joined(turn);
        } else {
            self.prepare_rebalance(reason, turn);
        }
    }

    /// Begins a rebalance.
    pub(crate) fn prepare_rebalance(&mut self, reason: &str, turn: &mut Turn<'_>) {
        if self.state == State::CompletingRebalance {
            self.answer_syncs(KafkaCode::RebalanceInProgress, turn);
        }
        turn.timers.clear(&Timer::Sync);
        self.pending_syncs.clear();
        self.reason = reason.to_owned();
        let initial = self.state == State::Empty;
        self.enter(State::PreparingRebalance, turn.now_ms);
        if initial {
            let wait_ms = turn.config.initial_rebalance_delay_ms;
            let remaining_ms = (self.rebalance_timeout_ms() - wait_ms).max(0);
            self.initial_delay = Some(InitialDelay { remaining_ms, wait_ms, member_added: false });
            let deadline_ms = turn.after(wait_ms);
            turn.timers.set(Timer::Join, deadline_ms);
        } else if self.all_joined() {
            self.complete_join(turn);
        } else {
            let deadline_ms = turn.after(self.rebalance_timeout_ms());
            turn.timers.set(Timer::Join, deadline_ms);
        }
    }

    /// Ends the join phase if it waits for nobody; the first one of a group lasts its time.
    pub(super) fn complete_join_if_all_joined(&mut self, turn: &mut Turn<'_>) {
        if self.state == State::PreparingRebalance && self.initial_delay.is_none() && self.all_joined() {
            self.complete_join(turn);
        }
    }

    /// The join phase has lasted its time.
    pub(crate) fn join_timed_out(&mut self, turn: &mut Turn<'_>) {
        if self.state != State::PreparingRebalance {
            return;
        }
        match self.initial_delay {
            Some(InitialDelay { remaining_ms, wait_ms, member_added: true }) if remaining_ms > 0 => {
                let next_ms = turn.config.initial_rebalance_delay_ms.min(remaining_ms);
                self.initial_delay =
                    Some(InitialDelay { remaining_ms: (remaining_ms - wait_ms).max(0), wait_ms: next_ms, member_added: false });
                let deadline_ms = turn.after(next_ms);
                turn.timers.set(Timer::Join, deadline_ms);
            }
            _ => self.complete_join(turn),
        }
    }

    /// Ends the join phase: members that did not come back are out, static ones excepted.
    fn complete_join(&mut self, turn: &mut Turn<'_>) {
        self.initial_delay = None;
        turn.timers.clear(&Timer::Join);
        let gone: Vec<Id> = self
            .members
            .values()
            .filter(|member| member.join.is_none() && member.instance_id.is_none())
            .map(|member| Id::clone(&member.id))
            .collect();
        for id in gone {
            self.drop_member(&id, turn);
        }
        if !self.elect_joined_leader() {
            // Only static members are left and none of them came: their sessions decide.
            let deadline_ms = turn.after(self.rebalance_timeout_ms().max(RETRY_MS_MIN));
            turn.timers.set(Timer::Join, deadline_ms);
            return;
        }
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        self.pending_syncs.clear();
        if self.members.is_empty() {
            self.become_empty(turn);
            return;
        }
        self.protocol_name = self.choose_protocol();
        self.topics = subscription::topics(self);
        self.enter(State::CompletingRebalance, turn.now_ms);
        self.answer_joins(turn);
        let deadline_ms = turn.after(self.rebalance_timeout_ms());
        turn.timers.set(Timer::Sync, deadline_ms);
    }

    /// The leader must be among those that joined; `false` if there are members and none joined.
    fn elect_joined_leader(&mut self) -> bool {
        let joined = |id: &Id| self.members.get(id).is_some_and(|member| member.join.is_some());
        if self.members.is_empty() || self.leader.as_ref().is_some_and(joined) {
            return true;
        }
        let Some(id) = self.members.keys().find(|id| joined(id)).map(Id::clone) else { return false };
        self.leader = Some(id);
        true
    }

    fn become_empty(&mut self, turn: &mut Turn<'_>) {
        self.protocol_name = None;
        self.leader = None;
        self.topics = None;
        self.enter(State::Empty, turn.now_ms);
        self.persist(turn);
    }

    fn answer_joins(&mut self, turn: &mut Turn<'_>) {
        let ids: Vec<Id> = self.members.keys().map(Id::clone).collect();
        for id in ids {
            let members = if self.is_leader(&id) { self.joined_members() } else { Vec::new() };
            let response = self.join_response(&id, members);
            self.pending_syncs.insert(Id::clone(&id));
            let Some(member) = self.member_mut(&id) else { continue };
            member.is_new = false;
            if let Some(token) = member.join.take() {
                turn.reply(token, Response::JoinGroup(response));
            }
            self.renew_session(&id, turn);
        }
    }

    /// Answers everyone who waits for an assignment with an error; the assignments are void.
    fn answer_syncs(&mut self, error: KafkaCode, turn: &mut Turn<'_>) {
        let ids: Vec<Id> = self.members.keys().map(Id::clone).collect();
        for id in ids {
            let Some(member) = self.member_mut(&id) else { continue };
            member.assignment = bytes::Bytes::new();
            if let Some(token) = member.sync.take() {
                turn.reply(token, Response::SyncGroup(SyncGroupResponse::refused(error)));
                self.renew_session(&id, turn);
            }
        }
    }
}
