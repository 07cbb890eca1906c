//! LeaveGroup, and every other way out.
//!
//! Source: Kafka's `classicGroupLeaveToClassicGroup`.

use super::group::{ClassicGroup, State};
use super::join::refused;
use crate::groups::command::{LeaveGroupResponse, LeftMember, Response, SyncGroupResponse};
use crate::groups::event::{Id, LeaveGroup, LeavingMember, Token};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;

impl ClassicGroup {
    /// Handles a LeaveGroup of one or many members.
    pub(crate) fn leave(&mut self, token: Token, request: &LeaveGroup, turn: &mut Turn<'_>) {
        let mut members = Vec::with_capacity(request.members.len());
        let mut left = 0_usize;
        for leaving in &request.members {
            let error = match self.let_go(leaving, turn) {
                Ok(was_member) => {
                    left += usize::from(was_member);
                    KafkaCode::None
                }
                Err(error) => error,
            };
            members.push(LeftMember { member_id: Id::clone(&leaving.member_id), instance_id: leaving.instance_id.clone(), error });
        }
        if left > 0 {
            self.after_departure(&format!("{left} members left"), turn);
        } else {
            self.complete_join_if_all_joined(turn);
        }
        turn.reply(token, Response::LeaveGroup(LeaveGroupResponse { error: KafkaCode::None, members }));
    }

    /// Lets one go; whether it was a member.
    fn let_go(&mut self, leaving: &LeavingMember, turn: &mut Turn<'_>) -> Result<bool, KafkaCode> {
        let id = match (&leaving.instance_id, leaving.member_id.is_empty()) {
            (Some(instance_id), true) => Id::clone(self.instances.get(instance_id).ok_or(KafkaCode::UnknownMemberId)?),
            _ => Id::clone(&leaving.member_id),
        };
        if leaving.instance_id.is_none() && self.pending_joins.remove(&id) {
            turn.timers.clear(&Timer::Pending(id));
            return Ok(false);
        }
        self.check_member(&id, leaving.instance_id.as_deref())?;
        self.drop_member(&id, turn);
        Ok(true)
    }

    /// Takes a member out; callers that wait in its name are told that it is none, so that they join again if they live.
    pub(super) fn drop_member(&mut self, id: &str, turn: &mut Turn<'_>) {
        let Some(member) = self.take(id) else { return };
        if let Some(token) = member.join {
            turn.reply(token, refused(KafkaCode::UnknownMemberId, Id::default()));
        }
        if let Some(token) = member.sync {
            turn.reply(token, Response::SyncGroup(SyncGroupResponse::refused(KafkaCode::UnknownMemberId)));
        }
        turn.timers.clear(&Timer::Session(member.id));
    }

    /// After members went: the rest shares anew.
    pub(super) fn after_departure(&mut self, reason: &str, turn: &mut Turn<'_>) {
        match self.state {
            State::Empty => {}
            State::Stable | State::CompletingRebalance => self.prepare_rebalance(reason, turn),
            State::PreparingRebalance => self.complete_join_if_all_joined(turn),
        }
    }
}
