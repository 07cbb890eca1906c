//! ConsumerGroupHeartbeat: everything a member says and gets.
//!
//! Source: Kafka's `GroupMetadataManager.consumerGroupHeartbeat`.

use super::classic_member::clear_timers;
use super::group::{ConsumerGroup, subscription_bytes, without_epochs};
use super::identity::unknown_member;
use super::reconcile::Step;
use super::validate::{JOIN_EPOCH, LEAVE_EPOCH, Refusal};
use crate::groups::command::{ConsumerGroupHeartbeatResponse, Response};
use crate::groups::event::{ConsumerGroupHeartbeat, Id, Partitions, Token};
use crate::groups::records::{MemberState, MemberSubscription, Record};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;
use std::sync::Arc;

/// Handles a heartbeat that was found valid. Returns why it is refused; nothing has changed then, and the answer is up to the caller.
pub(crate) fn heartbeat(
    group: &mut Arc<ConsumerGroup>,
    token: Token,
    request: &ConsumerGroupHeartbeat,
    turn: &mut Turn<'_>,
) -> Result<(), Refusal> {
    let response = if request.member_epoch <= LEAVE_EPOCH { group.leave(request, turn) } else { group.stay(request, turn) }?;
    turn.reply(token, Response::ConsumerGroupHeartbeat(response));
    Ok(())
}

impl ConsumerGroup {
    /// A member joins or goes on.
    fn stay(
        self: &mut Arc<Self>,
        request: &ConsumerGroupHeartbeat,
        turn: &mut Turn<'_>,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let id = if request.member_id.is_empty() { Id::from(&*request.fresh_id) } else { Id::clone(&request.member_id) };
        let known = self.members.get(&id).map(|member| member.subscription.clone()).unwrap_or_default();
        self.check_room(&id, &known.updated(request), turn)?;
        self.check_readable(&id, request)?;
        self.identify(&id, request, turn)?;

        let assigned_before = self.members.get(&id).map(|member| without_epochs(&member.current.assigned)).unwrap_or_default();
        if self.members.get(&id).is_some_and(|member| member.subscription.classic.is_some()) {
            clear_timers(&id, turn);
        }
        self.update_subscription(&id, request, turn);
        self.update_target(turn);
        self.reconcile(&id, request, turn)?;
        let deadline_ms = turn.after(turn.config.consumer_session_timeout_ms);
        turn.timers.set(Timer::Session(Id::clone(&id)), deadline_ms);

        let member = self.members.get(&id).ok_or_else(|| unknown_member(&id, &self.id))?;
        let assigned = without_epochs(&member.current.assigned);
        let all = is_full(request) || assigned != assigned_before;
        Ok(ConsumerGroupHeartbeatResponse {
            error: KafkaCode::None,
            error_message: None,
            member_epoch: member.current.member_epoch,
            member_id: Some(id),
            heartbeat_interval_ms: turn.config.consumer_heartbeat_interval_ms,
            assignment: all.then_some(assigned),
        })
    }

    /// Whether the group takes the member, by number and by bytes.
    pub(super) fn check_room(&self, id: &Id, new: &MemberSubscription, turn: &Turn<'_>) -> Result<(), Refusal> {
        let known = self.members.get(id);
        let max_size = turn.config.consumer_max_size;
        if known.is_none() && self.members.len() >= max_size {
            let message = format!("The consumer group has reached its maximum capacity of {max_size} members.");
            return Err(Refusal::new(KafkaCode::GroupMaxSizeReached, message));
        }
        let old_bytes = known.map_or(0, |member| subscription_bytes(&member.subscription));
        let bytes = self.bytes.saturating_sub(old_bytes) + subscription_bytes(new);
        if bytes > turn.config.group_bytes_max {
            let message = format!("The members of the group would take {bytes} bytes, more than {}.", turn.config.group_bytes_max);
            return Err(Refusal::new(KafkaCode::GroupMaxSizeReached, message));
        }
        Ok(())
    }

    /// A member in a state that only a newer version knows must start over.
    fn check_readable(&self, id: &Id, request: &ConsumerGroupHeartbeat) -> Result<(), Refusal> {
        let unknown = self.members.get(id).is_some_and(|member| member.current.state == MemberState::Unknown);
        if unknown && request.topic_partitions.as_ref().is_none_or(|owned| !owned.is_empty()) {
            let message = "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.";
            return Err(Refusal::new(KafkaCode::FencedMemberEpoch, message));
        }
        Ok(())
    }

    /// Leads the member a step towards its target.
    fn reconcile(self: &mut Arc<Self>, id: &Id, request: &ConsumerGroupHeartbeat, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let member = self.members.get(id).map(Arc::clone).ok_or_else(|| unknown_member(id, &self.id))?;
        let nothing = Arc::new(Partitions::new());
        let target = self.targets.get(id).unwrap_or(&nothing);
        let step = Step {
            current: &member.current,
            target_epoch: self.target_epoch.epoch,
            target,
            subscribed: &self.subscribed_ids(&member.subscription, turn),
            owned: request.topic_partitions.as_ref(),
        };
        let next = step
            .next(|topic, partition| self.owner(topic, partition).is_some_and(|owner| owner != id))
            .map_err(|_| Refusal::new(KafkaCode::FencedMemberEpoch, "The member's state is unknown: it must rejoin."))?;
        if next == member.current {
            return Ok(());
        }
        let timer = Timer::Revocation(Id::clone(id));
        if next.state == MemberState::UnrevokedPartitions {
            let deadline_ms = turn.after(member.subscription.rebalance_timeout_ms);
            turn.timers.set(timer, deadline_ms);
        } else {
            turn.timers.clear(&timer);
        }
        self.emit(Record::CurrentAssignment { group: Id::clone(&self.id), member: Id::clone(id), value: Some(next) }, turn);
        Ok(())
    }
}

/// A member that says everything wants to know everything: it joins, or an answer got lost.
fn is_full(request: &ConsumerGroupHeartbeat) -> bool {
    request.member_epoch == JOIN_EPOCH
        || (request.rebalance_timeout_ms != -1
            && (request.subscribed_topic_names.is_some() || request.subscribed_topic_regex.is_some())
            && request.topic_partitions.is_some())
}
