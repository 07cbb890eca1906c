//! Questions that the coordinator answers at once: who may commit, read and delete offsets, and what administrators see.
//!
//! They look at the groups as they are, appends under way included: what is decided by such an answer goes into the same log behind them.

use super::classic::ClassicGroup;
use super::commit::{Commit, CommitVerdict};
use super::event::{ConsumerGroupHeartbeat, Id};
use super::machine::Groups;
use super::slot::Group;
use super::turn::Turn;
use super::views::{ClassicDescription, ConsumerDescription, ListFilter, ListedGroup};
use log_model::KafkaCode;
use std::sync::Arc;
use uuid::Uuid;

impl Groups {
    /// Whether an offset may be committed; an accepted commit of a classic member counts as a heartbeat. Errors are Kafka's for the whole request.
    pub fn check_commit(&mut self, commit: &Commit<'_>, now_ms: i64) -> Result<CommitVerdict, KafkaCode> {
        self.check_ready(&commit.group)?;
        match self.group(&commit.group) {
            None if commit.generation < 0 && self.has_room(&commit.group) => Ok(CommitVerdict::All),
            None if commit.generation < 0 => Err(KafkaCode::CoordinatorNotAvailable),
            None => Err(KafkaCode::IllegalGeneration),
            Some(Group::Consumer(group)) => group.check_commit(commit),
            Some(Group::Classic(group)) => {
                group.check_commit(commit)?;
                let group = Arc::clone(group);
                self.touch(&commit.group, &group, commit.member_id, now_ms);
                Ok(CommitVerdict::All)
            }
        }
    }

    /// Whether a member may read committed offsets (OffsetFetch v9 and later name one).
    pub fn check_fetch(&self, group: &str, member_id: Option<&str>, member_epoch: i32) -> Result<(), KafkaCode> {
        self.check_ready(group)?;
        match self.group(group) {
            Some(Group::Consumer(group)) => group.check_fetch(member_id, member_epoch),
            Some(Group::Classic(_)) | None => Ok(()),
        }
    }

    /// Whether the group may be deleted: it is there, and nobody is in it. Kafka's `validateDeleteGroup`.
    pub fn check_delete(&self, group: &str) -> Result<(), KafkaCode> {
        self.check_ready(group)?;
        match self.group(group) {
            None => Err(KafkaCode::GroupIdNotFound),
            Some(group) if !group.is_empty() => Err(KafkaCode::NonEmptyGroup),
            Some(_) => Ok(()),
        }
    }

    /// Whether offsets of the group may be deleted at all; topics in use are protected by [`Groups::is_subscribed`].
    pub fn check_offset_delete(&self, group: &str) -> Result<(), KafkaCode> {
        self.check_ready(group)?;
        match self.group(group) {
            None => Err(KafkaCode::GroupIdNotFound),
            Some(Group::Classic(group)) => group.check_offset_delete(),
            Some(Group::Consumer(_)) => Ok(()),
        }
    }

    /// Whether a member of the group uses a topic.
    pub fn is_subscribed(&self, group: &str, topic: &str) -> bool {
        match self.group(group) {
            Some(Group::Classic(group)) => group.is_subscribed(topic),
            Some(Group::Consumer(group)) => group.is_subscribed(topic),
            None => false,
        }
    }

    /// Whether this heartbeat would match regular expressions against the names of topics.
    pub fn matches_regexes(&self, request: &ConsumerGroupHeartbeat, now_ms: i64) -> bool {
        let given = request.subscribed_topic_regex.as_deref().filter(|regex| !regex.is_empty());
        let Some(Group::Consumer(group)) = self.group(&request.group) else { return given.is_some() };
        let refresh_interval_ms = self.config_of(&request.group).regex_refresh_interval_ms;
        let is_due = || group.are_regexes_due(self.topics.version(), now_ms, refresh_interval_ms);
        let is_new = given.is_some_and(|regex| !group.regexes.contains_key(regex)) || group.has_unmatched_regexes();
        is_new || (given.is_some() || !group.regexes.is_empty()) && is_due()
    }

    /// Since when nobody uses the group's offsets of a topic, in milliseconds; `None` while somebody does. Offsets expire by the later of this and
    /// their commit time (Kafka's `OffsetExpirationCondition`).
    pub fn offsets_unused_since(&self, group: &str, topic: &str) -> Option<i64> {
        match self.group(group) {
            Some(Group::Classic(group)) => group.offsets_unused_since(topic),
            Some(Group::Consumer(group)) => Some(i64::MIN).filter(|_| !group.is_subscribed(topic)),
            None => Some(i64::MIN),
        }
    }

    /// The groups, by id.
    pub fn list(&self, filter: &ListFilter) -> Vec<ListedGroup> {
        self.slots.values().filter_map(|slot| slot.kept.group.as_ref()).map(Group::listed).filter(|group| filter.shows(group)).collect()
    }

    /// A classic group, described; `None` if there is none of that id.
    pub fn describe(&self, group: &str) -> Option<ClassicDescription> {
        match self.group(group)? {
            Group::Classic(group) => Some(group.describe()),
            Group::Consumer(_) => None,
        }
    }

    /// A consumer group, described; `None` if there is none of that id.
    pub fn describe_consumer(&self, group: &str) -> Option<ConsumerDescription> {
        match self.group(group)? {
            Group::Consumer(group) => Some(group.describe(&self.config_of(&group.id))),
            Group::Classic(_) => None,
        }
    }

    /// The group itself, for tests that look inside.
    #[cfg(test)]
    pub(super) fn inside(&self, id: &str) -> Option<&Group> {
        self.group(id)
    }

    /// The name of a topic, as the groups know it.
    pub fn topic_name(&self, id: &Uuid) -> Option<&Id> {
        self.topics.name(id)
    }

    /// A member of a classic group showed that it lives.
    fn touch(&mut self, id: &Id, group: &ClassicGroup, member_id: &str, now_ms: i64) {
        let config = self.config_of(id);
        let Some(slot) = self.slots.get_mut(id) else { return };
        let mut turn = Turn { now_ms, config, topics: &self.topics, timers: &mut slot.timers, records: Vec::new(), replies: Vec::new() };
        group.renew_session(&Id::from(member_id), &mut turn);
        self.index(id);
    }
}
