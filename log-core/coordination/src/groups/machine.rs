//! All groups of the node: which group an event concerns, what becomes of its records and answers, when to wake.
//!
//! Always: a token is answered once; an answer is given out only when no append of its group is under way before it; a failed append puts the group
//! back to what it was before it, and everyone who waits is told to ask again.

use super::classic::ClassicGroup;
use super::command::{Command, ConsumerGroupHeartbeatResponse, JoinGroupResponse, LeaveGroupResponse, Response, SyncGroupResponse};
use super::config::{GroupOverrides, GroupsConfig};
use super::consumer;
use super::event::{ConsumerGroupHeartbeat, Event, Heartbeat, Id, JoinGroup, LeaveGroup, PersistId, SyncGroup, Token};
use super::records::Record;
use super::slot::{Group, Kept, Slot};
use super::topics::Topics;
use super::turn::{TEXT_BYTES_MAX, Turn};
use log_model::KafkaCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All groups of the node.
#[derive(Debug, Default)]
pub struct Groups {
    config: GroupsConfig,
    overrides: BTreeMap<Id, GroupOverrides>,
    pub(super) topics: Topics,
    pub(super) slots: BTreeMap<Id, Slot>,
    wakes: BTreeSet<(i64, Id)>,
    persists: BTreeMap<PersistId, Id>,
    next_persist: u64,
    loaded: bool,
}

impl Groups {
    /// A coordinator without groups. It serves requests once it was told [`Event::Loaded`].
    pub fn new(config: GroupsConfig) -> Self {
        Groups { config, ..Groups::default() }
    }

    /// Takes a record of the log in, at start, in the order of the log, before [`Event::Loaded`].
    pub fn replay(&mut self, record: Record) {
        let slot = self.slots.entry(Id::clone(record.group())).or_default();
        let group = Id::clone(record.group());
        match record {
            Record::ClassicGroup { value: Some(value), .. } => {
                slot.kept.group = Some(Group::Classic(Arc::new(ClassicGroup::from_value(group, value))));
            }
            Record::ClassicGroup { value: None, .. } => {
                slot.kept.group.take_if(|group| matches!(group, Group::Classic(_))).map_or((), drop)
            }
            Record::GroupEpoch { value: None, .. } => slot.kept.group.take_if(|group| matches!(group, Group::Consumer(_))).map_or((), drop),
            record => {
                let is_deletion = record.is_deletion();
                if !matches!(slot.kept.group, Some(Group::Consumer(_))) && !is_deletion {
                    slot.kept.group = Some(Group::new_consumer(&group));
                }
                if let Some(Group::Consumer(group)) = &mut slot.kept.group {
                    // A partition with two owners is damage: the later one keeps it, the earlier one loses it at its next step.
                    let _conflict = Arc::make_mut(group).apply(record);
                }
            }
        }
    }

    /// When [`Event::Tick`] is due.
    pub fn next_deadline_ms(&self) -> Option<i64> {
        self.wakes.first().map(|(wake_ms, _)| *wake_ms)
    }

    /// Handles an event.
    pub fn on(&mut self, event: Event, now_ms: i64) -> Vec<Command> {
        match event {
            Event::JoinGroup { token, request } => self.join(token, &request, now_ms),
            Event::SyncGroup { token, request } => self.sync(token, &request, now_ms),
            Event::Heartbeat { token, request } => self.heartbeat(token, &request, now_ms),
            Event::LeaveGroup { token, request } => self.leave(token, &request, now_ms),
            Event::ConsumerGroupHeartbeat { token, request } => self.consumer_heartbeat(token, &request, now_ms),
            Event::DeleteGroup { token, group } => self.delete(token, &group, now_ms),
            Event::TopicChanged { name, id, partition_count } => {
                self.topics.put(&name, id, partition_count);
                Vec::new()
            }
            Event::TopicDeleted { name } => {
                self.topics.remove(&name);
                Vec::new()
            }
            Event::OffsetsPresent { group } => self.offsets_present(&group, now_ms),
            Event::OffsetsGone { group } => self.offsets_gone(&group, now_ms),
            Event::ConfigChanged { group, overrides } => {
                if overrides == GroupOverrides::default() {
                    self.overrides.remove(&group);
                } else {
                    self.overrides.insert(group, overrides);
                }
                Vec::new()
            }
            Event::AssignmentIntervalChanged { interval_ms } => {
                self.config.consumer_assignment_interval_ms = interval_ms;
                Vec::new()
            }
            Event::Persisted { persist } => self.persisted(persist),
            Event::PersistFailed { persist } => self.persist_failed(persist, now_ms),
            Event::Loaded => self.loaded(now_ms),
            Event::Tick => self.tick(now_ms),
            Event::Sweep => self.sweep(now_ms),
        }
    }

