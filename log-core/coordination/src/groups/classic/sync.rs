//! SyncGroup: the leader brings the assignment, everyone gets its part.
//!
//! The assignment counts only once it is durable: the answers wait for the record.
//!
//! Source: Kafka's `classicGroupSyncToClassicGroup`.

use super::group::{ClassicGroup, State};
use crate::groups::command::{Response, SyncGroupResponse};
use crate::groups::event::{Id, SyncGroup, Token};
use crate::groups::timers::Timer;
use crate::groups::turn::Turn;
use bytes::Bytes;
use log_model::KafkaCode;
use std::collections::BTreeMap;

impl ClassicGroup {
    /// Handles a SyncGroup.
    pub(crate) fn sync(&mut self, token: Token, request: &SyncGroup, turn: &mut Turn<'_>) {
        if let Err(error) = self.try_sync(token, request, turn) {
            turn.reply(token, Response::SyncGroup(SyncGroupResponse::refused(error)));
        }
    }

    fn try_sync(&mut self, token: Token, request: &SyncGroup, turn: &mut Turn<'_>) -> Result<(), KafkaCode> {
        let id = &request.member_id;
        self.check_member(id, request.instance_id.as_deref())?;
        if request.generation != self.generation {
            return Err(KafkaCode::IllegalGeneration);
        }
        let differs = |theirs: &Option<String>, ours: Option<&str>| theirs.as_deref().is_some_and(|theirs| Some(theirs) != ours);
        if differs(&request.protocol_type, self.protocol_type.as_deref()) || differs(&request.protocol_name, self.protocol_name.as_deref())
        {
            return Err(KafkaCode::InconsistentGroupProtocol);
        }
        match self.state {
            State::Empty => Err(KafkaCode::UnknownMemberId),
            State::PreparingRebalance => Err(KafkaCode::RebalanceInProgress),
            State::CompletingRebalance => {
                if self.is_leader(id) {
                    self.take_assignments(&request.assignments, turn)?;
                    self.synced(id, turn);
                    self.park_sync(id, token, turn);
                    self.spread_assignments(turn);
                } else {
                    self.synced(id, turn);
                    self.park_sync(id, token, turn);
                }
                Ok(())
            }
            State::Stable => {
                self.synced(id, turn);
                let response = self.sync_response(id);
                turn.reply(token, Response::SyncGroup(response));
                self.renew_session(id, turn);
                Ok(())
            }
        }
    }

    fn park_sync(&mut self, id: &str, token: Token, turn: &mut Turn<'_>) {
        let Some(member) = self.member_mut(id) else { return };
        if let Some(earlier) = member.sync.replace(token) {
            turn.reply(earlier, Response::SyncGroup(SyncGroupResponse::refused(KafkaCode::RebalanceInProgress)));
        }
    }

    /// A member has asked for its assignment; once all have, nobody is waited for.
    fn synced(&mut self, id: &str, turn: &mut Turn<'_>) {
        self.pending_syncs.remove(id);
        if self.pending_syncs.is_empty() {
            turn.timers.clear(&Timer::Sync);
        }
    }

    /// Who is not named gets an empty assignment, who is no member is left out. Too much for a group is refused as Kafka refuses what does not fit
    /// into a record.
    fn take_assignments(&mut self, assignments: &[(Id, Bytes)], turn: &mut Turn<'_>) -> Result<(), KafkaCode> {
        let total_bytes: usize = assignments.iter().map(|(_, assignment)| assignment.len()).sum();
        if self.bytes + total_bytes > turn.config.group_bytes_max {
            return Err(KafkaCode::UnknownServerError);
        }
        let by_member: BTreeMap<&Id, &Bytes> = assignments.iter().map(|(id, assignment)| (id, assignment)).collect();
        let ids: Vec<Id> = self.members.keys().map(Id::clone).collect();
        for id in ids {
            let assignment = by_member.get(&id).map(|assignment| (*assignment).clone()).unwrap_or_default();
            if let Some(member) = self.member_mut(&id) {
                member.assignment = assignment;
            }
        }
        Ok(())
    }

    fn spread_assignments(&mut self, turn: &mut Turn<'_>) {
        self.enter(State::Stable, turn.now_ms);
        self.persist(turn);
        let ids: Vec<Id> = self.members.keys().map(Id::clone).collect();
        for id in ids {
            let response = self.sync_response(&id);
            let Some(token) = self.member_mut(&id).and_then(|member| member.sync.take()) else { continue };
            turn.reply(token, Response::SyncGroup(response));
            self.renew_session(&id, turn);
        }
    }

    fn sync_response(&self, id: &str) -> SyncGroupResponse {
        SyncGroupResponse {
            error: KafkaCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            assignment: self.member(id).map(|member| member.assignment.clone()).unwrap_or_default(),
        }
    }

    /// Members that never asked for their assignment are out.
    pub(crate) fn sync_timed_out(&mut self, turn: &mut Turn<'_>) {
        if !matches!(self.state, State::CompletingRebalance | State::Stable) || self.pending_syncs.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.pending_syncs) {
            self.drop_member(&id, turn);
        }
        self.after_departure("members did not ask for their assignment in time", turn);
    }
}
