//! Which member a heartbeat speaks for: an old one, a new one, or one that takes the place of a static member.
//!
//! Source: Kafka's `getOrMaybeSubscribeDynamicConsumerGroupMember`, `getOrMaybeSubscribeStaticConsumerGroupMember`. Unlike there, a static member
//! that joins twice under the same id (its first answer was lost) keeps its place instead of finding it taken by itself. Who changes the protocol
//! takes the place of its instance id at once: members of the classic protocol do not leave when they end.

use super::classic_member::clear_timers;
use super::group::{ConsumerGroup, Member, without_epochs};
use super::validate::{JOIN_EPOCH, Refusal, STATIC_LEAVE_EPOCH};
use crate::groups::event::{ConsumerGroupHeartbeat, Id, Partitions};
use crate::groups::records::{CurrentAssignment, MemberState, Record};
use crate::groups::turn::Turn;
use log_model::KafkaCode;
use std::sync::Arc;

impl ConsumerGroup {
    /// Finds the member, or makes room for it. Nothing has changed when it is refused.
    pub(super) fn identify(self: &mut Arc<Self>, id: &Id, request: &ConsumerGroupHeartbeat, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let joins = request.member_epoch == JOIN_EPOCH;
        let Some(instance_id) = &request.instance_id else {
            return match self.members.get(id) {
                Some(member) => check_epoch(member, request),
                None if joins => Ok(()),
                None => Err(unknown_member(id, &self.id)),
            };
        };
        let Some(old_id) = self.instances.get(instance_id).map(Id::clone) else {
            return if joins {
                Ok(())
            } else {
                Err(Refusal::new(KafkaCode::UnknownMemberId, format!("Instance id {instance_id} is unknown.")))
            };
        };
        let Some(old) = self.members.get(&old_id).map(Arc::clone) else { return Ok(()) };
        if !joins {
            if old_id != *id {
                return Err(fenced_instance(id, instance_id));
            }
            return check_epoch(&old, request);
        }
        if old_id != *id && old.current.member_epoch != STATIC_LEAVE_EPOCH && old.subscription.classic.is_none() {
            let message = format!(
                "Static member {id} with instance id {instance_id} cannot join the group because the instance id is owned by {old_id} member."
            );
            return Err(Refusal::new(KafkaCode::UnreleasedInstanceId, message));
        }
        if old_id != *id || old.current.member_epoch == STATIC_LEAVE_EPOCH {
            self.take_place(&old_id, &old, id, turn);
        }
        Ok(())
    }

    /// A member takes the place of a static member that left for a while, or that spoke another protocol, with all that it had.
    pub(super) fn take_place(self: &mut Arc<Self>, old_id: &Id, old: &Member, id: &Id, turn: &mut Turn<'_>) {
        let target = self.targets.get(old_id).map(|target| (**target).clone());
        if old_id != id {
            self.bury_member(old_id, turn);
            clear_timers(old_id, turn);
            self.emit(Record::Member { group: Id::clone(&self.id), member: Id::clone(id), value: Some(old.subscription.clone()) }, turn);
            if target.is_some() {
                self.emit(Record::TargetMember { group: Id::clone(&self.id), member: Id::clone(id), value: target }, turn);
            }
        }
        let current = CurrentAssignment {
            member_epoch: JOIN_EPOCH,
            previous_member_epoch: JOIN_EPOCH,
            state: MemberState::Stable,
            assigned: old.current.assigned.clone(),
            pending_revocation: old.current.pending_revocation.clone(),
        };
        self.emit(Record::CurrentAssignment { group: Id::clone(&self.id), member: Id::clone(id), value: Some(current) }, turn);
    }

    /// Writes the end of a member; its partitions are free.
    pub(super) fn bury_member(self: &mut Arc<Self>, id: &Id, turn: &mut Turn<'_>) {
        let group = Id::clone(&self.id);
        self.emit(Record::CurrentAssignment { group: Id::clone(&group), member: Id::clone(id), value: None }, turn);
        if self.targets.contains_key(id) {
            self.emit(Record::TargetMember { group: Id::clone(&group), member: Id::clone(id), value: None }, turn);
        }
        self.emit(Record::Member { group, member: Id::clone(id), value: None }, turn);
    }
}

/// The member's epoch must be ours. The one before is accepted from a member that owns nothing else than we know: the answer with the new epoch was
/// lost. A member that joins again gives everything up, so its epoch does not matter.
fn check_epoch(member: &Member, request: &ConsumerGroupHeartbeat) -> Result<(), Refusal> {
    let (theirs, current) = (request.member_epoch, &member.current);
    if theirs == JOIN_EPOCH || theirs == current.member_epoch {
        return Ok(());
    }
    if theirs < current.member_epoch
        && theirs == current.previous_member_epoch
        && request.topic_partitions.as_ref().is_some_and(|owned| is_subset(owned, &without_epochs(&current.assigned)))
    {
        return Ok(());
    }
    let relation = if theirs > current.member_epoch { "greater" } else { "smaller" };
    Err(Refusal::new(
        KafkaCode::FencedMemberEpoch,
        format!(
            "The consumer group member has a {relation} member epoch ({theirs}) than the one known by the group coordinator ({}). The member must abandon all its partitions and rejoin.",
            current.member_epoch
        ),
    ))
}

fn is_subset(part: &Partitions, whole: &Partitions) -> bool {
    part.iter().all(|(topic, partitions)| whole.get(topic).is_some_and(|all| partitions.is_subset(all)))
}

/// There is no such member.
pub(super) fn unknown_member(id: &str, group: &str) -> Refusal {
    Refusal::new(KafkaCode::UnknownMemberId, format!("Member {id} is not a member of group {group}."))
}

/// Another member has the instance id.
pub(super) fn fenced_instance(id: &str, instance_id: &str) -> Refusal {
    Refusal::new(KafkaCode::FencedInstanceId, format!("Static member {id} with instance id {instance_id} was fenced by another member."))
}
