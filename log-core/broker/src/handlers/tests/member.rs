//! Members of groups: of the classic protocol, where a leader assigns, and the positions of either kind of group.

use super::client::{Client, Node, code};
use futures::future::join_all;
use log_model::KafkaCode;
use log_wire::messages::join_group_request::JoinGroupRequestProtocol;
use log_wire::messages::leave_group_request::MemberIdentity;
use log_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use log_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use log_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use log_wire::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, SyncGroupRequest, SyncGroupResponse,
};

/// How long a member may be silent.
pub(crate) const SESSION_MS: i32 = 10_000;
const JOIN: i16 = 9;

/// A member of a classic group, on a connection of its own.
pub(crate) struct Member {
    pub(crate) client: Client,
    /// Empty until it is told.
    pub(crate) id: String,
    pub(crate) instance_id: Option<&'static str>,
    pub(crate) generation: i32,
    group: &'static str,
    is_joining: bool,
}

impl Member {
    /// Somebody who is not a member yet.
    pub(crate) async fn new(node: &Node, group: &'static str) -> Member {
        Member { client: node.connect().await, id: String::new(), instance_id: None, generation: -1, group, is_joining: false }
    }

    /// As [`new`](Member::new), with a name that outlives its connections (KIP-345).
    pub(crate) async fn fixed(node: &Node, group: &'static str, instance_id: &'static str) -> Member {
        Member { instance_id: Some(instance_id), ..Member::new(node, group).await }
    }

    /// The same member on another connection.
    pub(crate) async fn reconnected(self, node: &Node) -> Member {
        Member { client: node.connect().await, ..self }
    }

    /// What it asks in order to join.
    pub(crate) fn join_request(&self) -> JoinGroupRequest<'static> {
        JoinGroupRequest {
            group_id: self.group.into(),
            session_timeout_ms: SESSION_MS,
            rebalance_timeout_ms: 20_000,
            member_id: self.id.clone().into(),
            group_instance_id: self.instance_id.map(Into::into),
            protocol_type: "consumer".into(),
            protocols: vec![JoinGroupRequestProtocol { name: "range".into(), metadata: b"metadata".into() }],
            ..JoinGroupRequest::default()
        }
    }

    /// Asks to join; the answer may take until the others have.
    pub(crate) async fn begin_join(&mut self) {
        if self.id.is_empty() && self.instance_id.is_none() {
            let told: JoinGroupResponse<'_> = self.client.ask(JOIN, &self.join_request()).await;
            assert_eq!(code(told.error_code), KafkaCode::MemberIdRequired);
            self.id = told.member_id.to_string();
        }
        self.client.send(JOIN, &self.join_request()).await;
        self.is_joining = true;
    }

    /// Joins, or waits for the answer if it has asked already.
    pub(crate) async fn join(&mut self) -> JoinGroupResponse<'static> {
        if !self.is_joining {
            self.begin_join().await;
        }
        self.is_joining = false;
        let joined: JoinGroupResponse<'_> = self.client.receive(JOIN).await;
        if joined.error_code == 0 {
            self.id = joined.member_id.to_string();
            self.generation = joined.generation_id;
        }
        joined
    }

    /// Brings the assignment, if it is the leader, and asks for its part.
    pub(crate) async fn sync(&mut self, assignments: &[(String, String)]) -> (KafkaCode, String) {
        let assignment = |(member, assignment): &(String, String)| SyncGroupRequestAssignment {
            member_id: member.clone().into(),
            assignment: assignment.clone().into_bytes().into(),
        };
        let request = SyncGroupRequest {
            group_id: self.group.into(),
            generation_id: self.generation,
            member_id: self.id.clone().into(),
            group_instance_id: self.instance_id.map(Into::into),
            protocol_type: Some("consumer".into()),
            protocol_name: Some("range".into()),
            assignments: assignments.iter().map(assignment).collect(),
        };
        let answer: SyncGroupResponse<'_> = self.client.ask(5, &request).await;
        (code(answer.error_code), String::from_utf8(answer.assignment.to_vec()).unwrap())
    }

    /// Shows that it lives.
    pub(crate) async fn beat(&mut self) -> KafkaCode {
        let request = HeartbeatRequest {
            group_id: self.group.into(),
            generation_id: self.generation,
            member_id: self.id.clone().into(),
            group_instance_id: self.instance_id.map(Into::into),
        };
        let answer: HeartbeatResponse = self.client.ask(4, &request).await;
        code(answer.error_code)
    }

    /// Leaves for good.
    pub(crate) async fn leave(&mut self) -> KafkaCode {
        let member = MemberIdentity {
            member_id: self.id.clone().into(),
            group_instance_id: self.instance_id.map(Into::into),
            ..MemberIdentity::default()
        };
        let request = LeaveGroupRequest { group_id: self.group.into(), members: vec![member], ..LeaveGroupRequest::default() };
        let answer: LeaveGroupResponse<'_> = self.client.ask(5, &request).await;
        match code(answer.error_code) {
            KafkaCode::None => code(answer.members[0].error_code),
            code => code,
        }
    }

    /// Commits its position in the first partition of a topic.
    pub(crate) async fn commit(&mut self, topic: &'static str, offset: i64) -> KafkaCode {
        let by = OffsetCommitRequest {
            generation_id_or_member_epoch: self.generation,
            member_id: self.id.clone().into(),
            group_instance_id: self.instance_id.map(Into::into),
            ..commit_request(self.group, topic, offset)
        };
        let answer: OffsetCommitResponse<'_> = self.client.ask(8, &by).await;
        code(answer.topics[0].partitions[0].error_code)
    }
}

