//! What members subscribe to, and the group's epoch, which grows with every change of it.
//!
//! Source: Kafka's `hasMemberSubscriptionChanged`, `maybeUpdateRegularExpressions`, `computeMetadataHash`.

use super::group::ConsumerGroup;
use super::regex;
use crate::groups::event::{ConsumerGroupHeartbeat, Id};
use crate::groups::records::{GroupEpoch, MemberSubscription, Record, ResolvedRegex};
use crate::groups::turn::Turn;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

impl MemberSubscription {
    /// The subscription after a heartbeat.
    pub(super) fn updated(&self, request: &ConsumerGroupHeartbeat) -> MemberSubscription {
        let regex = request.subscribed_topic_regex.as_deref();
        MemberSubscription {
            instance_id: request.instance_id.clone().or_else(|| self.instance_id.clone()),
            rack_id: request.rack_id.clone().or_else(|| self.rack_id.clone()),
            client_id: request.client_id.clone(),
            client_host: request.client_host.clone(),
            topic_names: request
                .subscribed_topic_names
                .as_ref()
                .map_or_else(|| self.topic_names.clone(), |names| names.iter().map(Id::clone).collect()),
            topic_regex: regex.map_or_else(|| self.topic_regex.clone(), |regex| Some(Id::from(regex)).filter(|regex| !regex.is_empty())),
            rebalance_timeout_ms: if request.rebalance_timeout_ms == -1 { self.rebalance_timeout_ms } else { request.rebalance_timeout_ms },
            server_assignor: request.server_assignor.clone().or_else(|| self.server_assignor.clone()),
            classic: None,
        }
    }
}

impl ConsumerGroup {
    /// Takes the heartbeat's subscription over; the group's epoch grows if topics, or what is known of them, changed.
    pub(super) fn update_subscription(self: &mut Arc<Self>, id: &Id, request: &ConsumerGroupHeartbeat, turn: &mut Turn<'_>) {
        let old = self.members.get(id).map(|member| member.subscription.clone()).unwrap_or_default();
        let topics_changed = self.set_subscription(id, old.updated(request), turn);
        let later = self.new_regex_beside_names(id).filter(|_| topics_changed);
        let matches_changed = self.resolve_regexes(later.as_ref(), &request.hidden_topics, turn);
        self.notice_topics(topics_changed || matches_changed, turn);
    }

    /// Gives a member, new or old, its subscription; whether it subscribes to other topics now.
    pub(super) fn set_subscription(self: &mut Arc<Self>, id: &Id, new: MemberSubscription, turn: &mut Turn<'_>) -> bool {
        let known = self.members.get(id).map(Arc::clone);
        let old = known.as_ref().map(|member| member.subscription.clone()).unwrap_or_default();
        let topics_changed = old.topic_names != new.topic_names || old.topic_regex != new.topic_regex;
        if known.is_none() || old != new {
            self.emit(Record::Member { group: Id::clone(&self.id), member: Id::clone(id), value: Some(new) }, turn);
        }
        topics_changed
    }

    /// Takes note of topics that changed, and of a subscription that did. Expressions are matched with the next heartbeat of a member of the
    /// consumer protocol.
    pub(super) fn notice_topics(self: &mut Arc<Self>, topics_changed: bool, turn: &mut Turn<'_>) {
        let outdated = self.seen_topics_version != Some(turn.topics.version());
        if topics_changed || outdated || self.epoch.epoch == 0 {
            self.grow_epoch(topics_changed, turn);
        }
    }

    /// A member's expression that nobody has matched yet, if the member subscribes to names too. It has these at once and what the expression
    /// matches with a later heartbeat, as in Kafka, where expressions are matched beside the coordinator's thread: clients count on that order.
    fn new_regex_beside_names(&self, id: &Id) -> Option<Id> {
        let subscription = &self.members.get(id)?.subscription;
        let regex = subscription.topic_regex.clone().filter(|regex| !self.regexes.contains_key(regex))?;
        (!subscription.topic_names.is_empty()).then_some(regex)
    }