    fn join(&mut self, token: Token, request: &JoinGroup, now_ms: i64) -> Vec<Command> {
        let refuse = |error| respond(token, Response::JoinGroup(JoinGroupResponse::refused(error, Id::clone(&request.member_id))));
        if let Err(error) = self.check_ready(&request.group) {
            return refuse(error);
        }
        if !matches!(self.group(&request.group), Some(Group::Classic(_))) {
            if !request.member_id.is_empty() && self.group(&request.group).is_none_or(Group::is_empty) {
                return refuse(KafkaCode::UnknownMemberId);
            }
            if !self.has_room(&request.group) {
                return refuse(KafkaCode::CoordinatorNotAvailable);
            }
        }
        if matches!(self.group(&request.group), Some(group @ Group::Consumer(_)) if !group.is_empty()) {
            return self.turn(&request.group, now_ms, |kept, turn| kept.join_consumer(token, request, turn));
        }
        self.turn(&request.group, now_ms, |kept, turn| {
            let group = kept.become_classic(&request.group, turn);
            Arc::make_mut(group).join(token, request, turn);
        })
    }

    fn sync(&mut self, token: Token, request: &SyncGroup, now_ms: i64) -> Vec<Command> {
        let refuse = |error| respond(token, Response::SyncGroup(SyncGroupResponse::refused(error)));
        if let Err(error) = self.check_ready(&request.group) {
            return refuse(error);
        }
        if self.group(&request.group).is_none() {
            return refuse(KafkaCode::UnknownMemberId);
        }
        self.turn(&request.group, now_ms, |kept, turn| match &mut kept.group {
            Some(Group::Classic(group)) => Arc::make_mut(group).sync(token, request, turn),
            Some(Group::Consumer(group)) => consumer::classic_sync(group, token, request, turn),
            None => {}
        })
    }

    fn heartbeat(&mut self, token: Token, request: &Heartbeat, now_ms: i64) -> Vec<Command> {
        if let Err(error) = self.check_ready(&request.group) {
            return respond(token, Response::Heartbeat(error));
        }
        if self.group(&request.group).is_none() {
            return respond(token, Response::Heartbeat(KafkaCode::UnknownMemberId));
        }
        self.turn(&request.group, now_ms, |kept, turn| match &mut kept.group {
            Some(Group::Classic(group)) => {
                let error = group.heartbeat(request, turn);
                turn.reply(token, Response::Heartbeat(error));
            }
            Some(Group::Consumer(group)) => consumer::classic_heartbeat(group, token, request, turn),
            None => {}
        })
    }

    fn leave(&mut self, token: Token, request: &LeaveGroup, now_ms: i64) -> Vec<Command> {
        let refuse = |error| respond(token, Response::LeaveGroup(LeaveGroupResponse { error, members: Vec::new() }));
        if let Err(error) = self.check_ready(&request.group) {
            return refuse(error);
        }
        if self.group(&request.group).is_none() {
            return refuse(KafkaCode::UnknownMemberId);
        }
        self.turn(&request.group, now_ms, |kept, turn| kept.leave(token, request, turn))
    }