/// What a member is assigned by [`rebalance`].
pub(crate) fn part_of(member: &str) -> String {
    format!("the part of {member}")
}

/// All members join, and each gets its part. Gives the generation.
pub(crate) async fn rebalance(members: &mut [&mut Member]) -> i32 {
    let joined = join_all(members.iter_mut().map(|member| member.join())).await;
    let (leader, generation) = (joined[0].leader.to_string(), joined[0].generation_id);
    for (answer, member) in joined.iter().zip(&*members) {
        assert_eq!((code(answer.error_code), answer.generation_id, &*answer.leader), (KafkaCode::None, generation, &*leader));
        let told = if member.id == leader { members.len() } else { 0 };
        assert_eq!(answer.members.len(), told, "only the leader is told of the members");
    }
    let parts: Vec<(String, String)> = members.iter().map(|member| (member.id.clone(), part_of(&member.id))).collect();
    let synced = members.iter_mut().map(|member| {
        let brought = if member.id == leader { parts.clone() } else { Vec::new() };
        async move { member.sync(&brought).await }
    });
    for (answer, member) in join_all(synced).await.into_iter().zip(&*members) {
        assert_eq!(answer, (KafkaCode::None, part_of(&member.id)));
    }
    generation
}

/// A position in the first partition of a topic, of whoever is in no group.
pub(crate) fn commit_request(group: &'static str, topic: &'static str, offset: i64) -> OffsetCommitRequest<'static> {
    let partitions = vec![OffsetCommitRequestPartition {
        committed_offset: offset,
        committed_leader_epoch: -1,
        committed_metadata: Some("mine".into()),
        ..OffsetCommitRequestPartition::default()
    }];
    let topics = vec![OffsetCommitRequestTopic { name: topic.into(), partitions, ..OffsetCommitRequestTopic::default() }];
    OffsetCommitRequest { group_id: group.into(), topics, ..OffsetCommitRequest::default() }
}

/// A group's position in the first partition of a topic, -1 for none; with `require_stable` not while a transaction may still change it.
pub(crate) async fn position(client: &mut Client, group: &'static str, topic: &'static str, require_stable: bool) -> (KafkaCode, i64) {
    let topics = vec![OffsetFetchRequestTopics { name: topic.into(), partition_indexes: vec![0], ..OffsetFetchRequestTopics::default() }];
    let group = OffsetFetchRequestGroup { group_id: group.into(), topics: Some(topics), ..OffsetFetchRequestGroup::default() };
    let request = OffsetFetchRequest { groups: vec![group], require_stable, ..OffsetFetchRequest::default() };
    let answer: OffsetFetchResponse<'_> = client.ask(9, &request).await;
    assert_eq!(code(answer.groups[0].error_code), KafkaCode::None);
    let partition = &answer.groups[0].topics[0].partitions[0];
    (code(partition.error_code), partition.committed_offset)
}
