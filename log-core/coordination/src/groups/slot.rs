//! The place of one group in the machine: its state, its deadlines and its appends under way.

use super::classic::{ClassicGroup, Waiting};
use super::command::{JoinGroupResponse, Response, SyncGroupResponse};
use super::consumer::ConsumerGroup;
use super::event::{Id, Token};
use super::pipeline::Pipeline;
use super::timers::{Timer, Timers};
use super::turn::Turn;
use super::views::{GroupType, ListedGroup};
use log_model::KafkaCode;
use std::sync::Arc;

/// A group of either kind. Clones share until one changes.
#[derive(Clone, Debug)]
pub(crate) enum Group {
    /// JoinGroup and SyncGroup.
    Classic(Arc<ClassicGroup>),
    /// ConsumerGroupHeartbeat.
    Consumer(Arc<ConsumerGroup>),
}

/// What a failed append puts back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// The group; `None` while there is none.
    pub(crate) group: Option<Group>,
    /// Whether it has committed offsets.
    pub(crate) has_offsets: bool,
}

/// The place of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// Its state.
    pub(crate) kept: Kept,
    /// Its deadlines.
    pub(crate) timers: Timers,
    /// Its appends under way.
    pub(crate) pipeline: Pipeline,
    /// When the machine's index has it due.
    pub(crate) indexed_ms: Option<i64>,
}

impl Kept {
    /// The classic group there is, or one in the place of nothing or of an empty consumer group.
    pub(crate) fn become_classic(&mut self, id: &Id, turn: &mut Turn<'_>) -> &mut Arc<ClassicGroup> {
        if !matches!(self.group, Some(Group::Classic(_))) {
            self.clear(turn);
        }
        let group = self.group.get_or_insert_with(|| Group::new_classic(id, turn.now_ms));
        match group {
            Group::Classic(group) => group,
            Group::Consumer(_) => unreachable!("a consumer group was cleared away just now"),
        }
    }

    /// The consumer group there is, or one in the place of nothing or of an empty classic group.
    pub(crate) fn become_consumer(&mut self, id: &Id, turn: &mut Turn<'_>) {
        if !matches!(self.group, Some(Group::Consumer(_))) {
            self.clear(turn);
        }
        self.group.get_or_insert_with(|| Group::new_consumer(id));
    }

    /// Ends the group; its offsets stay.
    fn clear(&mut self, turn: &mut Turn<'_>) {
        if let Some(group) = self.group.take() {
            assert!(group.is_empty(), "a group with members was to change its protocol");
            group.bury(turn);
        }
    }

    /// Ends the group and what it kept.
    pub(crate) fn forget(&mut self, turn: &mut Turn<'_>) {
        self.clear(turn);
        self.has_offsets = false;
    }

    /// A deadline has passed.
    pub(crate) fn timed_out(&mut self, timer: &Timer, turn: &mut Turn<'_>) {
        match &mut self.group {
            Some(Group::Classic(group)) => {
                let group = Arc::make_mut(group);
                match timer {
                    Timer::Session(id) => group.session_timed_out(id, turn),
                    Timer::Pending(id) => group.pending_timed_out(id, turn),
                    Timer::Join => group.join_timed_out(turn),
                    Timer::Sync => group.sync_timed_out(turn),
                    Timer::Revocation(_) | Timer::Rejoin(_) | Timer::Resync(_) => {}
                }
            }
            Some(Group::Consumer(_)) => self.consumer_timed_out(timer, turn),
            None => {}
        }
    }

    /// Whether the group is as if it had never been.
    pub(crate) fn is_transient(&self) -> bool {
        match &self.group {
            Some(Group::Classic(group)) => group.is_transient(),
            Some(Group::Consumer(group)) => group.is_empty() && group.epoch.epoch == 0,
            None => true,
        }
    }

    /// Whether the group has nobody and nobody is about to come.
    pub(crate) fn is_forgettable(&self) -> bool {
        match &self.group {
            Some(Group::Classic(group)) => group.is_empty() && group.pending_joins.is_empty(),
            Some(Group::Consumer(group)) => group.is_empty(),
            None => false,
        }
    }

    /// Refuses everyone who waits in the group, and forgets them.
    pub(crate) fn refuse_waiting(&mut self, error: KafkaCode) -> Vec<(Token, Response)> {
        let Some(Group::Classic(group)) = &mut self.group else { return Vec::new() };
        let answers = group.waiting().into_iter().map(|(token, waiting)| match waiting {
            Waiting::Join(id) => (token, Response::JoinGroup(JoinGroupResponse::refused(error, id))),
            Waiting::Sync => (token, Response::SyncGroup(SyncGroupResponse::refused(error))),
        });
        let answers: Vec<(Token, Response)> = answers.collect();
        if !answers.is_empty() {
            Arc::make_mut(group).forget_waiting();
        }
        answers
    }

    /// Whether nothing has changed since the other was cloned from it.
    pub(crate) fn is_same(&self, other: &Kept) -> bool {
        match (&self.group, &other.group) {
            (Some(Group::Classic(one)), Some(Group::Classic(two))) => Arc::ptr_eq(one, two),
            (Some(Group::Consumer(one)), Some(Group::Consumer(two))) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        }
    }

    /// Panics if what always holds does not.
    pub(crate) fn assert_sound(&self) {
        match &self.group {
            Some(Group::Classic(group)) => group.assert_sound(),
            Some(Group::Consumer(group)) => group.assert_sound(),
            None => {}
        }
    }
}

impl Slot {
    /// Whether nothing is left to keep.
    pub(crate) fn is_vacant(&self) -> bool {
        self.kept.group.is_none() && !self.kept.has_offsets && self.pipeline.is_idle()
    }
}

impl Group {
    /// A classic group without members.
    pub(crate) fn new_classic(id: &Id, now_ms: i64) -> Group {
        Group::Classic(Arc::new(ClassicGroup::new(Id::clone(id), now_ms)))
    }

    /// A consumer group without members.
    pub(crate) fn new_consumer(id: &Id) -> Group {
        Group::Consumer(Arc::new(ConsumerGroup::new(Id::clone(id))))
    }

    /// Whether it has no members.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Group::Classic(group) => group.is_empty(),
            Group::Consumer(group) => group.is_empty(),
        }
    }

    /// Writes its deletion.
    pub(crate) fn bury(&self, turn: &mut Turn<'_>) {
        match self {
            Group::Classic(group) => group.bury(turn),
            Group::Consumer(group) => group.bury(turn),
        }
        turn.timers.clear_all();
    }

    /// Makes what was read from a log fit together, should the log be damaged.
    pub(crate) fn mend(&mut self) {
        if let Group::Consumer(group) = self
            && !group.is_whole()
        {
            Arc::make_mut(group).mend();
        }
    }

    /// Sets the deadlines that its state asks for and that are not set; every member gets a whole session.
    pub(crate) fn arm(&self, turn: &mut Turn<'_>) {
        match self {
            Group::Classic(group) => group.arm(turn),
            Group::Consumer(group) => group.arm(turn),
        }
    }

    /// Its line in a list.
    pub(crate) fn listed(&self) -> ListedGroup {
        match self {
            Group::Classic(group) => ListedGroup {
                group: Id::clone(&group.id),
                protocol_type: group.protocol_type.clone().unwrap_or_default(),
                state: group.state.as_str(),
                group_type: GroupType::Classic,
            },
            Group::Consumer(group) => ListedGroup {
                group: Id::clone(&group.id),
                protocol_type: "consumer".to_owned(),
                state: group.state().as_str(),
                group_type: GroupType::Consumer,
            },
        }
    }
}
