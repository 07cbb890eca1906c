//! Signs of life: Heartbeat, and what happens without.
//!
//! Source: Kafka's `classicGroupHeartbeatToClassicGroup`, `expireClassicGroupMemberHeartbeat`.

use super::group::{ClassicGroup, State};
use crate::groups::event::{Heartbeat, Id};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;

/// How long a new member may wait in its first JoinGroup without asking again: it cannot send heartbeats, and a caller that has gone is not noticed.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i32 = 5 * 60 * 1000;

impl ClassicGroup {
    /// Handles a Heartbeat; the group itself does not change.
    pub(crate) fn heartbeat(&self, request: &Heartbeat, turn: &mut Turn<'_>) -> KafkaCode {
        if let Err(error) = self.check_member(&request.member_id, request.instance_id.as_deref()) {
            return error;
        }
        if request.generation != self.generation {
            return KafkaCode::IllegalGeneration;
        }
        match self.state {
            State::Empty => KafkaCode::UnknownMemberId,
            State::PreparingRebalance => {
                self.renew_session(&request.member_id, turn);
                KafkaCode::RebalanceInProgress
            }
            // Members may send heartbeats as soon as they have joined.
            State::CompletingRebalance | State::Stable => {
                self.renew_session(&request.member_id, turn);
                KafkaCode::None
            }
        }
    }

    /// A member showed that it lives. One in its first join keeps the time it has for that.
    pub(crate) fn renew_session(&self, id: &Id, turn: &mut Turn<'_>) {
        if let Some(member) = self.members.get(id).filter(|member| !member.is_new) {
            let deadline_ms = turn.after(member.session_timeout_ms);
            turn.timers.set(Timer::Session(Id::clone(id)), deadline_ms);
        }
    }

    /// A member joined or asked again: its session begins, or the time that a first join may take.
    pub(super) fn watch(&self, id: &Id, turn: &mut Turn<'_>) {
        let Some(member) = self.members.get(id) else { return };
        let deadline_ms = turn.after(if member.is_new { NEW_MEMBER_JOIN_TIMEOUT_MS } else { member.session_timeout_ms });
        turn.timers.set(Timer::Session(Id::clone(id)), deadline_ms);
    }

    /// A member has been silent for its session. One that waits for us is not silent, unless it is new: then it should have asked again.
    pub(crate) fn session_timed_out(&mut self, id: &Id, turn: &mut Turn<'_>) {
        let Some(member) = self.members.get(id) else { return };
        if !member.is_new && (member.join.is_some() || member.sync.is_some()) {
            return;
        }
        self.drop_member(id, turn);
        self.after_departure(&format!("member {id} was silent for its session"), turn);
    }

    /// A member that was told its id never came back.
    pub(crate) fn pending_timed_out(&mut self, id: &Id, turn: &mut Turn<'_>) {
        if self.pending_joins.remove(id) {
            self.complete_join_if_all_joined(turn);
        }
    }
}
