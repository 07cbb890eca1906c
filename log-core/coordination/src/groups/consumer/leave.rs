//! Every way out of a consumer group: leaving for good, leaving for a while, silence, partitions not given up in time, not rejoining in time.
//!
//! What becomes of the rest is decided by the caller: it shares anew, or becomes a classic group.
//!
//! Source: Kafka's `consumerGroupLeave`, `classicGroupLeaveToConsumerGroup`, `consumerGroupFenceMembers`.

use super::classic_member::clear_timers;
use super::group::ConsumerGroup;
use super::identity::{fenced_instance, unknown_member};
use super::validate::{LEAVE_EPOCH, Refusal, STATIC_LEAVE_EPOCH};
use crate::groups::command::{ConsumerGroupHeartbeatResponse, LeaveGroupResponse, LeftMember, Response};
use crate::groups::event::{ConsumerGroupHeartbeat, Id, LeaveGroup, LeavingMember, Token};
use crate::groups::records::{AssignedPartitions, CurrentAssignment, MemberState, Record};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;
use std::sync::Arc;

/// Handles a LeaveGroup that names members of a consumer group.
pub(crate) fn leave_group(group: &mut Arc<ConsumerGroup>, token: Token, request: &LeaveGroup, turn: &mut Turn<'_>) {
    let members = request.members.iter().map(|leaving| LeftMember {
        member_id: Id::clone(&leaving.member_id),
        instance_id: leaving.instance_id.clone(),
        error: group.let_go(leaving, turn).err().unwrap_or(KafkaCode::None),
    });
    let members = members.collect();
    turn.reply(token, Response::LeaveGroup(LeaveGroupResponse { error: KafkaCode::None, members }));
}

/// A timer of a member has run out.
pub(crate) fn timed_out(group: &mut Arc<ConsumerGroup>, timer: &Timer, turn: &mut Turn<'_>) {
    match timer {
        Timer::Session(id) => group.fence(id, turn),
        Timer::Revocation(id) => {
            if group.members.get(id).is_some_and(|member| member.current.state == MemberState::UnrevokedPartitions) {
                group.fence(id, turn);
            }
        }
        Timer::Rejoin(id) => {
            if group.members.get(id).is_some_and(|member| group.must_rejoin(id, member)) {
                group.fence(id, turn);
            }
        }
        Timer::Resync(id) => {
            if group.members.get(id).is_some_and(|member| member.subscription.classic.is_some()) {
                group.fence(id, turn);
            }
        }
        Timer::Pending(_) | Timer::Join | Timer::Sync => {}
    }
}

impl ConsumerGroup {
    /// A member leaves, for good or for a while.
    pub(super) fn leave(
        self: &mut Arc<Self>,
        request: &ConsumerGroupHeartbeat,
        turn: &mut Turn<'_>,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let id = &request.member_id;
        if let Some(instance_id) = &request.instance_id {
            match self.instances.get(instance_id) {
                None => return Err(Refusal::new(KafkaCode::UnknownMemberId, format!("Instance id {instance_id} is unknown."))),
                Some(owner) if owner != id => return Err(fenced_instance(id, instance_id)),
                Some(_) => {}
            }
        }
        let member = self.members.get(id).map(Arc::clone).ok_or_else(|| unknown_member(id, &self.id))?;
        if request.member_epoch == STATIC_LEAVE_EPOCH {
            // What it has waits for it as long as its session lasts; what it was giving up is free.
            let current = CurrentAssignment {
                member_epoch: STATIC_LEAVE_EPOCH,
                pending_revocation: AssignedPartitions::new(),
                ..member.current.clone()
            };
            turn.timers.clear(&Timer::Revocation(Id::clone(id)));
            self.emit(Record::CurrentAssignment { group: Id::clone(&self.id), member: Id::clone(id), value: Some(current) }, turn);
        } else {
            self.fence(id, turn);
        }
        Ok(ConsumerGroupHeartbeatResponse {
            error: KafkaCode::None,
            error_message: None,
            member_id: Some(Id::clone(id)),
            member_epoch: if request.member_epoch == STATIC_LEAVE_EPOCH { STATIC_LEAVE_EPOCH } else { LEAVE_EPOCH },
            heartbeat_interval_ms: 0,
            assignment: None,
        })
    }

    /// Takes a member out.
    fn fence(self: &mut Arc<Self>, id: &Id, turn: &mut Turn<'_>) {
        if !self.members.contains_key(id) {
            return;
        }
        self.bury_member(id, turn);
        clear_timers(id, turn);
    }

    /// After members went: the rest shares anew.
    pub(crate) fn share_anew(self: &mut Arc<Self>, turn: &mut Turn<'_>) {
        self.forget_regexes(turn);
        self.grow_epoch(true, turn);
    }

    /// Lets one member of a LeaveGroup go. An administrator names a static member by its instance id alone.
    fn let_go(self: &mut Arc<Self>, leaving: &LeavingMember, turn: &mut Turn<'_>) -> Result<(), KafkaCode> {
        let id = match (&leaving.instance_id, leaving.member_id.is_empty()) {
            (Some(instance_id), true) => Id::clone(self.instances.get(instance_id).ok_or(KafkaCode::UnknownMemberId)?),
            _ => Id::clone(&leaving.member_id),
        };
        self.check_instance(&id, leaving.instance_id.as_deref())?;
        if !self.members.contains_key(&id) {
            return Err(KafkaCode::UnknownMemberId);
        }
        self.fence(&id, turn);
        Ok(())
    }
}
