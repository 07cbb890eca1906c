//! Requests that may change the kind of a group.
//!
//! Always: a consumer group that has fewer members than before a step shares anew, or is classic from then on; a group that cannot be changed into
//! the other kind, or whose first member of it is refused, stays as it was.

use super::{downgrade, upgrade};
use crate::groups::classic::Waiting;
use crate::groups::command::{ConsumerGroupHeartbeatResponse, JoinGroupResponse, Response, SyncGroupResponse};
use crate::groups::consumer::{self, ConsumerGroup};
use crate::groups::event::{ConsumerGroupHeartbeat, Id, JoinGroup, LeaveGroup, Token};
use crate::groups::slot::{Group, Kept};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;
use std::sync::Arc;

impl Kept {
    /// Handles a ConsumerGroupHeartbeat; a classic group with members becomes a consumer group if it can.
    pub(crate) fn consumer_heartbeat(&mut self, token: Token, request: &ConsumerGroupHeartbeat, turn: &mut Turn<'_>) {
        let refuse = |code, message: String| Response::ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse::refused(code, message));
        if let Some(Group::Classic(classic)) = &self.group
            && !classic.is_empty()
        {
            let classic = Arc::clone(classic);
            let timers = turn.timers.clone();
            let upgraded = upgrade::upgrade(&classic, turn).map_err(|obstacle| {
                let message = format!("Cannot upgrade classic group {} to consumer group because {obstacle}.", classic.id);
                refuse(KafkaCode::GroupIdNotFound, message)
            });
            let joined = upgraded.and_then(|mut group| {
                consumer::heartbeat(&mut group, token, request, turn).map_err(|refusal| refuse(refusal.code, refusal.message))?;
                Ok(group)
            });
            match joined {
                Ok(group) => {
                    self.refuse_rebalancing(turn);
                    self.group = Some(Group::Consumer(group));
                }
                Err(response) => {
                    turn.records.clear();
                    *turn.timers = timers;
                    turn.reply(token, response);
                }
            }
            return;
        }
        self.become_consumer(&request.group, turn);
        self.step(turn, |group, turn| {
            if let Err(refusal) = consumer::heartbeat(group, token, request, turn) {
                turn.reply(token, refuse(refusal.code, refusal.message));
            }
        });
    }

    /// Handles a JoinGroup to a consumer group that has members.
    pub(crate) fn join_consumer(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) {
        let Some(Group::Consumer(group)) = &mut self.group else { return };
        let joining = match consumer::check_classic_join(group, request, turn) {
            Ok(joining) => joining,
            Err(error) => {
                turn.reply(token, Response::JoinGroup(JoinGroupResponse::refused(error, Id::clone(&request.member_id))));
                return;
            }
        };
        let replaced = downgrade::last_replaced(group, request, turn).map(Id::clone);
        let classic = replaced.and_then(|old_id| downgrade::downgrade_for(group, &old_id, request, &joining, turn).ok());
        match classic {
            Some(mut classic) => {
                Arc::make_mut(&mut classic).join(token, request, turn);
                self.group = Some(Group::Classic(classic));
            }
            None => consumer::classic_join(group, token, request, &joining, turn),
        }
    }

    /// Handles a LeaveGroup.
    pub(crate) fn leave(&mut self, token: Token, request: &LeaveGroup, turn: &mut Turn<'_>) {
        if let Some(Group::Classic(group)) = &mut self.group {
            Arc::make_mut(group).leave(token, request, turn);
        } else {
            self.step(turn, |group, turn| consumer::leave_group(group, token, request, turn));
        }
    }

    /// A deadline of a consumer group has passed.
    pub(crate) fn consumer_timed_out(&mut self, timer: &Timer, turn: &mut Turn<'_>) {
        self.step(turn, |group, turn| consumer::timed_out(group, timer, turn));
    }

    fn step(&mut self, turn: &mut Turn<'_>, handle: impl FnOnce(&mut Arc<ConsumerGroup>, &mut Turn<'_>)) {
        let Some(Group::Consumer(group)) = &mut self.group else { return };
        let count = group.members.len();
        handle(group, turn);
        if group.members.len() >= count {
            return;
        }
        let classic = downgrade::is_due(group, turn).then(|| downgrade::downgrade(group, turn));
        match classic {
            Some(Ok(classic)) => self.group = Some(Group::Classic(classic)),
            Some(Err(_)) | None => group.share_anew(turn),
        }
    }

    /// Sends everyone away who waits in a classic rebalance; they join again.
    fn refuse_rebalancing(&self, turn: &mut Turn<'_>) {
        let Some(Group::Classic(group)) = &self.group else { return };
        let error = KafkaCode::RebalanceInProgress;
        for (token, waiting) in group.waiting() {
            turn.reply(
                token,
                match waiting {
                    Waiting::Join(id) => Response::JoinGroup(JoinGroupResponse::refused(error, id)),
                    Waiting::Sync => Response::SyncGroup(SyncGroupResponse::refused(error)),
                },
            );
        }
    }
}