    fn consumer_heartbeat(&mut self, token: Token, request: &ConsumerGroupHeartbeat, now_ms: i64) -> Vec<Command> {
        let refuse = |error, message: &str| {
            respond(token, Response::ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse::refused(error, message)))
        };
        if let Err(refusal) = consumer::validate(request, &self.config) {
            return refuse(refusal.code, &refusal.message);
        }
        if let Err(error) = self.check_ready(&request.group) {
            return refuse(error, "The coordinator is loading.");
        }
        let joins = request.member_epoch == consumer::JOIN_EPOCH;
        match self.group(&request.group) {
            None if !joins => return refuse(KafkaCode::GroupIdNotFound, &format!("Consumer group {} not found.", request.group)),
            None if !self.has_room(&request.group) => {
                return refuse(KafkaCode::CoordinatorNotAvailable, "The node has reached its maximum number of groups.");
            }
            Some(Group::Classic(group)) if !joins => {
                return refuse(KafkaCode::GroupIdNotFound, &format!("Group {} is not a consumer group.", group.id));
            }
            _ => {}
        }
        self.turn(&request.group, now_ms, |kept, turn| kept.consumer_heartbeat(token, request, turn))
    }

    fn delete(&mut self, token: Token, id: &Id, now_ms: i64) -> Vec<Command> {
        if let Err(error) = self.check_delete(id) {
            return respond(token, Response::DeleteGroup(error));
        }
        self.turn(id, now_ms, |kept, turn| {
            kept.forget(turn);
            turn.reply(token, Response::DeleteGroup(KafkaCode::None));
        })
    }

    fn offsets_present(&mut self, id: &Id, now_ms: i64) -> Vec<Command> {
        self.turn(id, now_ms, |kept, turn| {
            kept.has_offsets = true;
            kept.group.get_or_insert_with(|| Group::new_classic(id, turn.now_ms));
        })
    }

    fn offsets_gone(&mut self, id: &Id, now_ms: i64) -> Vec<Command> {
        if !self.slots.contains_key(id) {
            return Vec::new();
        }
        let loaded = self.loaded;
        self.turn(id, now_ms, |kept, turn| {
            kept.has_offsets = false;
            // A group that only ever kept offsets ends with them; one that had members is forgotten by the next sweep.
            if loaded && matches!(&kept.group, Some(Group::Classic(group)) if group.is_transient()) {
                kept.group = None;
                turn.timers.clear_all();
            }
        })
    }

    fn persisted(&mut self, persist: PersistId) -> Vec<Command> {
        let Some(id) = self.persists.remove(&persist) else { return Vec::new() };
        let Some(slot) = self.slots.get_mut(&id) else { return Vec::new() };
        let freed = slot.pipeline.persisted(persist);
        self.vacate(&id);
        freed.into_iter().map(|(token, response)| Command::Respond { token, response }).collect()
    }

    fn persist_failed(&mut self, persist: PersistId, now_ms: i64) -> Vec<Command> {
        let Some(id) = self.persists.remove(&persist) else { return Vec::new() };
        let config = self.config_of(&id);
        let Some(slot) = self.slots.get_mut(&id) else { return Vec::new() };
        let Some(failure) = slot.pipeline.failed(persist) else { return Vec::new() };
        for persist in &failure.persists {
            self.persists.remove(persist);
        }
        let error = KafkaCode::CoordinatorNotAvailable;
        let mut answers: BTreeMap<Token, Response> =
            failure.waiting.into_iter().map(|(token, response)| (token, response.refusal_like(error))).collect();
        answers.extend(slot.kept.refuse_waiting(error));
        let has_offsets = slot.kept.has_offsets;
        slot.kept = failure.before;
        slot.kept.has_offsets |= has_offsets;
        answers.extend(slot.kept.refuse_waiting(error));
        slot.timers.clear_all();
        let mut turn = Turn { now_ms, config, topics: &self.topics, timers: &mut slot.timers, records: Vec::new(), replies: Vec::new() };
        if let Some(group) = &slot.kept.group {
            group.arm(&mut turn);
        }
        // What was answered with an earlier append still under way keeps its order behind it.
        let freed = slot.pipeline.hold(answers.into_iter().collect());
        self.index(&id);
        self.vacate(&id);
        freed.into_iter().map(|(token, response)| Command::Respond { token, response }).collect()
    }

    fn loaded(&mut self, now_ms: i64) -> Vec<Command> {
        self.loaded = true;
        let ids: Vec<Id> = self.slots.keys().map(Id::clone).collect();
        let mut commands = Vec::new();
        for id in ids {
            commands.extend(self.turn(&id, now_ms, |kept, turn| {
                if kept.has_offsets {
                    kept.group.get_or_insert_with(|| Group::new_classic(&id, turn.now_ms));
                }
                if let Some(group) = &mut kept.group {
                    group.mend();
                    group.arm(turn);
                }
            }));
        }
        commands
    }

    fn tick(&mut self, now_ms: i64) -> Vec<Command> {
        let mut commands = Vec::new();
        while let Some((wake_ms, id)) = self.wakes.first().cloned() {
            if wake_ms > now_ms {
                break;
            }
            commands.extend(self.turn(&id, now_ms, |_, _| {}));
        }
        commands
    }

    fn sweep(&mut self, now_ms: i64) -> Vec<Command> {
        let forgotten = |slot: &Slot| slot.pipeline.is_idle() && !slot.kept.has_offsets && slot.kept.is_forgettable();
        let ids: Vec<Id> = self.slots.iter().filter(|(_, slot)| forgotten(slot)).map(|(id, _)| Id::clone(id)).collect();
        ids.iter().flat_map(|id| self.turn(id, now_ms, |kept, turn| kept.forget(turn))).collect()
    }

    /// Lets one group handle something, then its timers, and gives out what comes of it.
    fn turn(&mut self, id: &Id, now_ms: i64, handle: impl FnOnce(&mut Kept, &mut Turn<'_>)) -> Vec<Command> {
        let config = self.config_of(id);
        let slot = self.slots.entry(Id::clone(id)).or_default();
        let before = slot.kept.clone();
        let mut turn = Turn { now_ms, config, topics: &self.topics, timers: &mut slot.timers, records: Vec::new(), replies: Vec::new() };
        handle(&mut slot.kept, &mut turn);
        for timer in turn.timers.take_due(now_ms) {
            slot.kept.timed_out(&timer, &mut turn);
        }
        let (records, replies) = (turn.records, turn.replies);
        if !slot.kept.is_same(&before) {
            slot.kept.assert_sound();
        }
        let mut commands = Vec::new();
        let ready = if records.is_empty() {
            slot.pipeline.hold(replies)
        } else {
            let persist = PersistId(self.next_persist);
            self.next_persist += 1;
            slot.pipeline.begin(persist, before, replies);
            self.persists.insert(persist, Id::clone(id));
            commands.push(Command::Persist { persist, group: Id::clone(id), records });
            Vec::new()
        };
        commands.extend(ready.into_iter().map(|(token, response)| Command::Respond { token, response }));
        self.index(id);
        self.vacate(id);
        commands
    }

    /// Notes when a group wants to be woken.
    pub(super) fn index(&mut self, id: &Id) {
        let Some(slot) = self.slots.get_mut(id) else { return };
        let wake_ms = slot.timers.wake_ms();
        if slot.indexed_ms == wake_ms {
            return;
        }
        if let Some(old_ms) = slot.indexed_ms {
            self.wakes.remove(&(old_ms, Id::clone(id)));
        }
        if let Some(wake_ms) = wake_ms {
            self.wakes.insert((wake_ms, Id::clone(id)));
        }
        slot.indexed_ms = wake_ms;
    }

    /// Forgets the place of a group that is as if it had never been.
    fn vacate(&mut self, id: &Id) {
        let Some(slot) = self.slots.get_mut(id) else { return };
        if self.loaded && slot.pipeline.is_idle() && !slot.kept.has_offsets && slot.kept.is_transient() {
            slot.kept.group = None;
            slot.timers.clear_all();
        }
        if slot.is_vacant() {
            let indexed_ms = slot.indexed_ms;
            self.slots.remove(id);
            if let Some(wake_ms) = indexed_ms {
                self.wakes.remove(&(wake_ms, Id::clone(id)));
            }
        }
    }

    pub(super) fn group(&self, id: &str) -> Option<&Group> {
        self.slots.get(id)?.kept.group.as_ref()
    }

    pub(super) fn config_of(&self, id: &Id) -> GroupsConfig {
        self.overrides.get(id).map_or(self.config, |overrides| self.config.for_group(overrides))
    }

    pub(super) fn check_ready(&self, id: &str) -> Result<(), KafkaCode> {
        if id.is_empty() || id.len() > TEXT_BYTES_MAX {
            Err(KafkaCode::InvalidGroupId)
        } else if self.loaded {
            Ok(())
        } else {
            Err(KafkaCode::CoordinatorLoadInProgress)
        }
    }

    pub(super) fn has_room(&self, id: &Id) -> bool {
        self.slots.contains_key(id) || self.slots.len() < self.config.groups_max
    }
}

fn respond(token: Token, response: Response) -> Vec<Command> {
    vec![Command::Respond { token, response }]
}
