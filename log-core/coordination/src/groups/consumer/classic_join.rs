//! JoinGroup to a consumer group that has members: becoming a member that speaks the classic protocol, or rejoining as one.
//!
//! Nobody waits: the member gets its epoch as the generation at once, and how much of its target it may have is decided as for any other member.
//! There is no leader.
//!
//! Source: Kafka's `classicGroupJoinToConsumerGroup`.

use super::group::{ConsumerGroup, without_epochs};
use super::reconcile::Step;
use super::validate::STATIC_LEAVE_EPOCH;
use crate::groups::classic::{CONSUMER_PROTOCOL, MEMBER_ID_REQUIRED_SINCE, rebalance_timeout_ms, texts_fit};
use crate::groups::command::{JoinGroupResponse, Response};
use crate::groups::embedded::{self, Subscription};
use crate::groups::event::{Id, JoinGroup, Partitions, Token};
use crate::groups::records::{ClassicMemberMetadata, MemberState, MemberSubscription, Record};
use crate::groups::timers::Timer;
use crate::groups::turn::{TEXT_BYTES_MAX, Turn};
use log_model::{KafkaCode, MigrationPolicy};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A join that the group accepts.
pub(crate) struct Joining {
    /// Who joins; a new id if it had none.
    id: Id,
    /// What it says inside of its metadata.
    said: Subscription,
}

/// Whether the group accepts a join, before anything has changed.
pub(crate) fn check_classic_join(group: &ConsumerGroup, request: &JoinGroup, turn: &Turn<'_>) -> Result<Joining, KafkaCode> {
    let timeouts = turn.config.min_session_timeout_ms..=turn.config.max_session_timeout_ms;
    if !timeouts.contains(&request.session_timeout_ms) {
        return Err(KafkaCode::InvalidSessionTimeout);
    }
    if !texts_fit(request) || request.member_id.len() > TEXT_BYTES_MAX {
        return Err(KafkaCode::InvalidRequest);
    }
    if turn.config.migration_policy == MigrationPolicy::Disabled {
        return Err(KafkaCode::InconsistentGroupProtocol);
    }
    let is_new = request.member_id.is_empty();
    let id = if is_new { Id::from(&*request.fresh_id) } else { Id::clone(&request.member_id) };
    if !group.shares_a_protocol(&id, request) {
        return Err(KafkaCode::InconsistentGroupProtocol);
    }
    let metadata = request.protocols.first().map(|(_, metadata)| metadata.clone()).unwrap_or_default();
    let said = embedded::read_subscription(&metadata, turn.topics).map_err(|_| KafkaCode::InconsistentGroupProtocol)?;
    group.check_room(&id, &subscription(group, &id, request, &said), turn).map_err(|refusal| refusal.code)?;
    let unknown = group.members.get(&id).is_some_and(|member| member.current.state == MemberState::Unknown);
    if unknown && !said.owned.is_empty() {
        return Err(KafkaCode::UnknownMemberId);
    }
    if !is_new {
        group.check_instance(&id, request.instance_id.as_deref())?;
    }
    Ok(Joining { id, said })
}

/// Handles a JoinGroup that was accepted.
pub(crate) fn classic_join(group: &mut Arc<ConsumerGroup>, token: Token, request: &JoinGroup, joining: &Joining, turn: &mut Turn<'_>) {
    let response = group.join_classic(request, joining, turn).unwrap_or_else(|(error, id)| JoinGroupResponse::refused(error, id));
    turn.reply(token, Response::JoinGroup(response));
}

impl ConsumerGroup {
    fn join_classic(
        self: &mut Arc<Self>,
        request: &JoinGroup,
        joining: &Joining,
        turn: &mut Turn<'_>,
    ) -> Result<JoinGroupResponse, (KafkaCode, Id)> {
        let id = &joining.id;
        if request.member_id.is_empty() {
            match &request.instance_id {
                None if request.version >= MEMBER_ID_REQUIRED_SINCE => return Err((KafkaCode::MemberIdRequired, Id::clone(id))),
                None => {}
                Some(instance_id) => self.replace_static(instance_id, id, turn),
            }
        } else if self.members.get(id).is_some_and(|member| member.current.member_epoch == STATIC_LEAVE_EPOCH) {
            self.return_static(id, turn);
        }
        let new = subscription(self, id, request, &joining.said);
        let topics_changed = self.set_subscription(id, new, turn);
        self.forget_regexes(turn);
        self.notice_topics(topics_changed, turn);
        self.update_target(turn);
        self.reconcile_classic(id, &joining.said.owned, turn);

        for timer in [Timer::Rejoin, Timer::Revocation] {
            turn.timers.clear(&timer(Id::clone(id)));
        }
        self.renew_session(id, turn);
        let deadline_ms = turn.after(rebalance_timeout_ms(request));
        turn.timers.set(Timer::Resync(Id::clone(id)), deadline_ms);
        Ok(JoinGroupResponse {
            error: KafkaCode::None,
            generation: self.members.get(id).map_or(-1, |member| member.current.member_epoch),
            protocol_type: Some(CONSUMER_PROTOCOL.to_owned()),
            protocol_name: request.protocols.first().map(|(name, _)| Id::clone(name)),
            leader: Id::default(),
            skip_assignment: false,
            member_id: Id::clone(id),
            members: Vec::new(),
        })
    }

