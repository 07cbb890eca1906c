//! Groups: membership, positions, descriptions.

use super::probe::{GROUP, Probe, TOPIC, check, probe};
use log_model::KafkaCode;
use log_model::acl::AclOperation::{Delete, Describe, Read};
use log_wire::messages::join_group_request::JoinGroupRequestProtocol;
use log_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use log_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use log_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics};
use log_wire::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest,
    OffsetFetchResponse, SyncGroupRequest, SyncGroupResponse,
};

fn join() -> JoinGroupRequest<'static> {
    JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol { name: "range".into(), metadata: vec![0].into() }],
        ..JoinGroupRequest::default()
    }
}

fn beat() -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: "g".into(),
        member_id: "m".into(),
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["other".into(), "t".into()]),
        topic_partitions: Some(Vec::new()),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

fn commit() -> OffsetCommitRequest<'static> {
    let partitions = vec![OffsetCommitRequestPartition { committed_leader_epoch: -1, ..OffsetCommitRequestPartition::default() }];
    let topics = vec![OffsetCommitRequestTopic { name: "t".into(), partitions, ..OffsetCommitRequestTopic::default() }];
    OffsetCommitRequest { group_id: "g".into(), generation_id_or_member_epoch: -1, topics, ..OffsetCommitRequest::default() }
}

fn positions() -> OffsetFetchRequest<'static> {
    let topics = vec![OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![0], ..OffsetFetchRequestTopics::default() }];
    let group =
        OffsetFetchRequestGroup { group_id: "g".into(), member_epoch: -1, topics: Some(topics), ..OffsetFetchRequestGroup::default() };
    OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() }
}

fn older_positions() -> OffsetFetchRequest<'static> {
    let topics = vec![OffsetFetchRequestTopic { name: "t".into(), partition_indexes: vec![0] }];
    OffsetFetchRequest { group_id: "g".into(), topics: Some(topics), ..OffsetFetchRequest::default() }
}

fn delete_positions() -> OffsetDeleteRequest<'static> {
    let partitions = vec![OffsetDeleteRequestPartition::default()];
    OffsetDeleteRequest { group_id: "g".into(), topics: vec![OffsetDeleteRequestTopic { name: "t".into(), partitions }] }
}

fn find(key_type: i8, key: &'static str) -> FindCoordinatorRequest<'static> {
    FindCoordinatorRequest { key_type, coordinator_keys: vec![key.into()], ..FindCoordinatorRequest::default() }
}

#[test]
fn membership_is_for_those_who_may_read_as_the_group() {
    check(&[
        probe!("FindCoordinator of a group", [(GROUP, Describe)], GroupAuthorizationFailed, 4 find(0, "g"),
            |answer: FindCoordinatorResponse<'_>| answer.coordinators[0].error_code),
        probe!("FindCoordinator of a transaction", [(super::probe::TRANSACTION, Describe)], TransactionalIdAuthorizationFailed,
            4 find(1, "x"), |answer: FindCoordinatorResponse<'_>| answer.coordinators[0].error_code),
        probe!("JoinGroup", [(GROUP, Read)], GroupAuthorizationFailed, 3 join(), |answer: JoinGroupResponse<'_>| answer.error_code),
        probe!("SyncGroup", [(GROUP, Read)], GroupAuthorizationFailed,
            3 SyncGroupRequest { group_id: "g".into(), ..SyncGroupRequest::default() },
            |answer: SyncGroupResponse<'_>| answer.error_code),
        probe!("Heartbeat", [(GROUP, Read)], GroupAuthorizationFailed,
            3 HeartbeatRequest { group_id: "g".into(), ..HeartbeatRequest::default() },
            |answer: HeartbeatResponse| answer.error_code),
        probe!("LeaveGroup", [(GROUP, Read)], GroupAuthorizationFailed,
            3 LeaveGroupRequest { group_id: "g".into(), ..LeaveGroupRequest::default() },
            |answer: LeaveGroupResponse<'_>| answer.error_code),
        probe!("ConsumerGroupHeartbeat", [(GROUP, Read)], GroupAuthorizationFailed, 0 beat(),
            |answer: ConsumerGroupHeartbeatResponse<'_>| answer.error_code),
        probe!("ConsumerGroupHeartbeat of a topic", [(TOPIC, Describe)], TopicAuthorizationFailed, 0 beat(),
            |answer: ConsumerGroupHeartbeatResponse<'_>| answer.error_code),
    ]);
}

#[test]
fn positions_are_for_those_who_may_read_as_the_group_and_from_the_topic() {
    check(&[
        probe!("OffsetCommit", [(GROUP, Read)], GroupAuthorizationFailed, 9 commit(),
            |answer: OffsetCommitResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("OffsetCommit to a topic", [(TOPIC, Read)], TopicAuthorizationFailed, 9 commit(),
            |answer: OffsetCommitResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("OffsetFetch", [(GROUP, Describe)], GroupAuthorizationFailed, 9 positions(),
            |answer: OffsetFetchResponse<'_>| answer.groups[0].error_code),
        probe!("OffsetFetch of a topic", [(TOPIC, Describe)], TopicAuthorizationFailed, 9 positions(),
            |answer: OffsetFetchResponse<'_>| answer.groups[0].topics[0].partitions[0].error_code),
        probe!("OffsetFetch of one group", [(GROUP, Describe)], GroupAuthorizationFailed, 7 older_positions(),
            |answer: OffsetFetchResponse<'_>| answer.error_code),
        probe!("OffsetFetch of one group and a topic", [(TOPIC, Describe)], TopicAuthorizationFailed, 7 older_positions(),
            |answer: OffsetFetchResponse<'_>| answer.topics[0].partitions[0].error_code),
        probe!("OffsetDelete", [(GROUP, Delete)], GroupAuthorizationFailed, 0 delete_positions(),
            |answer: OffsetDeleteResponse<'_>| answer.error_code),
    ]);
}

#[test]
fn groups_are_seen_and_deleted_by_those_who_may() {
    check(&[
        probe!("DescribeGroups", [(GROUP, Describe)], GroupAuthorizationFailed,
            5 DescribeGroupsRequest { groups: vec!["g".into()], ..DescribeGroupsRequest::default() },
            |answer: DescribeGroupsResponse<'_>| answer.groups[0].error_code),
        probe!("ConsumerGroupDescribe", [(GROUP, Describe)], GroupAuthorizationFailed,
            0 ConsumerGroupDescribeRequest { group_ids: vec!["g".into()], ..ConsumerGroupDescribeRequest::default() },
            |answer: ConsumerGroupDescribeResponse<'_>| answer.groups[0].error_code),
        probe!("DeleteGroups", [(GROUP, Delete)], GroupAuthorizationFailed,
            2 DeleteGroupsRequest { groups_names: vec!["g".into()] },
            |answer: DeleteGroupsResponse<'_>| answer.results[0].error_code),
    ]);
}
