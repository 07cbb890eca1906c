//! A static member comes back under a new member id: it takes the place of the old one, and nothing is shared out anew if nothing else changed.
//!
//! Source: KIP-345, KIP-814 (a leader that came back must not assign), Kafka's `updateStaticMemberThenRebalanceOrCompleteJoin`.

use super::group::{ClassicGroup, State};
use super::join::refused;
use crate::groups::command::{Response, SyncGroupResponse};
use crate::groups::event::{Id, JoinGroup, Token};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use log_model::KafkaCode;

/// The first version that can tell a leader to skip the assignment (KIP-814).
const SKIP_ASSIGNMENT_SINCE: i16 = 9;

impl ClassicGroup {
    /// Replaces the member of an instance id; callers that wait in the old one's name are fenced.
    pub(super) fn replace_static(&mut self, token: Token, old_id: &Id, new_id: Id, request: &JoinGroup, turn: &mut Turn<'_>) {
        let old_leader = self.leader.clone();
        let was_leader = self.is_leader(old_id);
        let was_pending_sync = self.pending_syncs.contains(old_id);
        let Some(mut member) = self.take(old_id) else { return };
        if let Some(waiting) = member.join.take() {
            turn.reply(waiting, refused(KafkaCode::FencedInstanceId, Id::clone(old_id)));
        }
        if let Some(waiting) = member.sync.take() {
            turn.reply(waiting, Response::SyncGroup(SyncGroupResponse::refused(KafkaCode::FencedInstanceId)));
        }
        turn.timers.clear(&Timer::Session(Id::clone(old_id)));

        member.id = Id::clone(&new_id);
        member.client_id.clone_from(&request.client_id);
        member.client_host.clone_from(&request.client_host);
        member.update(request);
        self.put(member);
        if was_leader {
            self.leader = Some(Id::clone(&new_id));
        }
        if was_pending_sync {
            self.pending_syncs.insert(Id::clone(&new_id));
        }
        self.watch(&new_id, turn);

        match self.state {
            State::Stable if self.choose_protocol() == self.protocol_name => {
                self.persist(turn);
                let skip = request.version >= SKIP_ASSIGNMENT_SINCE;
                let members = if skip && self.is_leader(&new_id) { self.joined_members() } else { Vec::new() };
                let mut response = self.join_response(&new_id, members);
                if skip {
                    response.skip_assignment = self.is_leader(&new_id);
                } else {
                    // Told of its old id as the leader, it does not take itself for the leader, and so does not assign.
                    response.leader = old_leader.unwrap_or_default();
                }
                turn.reply(token, Response::JoinGroup(response));
            }
            State::Empty => turn.reply(token, refused(KafkaCode::UnknownMemberId, new_id)),
            State::Stable | State::CompletingRebalance | State::PreparingRebalance => {
                if let Some(member) = self.member_mut(&new_id) {
                    member.join = Some(token);
                }
                self.rebalance_or_complete(&format!("static member {new_id} takes the place of {old_id}"), turn);
            }
        }
    }
}
