//! Lists of groups and transactions leave out what their reader must not see, and descriptions the topics.

use super::probe::{CLUSTER, GROUP, TOPIC, TRANSACTION, acl, create};
use crate::handlers::tests::client::{Client, Node, code};
use log_model::KafkaCode;
use log_model::acl::AclOperation::{Alter, Describe};
use log_model::acl::AclPermissionType::{Allow, Deny};
use log_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use log_wire::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    InitProducerIdRequest, InitProducerIdResponse, ListGroupsRequest, ListGroupsResponse, ListTransactionsRequest,
    ListTransactionsResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse,
    offset_fetch_request::OffsetFetchRequestGroup,
};

async fn commit(client: &mut Client, group: &'static str, topics: &[&'static str]) {
    let topic = |name: &&'static str| {
        let partitions = vec![OffsetCommitRequestPartition { committed_leader_epoch: -1, ..OffsetCommitRequestPartition::default() }];
        OffsetCommitRequestTopic { name: (*name).into(), partitions, ..OffsetCommitRequestTopic::default() }
    };
    let request = OffsetCommitRequest {
        group_id: group.into(),
        generation_id_or_member_epoch: -1,
        group_instance_id: None,
        topics: topics.iter().map(topic).collect(),
        ..OffsetCommitRequest::default()
    };
    let answer: OffsetCommitResponse<'_> = client.ask(9, &request).await;
    assert!(answer.topics.iter().all(|topic| topic.partitions[0].error_code == 0), "{answer:?}");
}

#[test]
fn groups_and_their_positions_are_listed_to_those_who_may_see_them() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1), ("u", 1)]);
    node.run(async |client| {
        commit(client, "g", &["t"]).await;
        commit(client, "h", &["t", "u"]).await;
        let list = async |client: &mut Client| {
            let answer: ListGroupsResponse<'_> = client.ask(4, &ListGroupsRequest::default()).await;
            answer.groups.iter().map(|group| group.group_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(list(client).await, ["g", "h"]);
        create(client, vec![acl("User:*", (GROUP, Describe), Deny), acl("User:*", (TOPIC, Describe), Deny)]).await;
        // Whoever may see the cluster sees all its groups.
        assert_eq!(list(client).await, ["g", "h"]);
        let group = OffsetFetchRequestGroup { group_id: "h".into(), member_id: None, member_epoch: -1, topics: None };
        let positions: OffsetFetchResponse<'_> =
            client.ask(9, &OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() }).await;
        let topics: Vec<_> = positions.groups[0].topics.iter().map(|topic| &*topic.name).collect();
        assert_eq!(topics, ["u"]);
        create(client, vec![acl("User:*", (CLUSTER, Describe), Deny)]).await;
        assert_eq!(list(client).await, ["h"]);
    });
}

#[test]
fn transactions_are_listed_to_those_who_may_see_them() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for id in ["w", "x"] {
            let request = InitProducerIdRequest {
                transactional_id: Some(id.into()),
                transaction_timeout_ms: 10_000,
                producer_id: -1,
                producer_epoch: -1,
            };
            let answer: InitProducerIdResponse = client.ask(4, &request).await;
            assert_eq!(code(answer.error_code), KafkaCode::None);
        }
        let list = async |client: &mut Client| {
            let request = ListTransactionsRequest { duration_filter: -1, ..ListTransactionsRequest::default() };
            let answer: ListTransactionsResponse<'_> = client.ask(1, &request).await;
            answer.transaction_states.iter().map(|one| one.transactional_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(list(client).await, ["w", "x"]);
        create(client, vec![acl("User:*", (TRANSACTION, Describe), Deny)]).await;
        assert_eq!(list(client).await, ["w"]);
    });
}

#[test]
fn members_of_a_group_are_hidden_with_its_topics() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let beat = ConsumerGroupHeartbeatRequest {
            group_id: "g".into(),
            member_id: "m".into(),
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: 10_000,
            subscribed_topic_names: Some(vec!["t".into()]),
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: Some(Vec::new()),
            ..ConsumerGroupHeartbeatRequest::default()
        };
        let joined: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &beat).await;
        assert_eq!(code(joined.error_code), KafkaCode::None, "{joined:?}");
        let describe = async |client: &mut Client| {
            let request = ConsumerGroupDescribeRequest { group_ids: vec!["g".into()], include_authorized_operations: true };
            let answer: ConsumerGroupDescribeResponse<'_> = client.ask(1, &request).await;
            (code(answer.groups[0].error_code), answer.groups[0].members.len())
        };
        assert_eq!(describe(client).await, (KafkaCode::None, 1));
        create(client, vec![acl("User:*", (CLUSTER, Alter), Allow), acl("User:*", (TOPIC, Describe), Deny)]).await;
        assert_eq!(describe(client).await, (KafkaCode::TopicAuthorizationFailed, 0));
    });
}
