//! A consumer that speaks the classic protocol as real ones do: it joins, shares out if it leads, syncs, rejoins when told.
//!
//! It is driven call by call: each `go` reads the answer it waits for, if there is one, and makes its next call.

use super::harness::{Harness, member};
use crate::groups::embedded;
use crate::groups::topics::Topics;
use crate::groups::{Heartbeat, Id, JoinGroup, JoinGroupResponse, Partitions, Response, SyncGroup, Token};
use bytes::Bytes;
use log_model::KafkaCode;
use log_wire::records::consumer_protocol_subscription::TopicPartition;
use log_wire::records::{ConsumerProtocolSubscription, encode_value};
use std::collections::BTreeMap;

/// What it waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing; it is to join.
    #[default]
    Out,
    Joining(Token),
    Syncing(Token),
    /// It is a member and sends heartbeats.
    In,
    Beating(Token),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Speaker {
    pub(super) id: Id,
    pub(super) instance: Option<&'static str>,
    pub(super) topics: Vec<&'static str>,
    /// It keeps what it owns while it joins.
    pub(super) cooperative: bool,
    pub(super) generation: i32,
    pub(super) owned: Partitions,
    pub(super) phase: Phase,
    /// Another has its instance id.
    pub(super) fenced: bool,
    pub(super) seen_topics: i64,
}

