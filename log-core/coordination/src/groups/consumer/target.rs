//! The target assignment: what every member shall have.
//!
//! Source: Kafka's `TargetAssignmentBuilder`; KIP-1263 (not more often than the interval).

use super::assignors::{self, Assignor, Spec, SpecMember};
use super::group::ConsumerGroup;
use crate::groups::config::GroupsConfig;
use crate::groups::event::Id;
use crate::groups::records::{Record, TargetEpoch};
use crate::groups::turn::Turn;
use std::sync::Arc;

impl ConsumerGroup {
    /// Computes the target for the present epoch, unless there is one or the last one is too recent.
    pub(super) fn update_target(self: &mut Arc<Self>, turn: &mut Turn<'_>) {
        if self.target_epoch.epoch >= self.epoch.epoch || !self.may_assign(turn) {
            return;
        }
        let spec = self.spec(turn);
        let mut targets = (self.assignor(&turn.config).assign)(&spec);
        for id in spec.members.keys() {
            let target = targets.remove(id).unwrap_or_default();
            let known = self.targets.get(id);
            if known.map_or(!target.is_empty(), |known| **known != target) {
                self.emit(Record::TargetMember { group: Id::clone(&self.id), member: Id::clone(id), value: Some(target) }, turn);
            }
        }
        let value = TargetEpoch { epoch: self.epoch.epoch, timestamp_ms: turn.now_ms };
        self.emit(Record::TargetEpoch { group: Id::clone(&self.id), value: Some(value) }, turn);
    }

    /// The interval has passed since the last target; a clock that went backwards does not stop us.
    fn may_assign(&self, turn: &Turn<'_>) -> bool {
        let since_ms = turn.now_ms.saturating_sub(self.target_epoch.timestamp_ms);
        self.target_epoch.timestamp_ms == 0 || since_ms < 0 || since_ms >= i64::from(turn.config.consumer_assignment_interval_ms)
    }

    /// The assignor that most members ask for, of those that the node lets them; the first of these if none does.
    pub(super) fn assignor(&self, config: &GroupsConfig) -> &'static Assignor {
        let wanted = || self.members.values().filter_map(|member| member.subscription.server_assignor.as_deref());
        let votes = |name: &str| wanted().filter(|wanted| *wanted == name).count();
        // The first of those with the most.
        let chosen = config.consumer_assignors.iter().rev().max_by_key(|name| votes(name));
        chosen.and_then(|name| assignors::find(name)).unwrap_or(&assignors::ASSIGNORS[0])
    }

    fn spec(&self, turn: &Turn<'_>) -> Spec {
        let mut spec = Spec::default();
        for (id, member) in &self.members {
            let topics = self.subscribed_ids(&member.subscription, turn);
            for topic in &topics {
                spec.partition_counts.entry(*topic).or_insert_with(|| turn.topics.partition_count(topic));
            }
            let previous = self.targets.get(id).map(|target| (**target).clone()).unwrap_or_default();
            spec.members.insert(Id::clone(id), SpecMember { instance_id: member.subscription.instance_id.clone(), topics, previous });
        }
        spec
    }
}
