//! Members of a consumer group that speak the classic protocol: where they are, and how long they may take.
//!
//! Such a member learns from Heartbeat that it must rejoin, says by JoinGroup what it subscribes to and owns, and gets its part by SyncGroup. Its
//! generation is its member epoch.
//!
//! Source: Kafka's `classicGroupHeartbeatToConsumerGroup`, `classicGroupSyncToConsumerGroup`. Unlike there, a Heartbeat also takes note of topics that
//! changed and of a target assignment that is due: a group might have no other members who would.

use super::group::{ConsumerGroup, Member, without_epochs};
use crate::groups::classic::CONSUMER_PROTOCOL;
use crate::groups::command::{Response, SyncGroupResponse};
use crate::groups::embedded;
use crate::groups::event::{Heartbeat, Id, SyncGroup, Token};
use crate::groups::records::{ClassicMemberMetadata, MemberState};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;
use std::sync::Arc;

/// Handles a Heartbeat.
pub(crate) fn classic_heartbeat(group: &mut Arc<ConsumerGroup>, token: Token, request: &Heartbeat, turn: &mut Turn<'_>) {
    let error = group.classic_beat(request, turn).err().unwrap_or(KafkaCode::None);
    turn.reply(token, Response::Heartbeat(error));
}

/// Handles a SyncGroup.
pub(crate) fn classic_sync(group: &mut Arc<ConsumerGroup>, token: Token, request: &SyncGroup, turn: &mut Turn<'_>) {
    let response = group.classic_part(request, turn).unwrap_or_else(SyncGroupResponse::refused);
    turn.reply(token, Response::SyncGroup(response));
}

impl ConsumerGroup {
    fn classic_beat(self: &mut Arc<Self>, request: &Heartbeat, turn: &mut Turn<'_>) -> Result<(), KafkaCode> {
        let id = &request.member_id;
        self.check_classic(id, request.instance_id.as_deref(), request.generation)?;
        self.renew_session(id, turn);
        self.notice_topics(false, turn);
        self.update_target(turn);
        let Some(member) = self.members.get(id).filter(|member| self.must_rejoin(id, member)) else { return Ok(()) };
        expect_rejoin(id, member, turn);
        Err(KafkaCode::RebalanceInProgress)
    }

    fn classic_part(self: &Arc<Self>, request: &SyncGroup, turn: &mut Turn<'_>) -> Result<SyncGroupResponse, KafkaCode> {
        let id = &request.member_id;
        let (member, classic) = self.check_classic(id, request.instance_id.as_deref(), request.generation)?;
        let (protocol, metadata) = classic.protocols.first().cloned().unwrap_or_default();
        if request.protocol_type.as_deref().is_some_and(|kind| kind != CONSUMER_PROTOCOL)
            || request.protocol_name.as_deref().is_some_and(|name| *name != *protocol)
        {
            return Err(KafkaCode::InconsistentGroupProtocol);
        }
        if self.target_epoch.epoch > member.current.member_epoch && member.current.state != MemberState::UnrevokedPartitions {
            expect_rejoin(id, member, turn);
            return Err(KafkaCode::RebalanceInProgress);
        }
        let assignment = embedded::write_assignment(&without_epochs(&member.current.assigned), metadata, turn.topics)
            .map_err(|_| KafkaCode::UnknownServerError)?;
        turn.timers.clear(&Timer::Resync(Id::clone(id)));
        self.renew_session(id, turn);
        Ok(SyncGroupResponse {
            error: KafkaCode::None,
            protocol_type: Some(CONSUMER_PROTOCOL.to_owned()),
            protocol_name: Some(protocol),
            assignment,
        })
    }

    /// The member of a request of the classic protocol; one that speaks the consumer protocol is none.
    fn check_classic(&self, id: &str, instance_id: Option<&str>, generation: i32) -> Result<(&Member, &ClassicMemberMetadata), KafkaCode> {
        self.check_instance(id, instance_id)?;
        let member = self.members.get(id).ok_or(KafkaCode::UnknownMemberId)?;
        let classic = member.subscription.classic.as_ref().ok_or(KafkaCode::UnknownMemberId)?;
        if generation == member.current.member_epoch { Ok((member, classic)) } else { Err(KafkaCode::IllegalGeneration) }
    }

    /// Whether an instance id, if there is one, belongs to the member.
    pub(super) fn check_instance(&self, id: &str, instance_id: Option<&str>) -> Result<(), KafkaCode> {
        let Some(instance_id) = instance_id else { return Ok(()) };
        match self.instances.get(instance_id) {
            None => Err(KafkaCode::UnknownMemberId),
            Some(owner) if **owner != *id => Err(KafkaCode::FencedInstanceId),
            Some(_) => Ok(()),
        }
    }

    /// Whether a member of the classic protocol must rejoin: to come to the target's epoch, to say that it gave partitions up, or to get those that
    /// have become free.
    pub(super) fn must_rejoin(&self, id: &Id, member: &Member) -> bool {
        if member.subscription.classic.is_none() {
            return false;
        }
        member.current.member_epoch < self.target_epoch.epoch
            || match member.current.state {
                MemberState::UnrevokedPartitions => true,
                MemberState::UnreleasedPartitions => !self.waits_for_others(id, member),
                MemberState::Stable | MemberState::Unknown => false,
            }
    }

    /// Whether somebody else still has a partition of the member's target.
    fn waits_for_others(&self, id: &Id, member: &Member) -> bool {
        let Some(target) = self.targets.get(id) else { return false };
        target.iter().any(|(topic, partitions)| {
            let has = |partition: &i32| member.current.assigned.get(topic).is_some_and(|mine| mine.contains_key(partition));
            partitions.iter().any(|partition| !has(partition) && self.owner(topic, *partition).is_some_and(|owner| owner != id))
        })
    }

    /// A member showed that it lives.
    pub(super) fn renew_session(&self, id: &Id, turn: &mut Turn<'_>) {
        let Some(member) = self.members.get(id) else { return };
        let deadline_ms = turn.after(member.session_timeout_ms(turn));
        turn.timers.set(Timer::Session(Id::clone(id)), deadline_ms);
    }
}

impl Member {
    /// How long it may be silent.
    pub(super) fn session_timeout_ms(&self, turn: &Turn<'_>) -> i32 {
        self.subscription.classic.as_ref().map_or(turn.config.consumer_session_timeout_ms, |classic| classic.session_timeout_ms)
    }
}

/// A member was told to rejoin: it has the time of a rebalance, counted from the first time that it was told.
fn expect_rejoin(id: &Id, member: &Member, turn: &mut Turn<'_>) {
    let timer = Timer::Rejoin(Id::clone(id));
    if !turn.timers.is_set(&timer) {
        let deadline_ms = turn.after(member.subscription.rebalance_timeout_ms);
        turn.timers.set(timer, deadline_ms);
    }
}

/// Nothing is waited for any more of a member that is gone or speaks another protocol now.
pub(super) fn clear_timers(id: &Id, turn: &mut Turn<'_>) {
    for timer in [Timer::Session, Timer::Revocation, Timer::Rejoin, Timer::Resync] {
        turn.timers.clear(&timer(Id::clone(id)));
    }
}
