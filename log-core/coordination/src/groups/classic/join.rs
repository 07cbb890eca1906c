//! JoinGroup: becoming a member, and joining the next generation.
//!
//! Source: Kafka's `GroupMetadataManager.classicGroupJoinToClassicGroup`, KIP-394 (a new dynamic member comes back with the id it was told).

use super::group::{ClassicGroup, State};
use super::member::Member;
use crate::groups::command::{JoinGroupResponse, JoinedMember, Response};
use crate::groups::event::{Id, JoinGroup, Token};
use crate::groups::timers::Timer;
use crate::groups::turn::{TEXT_BYTES_MAX, Turn, member_id};
use log_model::KafkaCode;

/// The first version in which a dynamic member must come back with its id (KIP-394).
pub(crate) const MEMBER_ID_REQUIRED_SINCE: i16 = 4;

/// Bytes that are kept of a reason.
const REASON_BYTES_MAX: usize = 255;

impl ClassicGroup {
    /// Handles a JoinGroup. Whether the group may be created was decided before.
    pub(crate) fn join(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) {
        let timeouts = turn.config.min_session_timeout_ms..=turn.config.max_session_timeout_ms;
        let outcome = if !timeouts.contains(&request.session_timeout_ms) {
            Err(KafkaCode::InvalidSessionTimeout)
        } else if !texts_fit(request) {
            Err(KafkaCode::InvalidRequest)
        } else if !self.has_room(request, turn) {
            self.turn_away(token, request, turn);
            return;
        } else if !self.fits(&request.protocol_type, &request.protocols) {
            Err(KafkaCode::InconsistentGroupProtocol)
        } else if request.member_id.is_empty() {
            self.join_new(token, request, turn);
            Ok(())
        } else {
            self.join_existing(token, request, turn)
        };
        if let Err(error) = outcome {
            turn.reply(token, refused(error, Id::clone(&request.member_id)));
            return;
        }
        self.complete_join_if_all_joined(turn);
    }

    /// Whether the group takes the member, by number and by bytes.
    fn has_room(&self, request: &JoinGroup, turn: &Turn<'_>) -> bool {
        let max_size = turn.config.max_size;
        let known = self.member(&request.member_id);
        let by_number = match self.state {
            State::Empty => true,
            State::PreparingRebalance => {
                known.is_some_and(|member| member.join.is_some())
                    || self.members.values().filter(|member| member.join.is_some()).count() < max_size
            }
            State::CompletingRebalance | State::Stable => known.is_some() || self.members.len() < max_size,
        };
        let more_bytes = Member::joining(Id::clone(&request.member_id), request).bytes();
        by_number && self.bytes - known.map_or(0, Member::bytes) + more_bytes <= turn.config.group_bytes_max
    }

    /// There is no room: a member that came too late to a shrunken group loses its place, others keep what they have.
    fn turn_away(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) {
        if self.state == State::PreparingRebalance && self.member(&request.member_id).is_some_and(|member| member.join.is_none()) {
            self.drop_member(&request.member_id, turn);
            self.complete_join_if_all_joined(turn);
        }
        turn.reply(token, refused(KafkaCode::GroupMaxSizeReached, Id::default()));
    }

    fn join_new(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) {
        if let Some(instance_id) = &request.instance_id {
            let id = member_id(instance_id, &request.fresh_id);
            match self.instances.get(instance_id).map(Id::clone) {
                None => self.add_and_rebalance(token, id, request, turn),
                Some(old_id) => self.replace_static(token, &old_id, id, request, turn),
            }
            return;
        }
        let id = member_id(&request.client_id, &request.fresh_id);
        if request.version < MEMBER_ID_REQUIRED_SINCE {
            self.add_and_rebalance(token, id, request, turn);
            return;
        }
        if self.pending_joins.len() >= turn.config.max_size {
            turn.reply(token, refused(KafkaCode::GroupMaxSizeReached, Id::default()));
            return;
        }
        self.pending_joins.insert(Id::clone(&id));
        let deadline_ms = turn.after(request.session_timeout_ms);
        turn.timers.set(Timer::Pending(Id::clone(&id)), deadline_ms);
        turn.reply(token, refused(KafkaCode::MemberIdRequired, id));
    }

