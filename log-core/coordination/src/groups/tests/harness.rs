//! A coordinator with a log under it: events go in, answers are kept by token, records by the order in which they became durable.

use crate::groups::records::{decode, encode};
use crate::groups::{
    Command, ConsumerGroupHeartbeat, ConsumerGroupHeartbeatResponse, Event, Groups, GroupsConfig, Heartbeat, Id, JoinGroup,
    JoinGroupResponse, LeaveGroup, LeaveGroupResponse, LeavingMember, Partitions, PersistId, Record, Response, SyncGroup,
    SyncGroupResponse, Token,
};
use bytes::Bytes;
use log_model::KafkaCode;
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// What a consumer sends beside its id and epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Say {
    pub(super) topics: Option<Vec<&'static str>>,
    pub(super) regex: Option<&'static str>,
    pub(super) owned: Option<Partitions>,
    pub(super) instance: Option<&'static str>,
    pub(super) assignor: Option<&'static str>,
    pub(super) hidden: Vec<&'static str>,
}

pub(super) struct Harness {
    pub(super) groups: Groups,
    pub(super) config: GroupsConfig,
    pub(super) now_ms: i64,
    /// What is durable, as bytes.
    pub(super) log: Vec<(Bytes, Option<Bytes>)>,
    /// Appends that nobody has reported on.
    pub(super) appends: VecDeque<(PersistId, Vec<Record>)>,
    /// Whether appends are reported durable at once.
    pub(super) at_once: bool,
    pub(super) answers: BTreeMap<Token, Response>,
    topics: BTreeMap<Id, (Uuid, i32)>,
    next: u64,
}

impl Harness {
    pub(super) fn new() -> Self {
        Self::with(GroupsConfig { consumer_assignment_interval_ms: 0, ..GroupsConfig::default() })
    }

    /// A coordinator that does not wait for more members.
    pub(super) fn eager() -> Self {
        Self::with(GroupsConfig { initial_rebalance_delay_ms: 0, consumer_assignment_interval_ms: 0, ..GroupsConfig::default() })
    }

    pub(super) fn with(config: GroupsConfig) -> Self {
        let mut harness = Harness {
            groups: Groups::new(config),
            config,
            now_ms: 1_000_000,
            log: Vec::new(),
            appends: VecDeque::new(),
            at_once: true,
            answers: BTreeMap::new(),
            topics: BTreeMap::new(),
            next: 0,
        };
        harness.on(Event::Loaded);
        harness
    }

    /// Starts over from what is durable. Who waited is gone.
    pub(super) fn restart(&mut self) {
        self.appends.clear();
        self.groups = Groups::new(self.config);
        for (key, value) in self.log.clone() {
            let record = decode(&key, value.as_ref()).unwrap().expect("a record of a group");
            self.groups.replay(record);
        }
        for (name, (id, partition_count)) in self.topics.clone() {
            self.on(Event::TopicChanged { name, id, partition_count });
        }
        self.on(Event::Loaded);
    }

    pub(super) fn on(&mut self, event: Event) {
        let commands = self.groups.on(event, self.now_ms);
        self.run(commands);
    }