    /// A member takes the place of the one with its instance id, whichever protocol that spoke.
    fn replace_static(self: &mut Arc<Self>, instance_id: &Id, id: &Id, turn: &mut Turn<'_>) {
        let Some(old_id) = self.instances.get(instance_id).map(Id::clone) else { return };
        if let Some(old) = self.members.get(&old_id).map(Arc::clone) {
            self.take_place(&old_id, &old, id, turn);
        }
    }

    /// A static member that left for a while comes back under its id.
    fn return_static(self: &mut Arc<Self>, id: &Id, turn: &mut Turn<'_>) {
        if let Some(old) = self.members.get(id).map(Arc::clone) {
            self.take_place(id, &old, id, turn);
        }
    }

    fn reconcile_classic(self: &mut Arc<Self>, id: &Id, owned: &Partitions, turn: &mut Turn<'_>) {
        let Some(member) = self.members.get(id).map(Arc::clone) else { return };
        let nothing = Arc::new(Partitions::new());
        let step = Step {
            current: &member.current,
            target_epoch: self.target_epoch.epoch,
            target: self.targets.get(id).unwrap_or(&nothing),
            subscribed: &self.subscribed_ids(&member.subscription, turn),
            owned: Some(owned),
        };
        let next = step.next(|topic, partition| self.owner(topic, partition).is_some_and(|owner| owner != id));
        if let Ok(next) = next
            && next != member.current
        {
            self.emit(Record::CurrentAssignment { group: Id::clone(&self.id), member: Id::clone(id), value: Some(next) }, turn);
        }
    }

    /// Whether there is a protocol that the member and all others of the classic protocol speak.
    fn shares_a_protocol(&self, id: &str, request: &JoinGroup) -> bool {
        let others =
            || self.members.iter().filter(|(other, _)| ***other != *id).filter_map(|(_, member)| member.subscription.classic.as_ref());
        let replaced = request.instance_id.as_ref().and_then(|instance_id| self.instances.get(instance_id));
        let replaced = replaced.and_then(|old_id| self.members.get(old_id)).and_then(|old| old.subscription.classic.as_ref());
        let spoken = |name: &Id| {
            others()
                .filter(|other| replaced.is_none_or(|replaced| !std::ptr::eq(*other, replaced)))
                .all(|other| other.protocols.iter().any(|(theirs, _)| theirs == name))
        };
        request.protocol_type == CONSUMER_PROTOCOL && request.protocols.iter().any(|(name, _)| spoken(name))
    }

    /// The members that speak the consumer protocol.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &Id> {
        self.members.iter().filter(|(_, member)| member.subscription.classic.is_none()).map(|(id, _)| id)
    }

    /// Whether every member has all of its target, and the target is of the group's epoch. A static member that is being replaced may be away.
    pub(crate) fn is_settled_but_for(&self, replaced: &str) -> bool {
        let nothing = Partitions::new();
        self.target_epoch.epoch == self.epoch.epoch
            && self.members.iter().all(|(id, member)| {
                (member.current.member_epoch == self.epoch.epoch || **id == *replaced)
                    && member.current.pending_revocation.is_empty()
                    && without_epochs(&member.current.assigned) == *self.targets.get(id).map_or(&nothing, |target| target)
            })
    }
}

impl Joining {
    /// The topics that the member subscribes to.
    pub(crate) fn topics(&self) -> &BTreeSet<Id> {
        &self.said.topics
    }
}

/// The member's subscription after the join. It begins with that of the static member whose place it takes.
fn subscription(group: &ConsumerGroup, id: &str, request: &JoinGroup, said: &Subscription) -> MemberSubscription {
    let replaced = request.instance_id.as_ref().and_then(|instance_id| group.instances.get(instance_id));
    let known = group.members.get(id).or_else(|| replaced.and_then(|old_id| group.members.get(old_id)));
    let known = known.map(|member| member.subscription.clone()).unwrap_or_default();
    MemberSubscription {
        instance_id: request.instance_id.clone().or(known.instance_id),
        rack_id: said.rack_id.clone().or(known.rack_id),
        client_id: request.client_id.clone(),
        client_host: request.client_host.clone(),
        topic_names: said.topics.clone(),
        topic_regex: None,
        rebalance_timeout_ms: rebalance_timeout_ms(request),
        server_assignor: known.server_assignor,
        classic: Some(ClassicMemberMetadata { session_timeout_ms: request.session_timeout_ms, protocols: request.protocols.clone() }),
    }
}