    fn join_existing(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) -> Result<(), KafkaCode> {
        let id = &request.member_id;
        if self.pending_joins.contains(id) {
            if request.instance_id.is_some() {
                return Err(KafkaCode::UnknownMemberId);
            }
            self.add_and_rebalance(token, Id::clone(id), request, turn);
            return Ok(());
        }
        self.check_member(id, request.instance_id.as_deref())?;
        let unchanged = self.members.get(id).is_some_and(|member| member.protocols == request.protocols);
        match self.state {
            State::PreparingRebalance => self.update_and_rebalance(token, request, "a member joins again", turn),
            // The answer with the generation may have been lost: the member gets it again.
            State::CompletingRebalance if unchanged => self.answer_present_generation(token, id, turn),
            State::CompletingRebalance => self.update_and_rebalance(token, request, "a member's metadata changed", turn),
            // A leader that joins again asks for a new assignment: something changed that only it sees, like a topic.
            State::Stable if self.is_leader(id) => self.update_and_rebalance(token, request, "the leader joins again", turn),
            State::Stable if unchanged => self.answer_present_generation(token, id, turn),
            State::Stable => self.update_and_rebalance(token, request, "a member's metadata changed", turn),
            State::Empty => return Err(KafkaCode::UnknownMemberId),
        }
        Ok(())
    }

    /// Takes a new member in; it waits for the next generation.
    pub(super) fn add_and_rebalance(&mut self, token: Token, id: Id, request: &JoinGroup, turn: &mut Turn<'_>) {
        if self.members.is_empty() {
            self.protocol_type = Some(request.protocol_type.clone());
        }
        if let Some(delay) = &mut self.initial_delay {
            delay.member_added = true;
        }
        self.pending_joins.remove(&id);
        turn.timers.clear(&Timer::Pending(Id::clone(&id)));
        let reason = format!("member {id} joins: {}", reason_of(request));
        self.put(Member { join: Some(token), ..Member::joining(Id::clone(&id), request) });
        self.watch(&id, turn);
        self.rebalance_or_complete(&reason, turn);
    }

    fn update_and_rebalance(&mut self, token: Token, request: &JoinGroup, why: &str, turn: &mut Turn<'_>) {
        self.update_waiting(token, request, turn);
        self.rebalance_or_complete(&format!("{why} ({}): {}", request.member_id, reason_of(request)), turn);
    }

    /// Takes over what the member says now and lets it wait; whoever waited for it before has retried and gets nothing out of it.
    pub(super) fn update_waiting(&mut self, token: Token, request: &JoinGroup, turn: &mut Turn<'_>) {
        let Some(mut member) = self.member(&request.member_id).cloned() else { return };
        member.update(request);
        if let Some(earlier) = member.join.replace(token) {
            turn.reply(earlier, refused(KafkaCode::RebalanceInProgress, Id::clone(&member.id)));
        }
        let id = Id::clone(&member.id);
        self.put(member);
        self.watch(&id, turn);
    }

    /// Answers with the generation as it is; the leader gets the members.
    pub(super) fn answer_present_generation(&mut self, token: Token, id: &Id, turn: &mut Turn<'_>) {
        let members = if self.is_leader(id) && self.state == State::CompletingRebalance { self.joined_members() } else { Vec::new() };
        let response = self.join_response(id, members);
        turn.reply(token, Response::JoinGroup(response));
        self.renew_session(id, turn);
    }

    /// The answer to a member of the present generation.
    pub(super) fn join_response(&self, id: &Id, members: Vec<JoinedMember>) -> JoinGroupResponse {
        JoinGroupResponse {
            error: KafkaCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment: false,
            member_id: Id::clone(id),
            members,
        }
    }

    /// The members as the leader gets them.
    pub(super) fn joined_members(&self) -> Vec<JoinedMember> {
        let protocol = self.protocol_name.clone().unwrap_or_default();
        self.members
            .values()
            .map(|member| JoinedMember {
                member_id: Id::clone(&member.id),
                instance_id: member.instance_id.clone(),
                metadata: member.metadata(&protocol),
            })
            .collect()
    }
}

/// A refusal of a JoinGroup.
pub(super) fn refused(error: KafkaCode, member_id: Id) -> Response {
    Response::JoinGroup(JoinGroupResponse::refused(error, member_id))
}

/// Whether the texts fit into Kafka's format of records.
pub(crate) fn texts_fit(request: &JoinGroup) -> bool {
    let instance_id = request.instance_id.as_deref().unwrap_or_default();
    let names = request.protocols.iter().map(|(name, _)| &**name);
    names.chain([instance_id, &request.protocol_type, &request.client_id, &request.client_host]).all(|text| text.len() <= TEXT_BYTES_MAX)
}

fn reason_of(request: &JoinGroup) -> &str {
    let reason = request.reason.as_deref().unwrap_or("not given");
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}