    /// Whether some member's expression was never matched.
    pub(crate) fn has_unmatched_regexes(&self) -> bool {
        self.regex_uses.keys().any(|regex| !self.regexes.contains_key(regex))
    }

    /// Whether expressions are to be matched anew: topics have changed, or what members may see has had time to.
    pub(crate) fn are_regexes_due(&self, topics_version: i64, now_ms: i64, refresh_interval_ms: i32) -> bool {
        self.regexes_matched
            .is_none_or(|(version, at_ms)| version != topics_version || now_ms < at_ms || now_ms - at_ms >= i64::from(refresh_interval_ms))
    }

    /// Matches new expressions but for one, and old ones when they are due, without the topics that the client of the heartbeat may not see; forgets those
    /// that nobody has any more. As in Kafka whoever comes first then matches for all members with that expression.
    fn resolve_regexes(self: &mut Arc<Self>, later: Option<&Id>, hidden: &BTreeSet<Id>, turn: &mut Turn<'_>) -> bool {
        self.forget_regexes(turn);
        let wanted: Vec<Id> = self.regex_uses.keys().map(Id::clone).collect();
        if wanted.is_empty() {
            return false;
        }
        let is_due = self.are_regexes_due(turn.topics.version(), turn.now_ms, turn.config.regex_refresh_interval_ms);
        let mut changed = false;
        for regex in wanted {
            let known = self.regexes.get(&regex);
            if (known.is_some() && !is_due) || later == Some(&regex) {
                continue;
            }
            let mut topics = regex::resolve(&regex, turn.config.regex_compiled_bytes_max, turn.topics);
            topics.retain(|topic| !hidden.contains(topic));
            if known.is_none_or(|known| known.topics != topics) {
                changed = true;
                let resolved = ResolvedRegex { topics, version: turn.topics.version(), timestamp_ms: turn.now_ms };
                self.emit(Record::Regex { group: Id::clone(&self.id), regex, value: Some(resolved) }, turn);
            }
        }
        if is_due {
            Arc::make_mut(self).regexes_matched = Some((turn.topics.version(), turn.now_ms));
        }
        changed
    }

    /// The epoch grows if it must, or if the subscribed topics are not what they were.
    pub(super) fn grow_epoch(self: &mut Arc<Self>, must: bool, turn: &mut Turn<'_>) {
        let names: BTreeSet<&Id> = self.members.values().flat_map(|member| self.subscribed_names(&member.subscription)).collect();
        let metadata_hash = turn.topics.hash(names.into_iter());
        if must || self.epoch.epoch == 0 || metadata_hash != self.epoch.metadata_hash {
            let value = GroupEpoch { epoch: self.epoch.epoch.saturating_add(1), metadata_hash };
            self.emit(Record::GroupEpoch { group: Id::clone(&self.id), value: Some(value) }, turn);
        }
        if self.seen_topics_version != Some(turn.topics.version()) {
            Arc::make_mut(self).seen_topics_version = Some(turn.topics.version());
        }
    }

    /// Forgets expressions that nobody has any more, after a member went.
    pub(super) fn forget_regexes(self: &mut Arc<Self>, turn: &mut Turn<'_>) {
        let unused: Vec<Id> = self.regexes.keys().filter(|regex| !self.regex_uses.contains_key(*regex)).map(Id::clone).collect();
        for regex in unused {
            self.emit(Record::Regex { group: Id::clone(&self.id), regex, value: None }, turn);
        }
    }

    /// The names a subscription stands for, by name and by expression.
    pub(super) fn subscribed_names<'a>(&'a self, subscription: &'a MemberSubscription) -> impl Iterator<Item = &'a Id> {
        let resolved = subscription.topic_regex.as_ref().and_then(|regex| self.regexes.get(regex));
        subscription.topic_names.iter().chain(resolved.into_iter().flat_map(|resolved| resolved.topics.iter()))
    }

    /// The ids of the existing topics that a subscription stands for.
    pub(super) fn subscribed_ids(&self, subscription: &MemberSubscription, turn: &Turn<'_>) -> BTreeSet<Uuid> {
        self.subscribed_names(subscription).filter_map(|name| turn.topics.get(name)).map(|topic| topic.id).collect()
    }
}