    fn run(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Respond { token, response } => {
                    let earlier = self.answers.insert(token, response);
                    assert_eq!(earlier, None, "{token:?} was answered twice");
                }
                Command::Persist { persist, group, records } => {
                    assert!(!records.is_empty());
                    assert!(records.iter().all(|record| *record.group() == group));
                    self.appends.push_back((persist, records));
                    if self.at_once {
                        self.persist();
                    }
                }
            }
        }
    }

    /// The oldest append becomes durable.
    pub(super) fn persist(&mut self) {
        let (persist, records) = self.appends.pop_front().expect("an append");
        for record in &records {
            let bytes = encode(record).unwrap();
            assert_eq!(decode(&bytes.0, bytes.1.as_ref()).unwrap().as_ref(), Some(record));
            self.log.push(bytes);
        }
        self.on(Event::Persisted { persist });
    }

    /// Every append that is under way fails.
    pub(super) fn fail(&mut self) {
        for (persist, _) in std::mem::take(&mut self.appends) {
            self.on(Event::PersistFailed { persist });
        }
    }

    /// Lets time pass, waking the coordinator when it wants to be woken.
    pub(super) fn pass(&mut self, ms: i64) {
        let end_ms = self.now_ms + ms;
        while let Some(wake_ms) = self.groups.next_deadline_ms().filter(|wake_ms| *wake_ms <= end_ms) {
            self.now_ms = self.now_ms.max(wake_ms);
            self.on(Event::Tick);
        }
        self.now_ms = end_ms;
    }

    pub(super) fn token(&mut self) -> Token {
        self.next += 1;
        Token(self.next)
    }

    pub(super) fn topic(&mut self, name: &str, partition_count: i32) -> Uuid {
        self.next += 1;
        let id = self.topics.get(name).map_or(Uuid::from_u128(u128::from(self.next)), |(id, _)| *id);
        self.topics.insert(name.into(), (id, partition_count));
        self.on(Event::TopicChanged { name: name.into(), id, partition_count });
        id
    }

    pub(super) fn delete_topic(&mut self, name: &str) {
        self.topics.remove(name);
        self.on(Event::TopicDeleted { name: name.into() });
    }

    pub(super) fn join_with(&mut self, request: JoinGroup) -> Token {
        let token = self.token();
        let request = JoinGroup { fresh_id: format!("u{}", token.0), ..request };
        self.on(Event::JoinGroup { token, request });
        token
    }

    pub(super) fn sync(&mut self, member: &str, generation: i32, assignments: &[(&str, &'static str)]) -> Token {
        let token = self.token();
        let assignments = assignments.iter().map(|(id, bytes)| (Id::from(*id), Bytes::from_static(bytes.as_bytes()))).collect();
        let request = SyncGroup { group: "g".into(), member_id: member.into(), generation, assignments, ..SyncGroup::default() };
        self.on(Event::SyncGroup { token, request });
        token
    }

    pub(super) fn heartbeat(&mut self, member: &str, generation: i32) -> KafkaCode {
        self.heartbeat_as(member, None, generation)
    }

    pub(super) fn heartbeat_as(&mut self, member: &str, instance: Option<&str>, generation: i32) -> KafkaCode {
        let token = self.token();
        let request = Heartbeat { group: "g".into(), member_id: member.into(), instance_id: instance.map(Id::from), generation };
        self.on(Event::Heartbeat { token, request });
        match self.answers.get(&token) {
            Some(Response::Heartbeat(code)) => *code,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn leave(&mut self, members: &[(&str, Option<&str>)]) -> LeaveGroupResponse {
        let token = self.token();
        let members = members
            .iter()
            .map(|(id, instance)| LeavingMember { member_id: Id::from(*id), instance_id: instance.map(Id::from), reason: None })
            .collect();
        self.on(Event::LeaveGroup { token, request: LeaveGroup { group: "g".into(), members } });
        match self.answers.get(&token) {
            Some(Response::LeaveGroup(response)) => response.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn delete(&mut self, group: &str) -> KafkaCode {
        let token = self.token();
        self.on(Event::DeleteGroup { token, group: group.into() });
        match self.answers.get(&token) {
            Some(Response::DeleteGroup(code)) => *code,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn consume_token(&mut self, member: &str, member_epoch: i32, say: Say) -> Token {
        let token = self.token();
        let joins = member_epoch == 0;
        let request = ConsumerGroupHeartbeat {
            group: "g".into(),
            member_id: member.into(),
            member_epoch,
            instance_id: say.instance.map(Id::from),
            rebalance_timeout_ms: if joins { 10_000 } else { -1 },
            subscribed_topic_names: say.topics.map(|names| names.into_iter().map(Id::from).collect()),
            subscribed_topic_regex: say.regex.map(str::to_owned),
            server_assignor: say.assignor.map(str::to_owned),
            hidden_topics: say.hidden.into_iter().map(Id::from).collect(),
            topic_partitions: if joins { Some(Partitions::new()) } else { say.owned },
            client_id: "c".to_owned(),
            client_host: "/h".to_owned(),
            version: 1,
            fresh_id: format!("u{}", token.0),
            rack_id: None,
        };
        let is_hiding = !request.hidden_topics.is_empty();
        assert!(!is_hiding || self.groups.matches_regexes(&request, self.now_ms), "what is hidden is not looked at");
        self.on(Event::ConsumerGroupHeartbeat { token, request });
        token
    }

    pub(super) fn consume(&mut self, member: &str, member_epoch: i32, say: Say) -> ConsumerGroupHeartbeatResponse {
        let token = self.consume_token(member, member_epoch, say);
        match self.answers.get(&token) {
            Some(Response::ConsumerGroupHeartbeat(response)) => response.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn joined(&self, token: Token) -> JoinGroupResponse {
        match self.answers.get(&token) {
            Some(Response::JoinGroup(response)) => response.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn synced(&self, token: Token) -> SyncGroupResponse {
        match self.answers.get(&token) {
            Some(Response::SyncGroup(response)) => response.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn waits(&self, token: Token) -> bool {
        !self.answers.contains_key(&token)
    }

    pub(super) fn state(&self) -> &'static str {
        self.groups.list(&crate::groups::ListFilter::default()).first().map_or("none", |group| group.state)
    }

    /// A dynamic member joins for the first time, and comes back with its id.
    pub(super) fn join_new(&mut self) -> (Id, Token) {
        let told = self.join_with(member(""));
        let told = self.joined(told);
        assert_eq!(told.error, KafkaCode::MemberIdRequired);
        let token = self.join_with(member(&told.member_id));
        (told.member_id, token)
    }

    /// A group of so many members with empty assignments, at its generation; the leader first.
    pub(super) fn stable(&mut self, count: usize) -> (Vec<Id>, i32) {
        let tokens: Vec<Token> = (0..count).map(|_| self.join_new().1).collect();
        self.finish(&tokens)
    }

    /// A group of static members `i0`, `i1` and so on, with their instance ids; the leader first.
    pub(super) fn stable_static(&mut self, count: usize) -> (Vec<(Id, String)>, i32) {
        let tokens: Vec<Token> = (0..count).map(|index| self.join_with(fixed("", &format!("i{index}")))).collect();
        let (ids, generation) = self.finish(&tokens);
        let instance = |id: &Id| id.split('-').next().unwrap_or_default().to_owned();
        (ids.into_iter().map(|id| (Id::clone(&id), instance(&id))).collect(), generation)
    }

    /// The joins of an initial rebalance end, and everyone syncs.
    fn finish(&mut self, tokens: &[Token]) -> (Vec<Id>, i32) {
        self.pass(9_000);
        let answers: Vec<JoinGroupResponse> = tokens.iter().map(|token| self.joined(*token)).collect();
        let generation = answers[0].generation;
        assert!(answers.iter().all(|answer| answer.error == KafkaCode::None && answer.generation == generation), "{answers:?}");
        let mut ids: Vec<Id> = answers.iter().map(|answer| Id::clone(&answer.member_id)).collect();
        ids.sort_by_key(|id| (*id != answers[0].leader, Id::clone(id)));
        for id in ids.iter().rev() {
            self.sync(id, generation, &[]);
        }
        assert_eq!(self.state(), "Stable");
        (ids, generation)
    }
}

/// A member's request to join as a consumer of the topic `t`.
pub(super) fn member(id: &str) -> JoinGroup {
    JoinGroup {
        group: "g".into(),
        member_id: id.into(),
        protocol_type: "consumer".to_owned(),
        protocols: vec![("range".into(), Bytes::from_static(b"\0\x01\0\0\0\x01\0\x01t"))],
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        client_id: "c".to_owned(),
        client_host: "/h".to_owned(),
        version: 9,
        ..JoinGroup::default()
    }
}

/// The same with other metadata.
pub(super) fn changed(id: &str) -> JoinGroup {
    JoinGroup { protocols: vec![("range".into(), Bytes::from_static(b"\0\x01\0\0\0\x01\0\x01tx"))], ..member(id) }
}

/// The same for a static member.
pub(super) fn fixed(id: &str, instance: &str) -> JoinGroup {
    JoinGroup { instance_id: Some(instance.into()), ..member(id) }
}

/// Partitions of one topic.
pub(super) fn of(topic: Uuid, partitions: &[i32]) -> Partitions {
    if partitions.is_empty() { Partitions::new() } else { [(topic, partitions.iter().copied().collect())].into() }
}