impl Speaker {
    pub(super) fn new(topics: &[&'static str]) -> Speaker {
        Speaker { topics: topics.to_vec(), generation: -1, ..Speaker::default() }
    }

    /// The request it joins with.
    pub(super) fn request(&self, topics: &Topics) -> JoinGroup {
        let name = if self.cooperative { "cooperative-sticky" } else { "range" };
        let metadata = subscription(&self.topics, &self.owned, topics);
        JoinGroup { protocols: vec![(name.into(), metadata)], instance_id: self.instance.map(Id::from), ..member(&self.id) }
    }

    /// Reads its answer and makes its next call; nothing while it waits.
    pub(super) fn go(&mut self, harness: &mut Harness) {
        self.hear(harness);
        match self.phase {
            Phase::Out if !self.fenced => {
                if !self.cooperative {
                    self.owned.clear();
                }
                self.seen_topics = harness.groups.topics.version();
                let token = harness.join_with(self.request(&harness.groups.topics));
                self.phase = Phase::Joining(token);
                self.hear(harness);
            }
            Phase::In if self.seen_topics != harness.groups.topics.version() => self.phase = Phase::Out,
            Phase::In => {
                let token = harness.token();
                let (member_id, instance_id) = (Id::clone(&self.id), self.instance.map(Id::from));
                let request = Heartbeat { group: "g".into(), member_id, instance_id, generation: self.generation };
                harness.on(crate::groups::Event::Heartbeat { token, request });
                self.phase = Phase::Beating(token);
                self.hear(harness);
            }
            _ => {}
        }
    }

    /// Goes on until it is a member that has nothing to do, or waits.
    pub(super) fn settle(&mut self, harness: &mut Harness) {
        for _ in 0..10 {
            self.go(harness);
        }
    }

    /// Its connection is gone, and with it what it waited for.
    pub(super) fn disconnect(&mut self) {
        self.phase = match self.phase {
            Phase::Beating(_) | Phase::In => Phase::In,
            _ => Phase::Out,
        };
    }

    /// Reads the answer it waits for.
    pub(super) fn hear(&mut self, harness: &mut Harness) {
        let (Phase::Joining(token) | Phase::Syncing(token) | Phase::Beating(token)) = self.phase else { return };
        let Some(answer) = harness.answers.get(&token).cloned() else { return };
        match answer {
            Response::JoinGroup(answer) if answer.error == KafkaCode::None => self.joined(&answer, harness),
            Response::JoinGroup(answer) if answer.error == KafkaCode::MemberIdRequired => {
                self.id = answer.member_id;
                self.phase = Phase::Out;
            }
            Response::JoinGroup(answer) => self.refused(answer.error),
            Response::SyncGroup(answer) if answer.error == KafkaCode::None => self.synced(&answer.assignment, &harness.groups.topics),
            Response::SyncGroup(answer) => self.refused(answer.error),
            Response::Heartbeat(KafkaCode::None | KafkaCode::CoordinatorNotAvailable) => self.phase = Phase::In,
            Response::Heartbeat(error) => self.refused(error),
            other => panic!("{other:?}"),
        }
    }

    fn joined(&mut self, answer: &JoinGroupResponse, harness: &mut Harness) {
        self.id = Id::clone(&answer.member_id);
        self.generation = answer.generation;
        let leads = answer.leader == answer.member_id && !answer.skip_assignment;
        let assignments = if leads { share_out(answer, &harness.groups.topics) } else { Vec::new() };
        let token = harness.token();
        let request = SyncGroup {
            group: "g".into(),
            member_id: Id::clone(&self.id),
            instance_id: self.instance.map(Id::from),
            generation: self.generation,
            protocol_type: answer.protocol_type.clone(),
            protocol_name: answer.protocol_name.as_deref().map(str::to_owned),
            assignments,
        };
        harness.on(crate::groups::Event::SyncGroup { token, request });
        self.phase = Phase::Syncing(token);
        self.hear(harness);
    }

    fn synced(&mut self, assignment: &Bytes, topics: &Topics) {
        let assigned = embedded::read_assignment(assignment, topics).unwrap().partitions;
        let keeps_all = self.owned.iter().all(|(topic, partitions)| assigned.get(topic).is_some_and(|all| partitions.is_subset(all)));
        self.owned = assigned;
        // What it gave up becomes free for others by joining again.
        self.phase = if self.cooperative && !keeps_all { Phase::Out } else { Phase::In };
    }

    fn refused(&mut self, error: KafkaCode) {
        self.phase = Phase::Out;
        match error {
            KafkaCode::UnknownMemberId => {
                self.owned.clear();
                (self.id, self.generation) = (Id::default(), -1);
            }
            KafkaCode::IllegalGeneration => {
                self.owned.clear();
                self.generation = -1;
            }
            KafkaCode::FencedInstanceId => {
                self.owned.clear();
                self.fenced = true;
            }
            _ => {}
        }
    }
}

/// A subscription as a member's metadata.
pub(super) fn subscription(names: &[&str], owned: &Partitions, topics: &Topics) -> Bytes {
    let owned = owned.iter().filter_map(|(topic, partitions)| {
        Some(TopicPartition { topic: topics.name(topic)?.to_string().into(), partitions: partitions.iter().copied().collect() })
    });
    let value = ConsumerProtocolSubscription {
        topics: names.iter().map(|name| (*name).into()).collect(),
        owned_partitions: owned.collect(),
        ..ConsumerProtocolSubscription::default()
    };
    encode_value(&value, 3).unwrap()
}

/// The leader's part: every partition to one of those that subscribe to it; what another still owns goes to nobody until it was given up.
fn share_out(answer: &JoinGroupResponse, topics: &Topics) -> Vec<(Id, Bytes)> {
    let said: BTreeMap<&Id, _> =
        answer.members.iter().map(|member| (&member.member_id, embedded::read_subscription(&member.metadata, topics).unwrap())).collect();
    let mut parts: BTreeMap<&Id, Partitions> = said.keys().map(|id| (*id, Partitions::new())).collect();
    for name in topics.all_names() {
        let Some(topic) = topics.get(name) else { continue };
        let takers: Vec<&Id> = said.iter().filter(|(_, said)| said.topics.contains(name)).map(|(id, _)| *id).collect();
        for partition in 0..topic.partition_count {
            let Some(taker) = takers.get(usize::try_from(partition).unwrap() % takers.len().max(1)) else { continue };
            let owns = |said: &embedded::Subscription| said.owned.get(&topic.id).is_some_and(|all| all.contains(&partition));
            if said.iter().all(|(id, said)| id == taker || !owns(said)) {
                parts.get_mut(taker).unwrap().entry(topic.id).or_default().insert(partition);
            }
        }
    }
    let metadata = |id: &Id| answer.members.iter().find(|member| member.member_id == *id).unwrap().metadata.clone();
    parts.iter().map(|(id, part)| (Id::clone(id), embedded::write_assignment(part, metadata(id), topics).unwrap())).collect()
}
