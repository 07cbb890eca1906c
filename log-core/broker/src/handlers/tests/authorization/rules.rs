//! What ACLs mean for those who are not named, what lists leave out, and when a change is in force.

use super::probe::{About, CLUSTER, GROUP, TOPIC, acl, any_acl, create};
use crate::handlers::tests::client::{Client, Node, code};
use log_model::KafkaCode;
use log_model::acl::AclOperation::{All, Alter, Create, Delete, Describe, Read, Write};
use log_model::acl::AclPermissionType::{Allow, Deny};
use log_model::acl::{AclOperation, AclPermissionType, ResourceType};
use log_wire::messages::metadata_request::MetadataRequestTopic;
use log_wire::messages::{
    DeleteAclsRequest, DeleteAclsResponse, DescribeGroupsRequest, DescribeGroupsResponse, DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse, InitProducerIdRequest, InitProducerIdResponse, MetadataRequest, MetadataResponse,
};

async fn delete_all(client: &mut Client) {
    let request = DeleteAclsRequest { filters: vec![any_acl(ResourceType::Any)] };
    let answer: DeleteAclsResponse<'_> = client.ask(3, &request).await;
    assert_eq!(answer.filter_results[0].error_code, 0);
}

async fn metadata(client: &mut Client, topics: Option<&[&'static str]>) -> MetadataResponse<'static> {
    let topic = |name: &&'static str| MetadataRequestTopic { name: Some((*name).into()), ..Default::default() };
    let request = MetadataRequest {
        topics: topics.map(|topics| topics.iter().map(topic).collect()),
        allow_auto_topic_creation: true,
        include_cluster_authorized_operations: true,
        include_topic_authorized_operations: true,
    };
    client.ask(10, &request).await
}

/// The code of a topic in answers that name it.
async fn seen(client: &mut Client, name: &'static str) -> KafkaCode {
    code(metadata(client, Some(&[name])).await.topics[0].error_code)
}

#[test]
fn a_change_of_acls_is_in_force_when_it_is_answered() {
    type Case = (&'static str, About, AclPermissionType, KafkaCode);
    let denied = KafkaCode::TopicAuthorizationFailed;
    let cases: [Case; 6] = [
        ("User:*", (TOPIC, All), Deny, denied),
        ("User:ANONYMOUS", (TOPIC, Describe), Deny, denied),
        ("User:*", (TOPIC, Read), Allow, KafkaCode::None),
        // Where there is an ACL, whoever it does not name may do nothing.
        ("User:alice", (TOPIC, All), Allow, denied),
        ("User:ANONYMOUS", (TOPIC, Create), Allow, denied),
        ("User:*", ((ResourceType::Topic, "other"), All), Deny, KafkaCode::None),
    ];
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut other = node.connect().await;
        for (principal, about, permission, expected) in cases {
            create(client, vec![acl(principal, about, permission)]).await;
            for client in [&mut *client, &mut other] {
                assert_eq!(seen(client, "t").await, expected, "{permission} {principal} {about:?}");
            }
            delete_all(client).await;
            assert_eq!(seen(&mut other, "t").await, KafkaCode::None);
        }
    });
}

#[test]
fn without_an_acl_nobody_may_where_the_node_says_so() {
    let node = Node::start(&[("allow.everyone.if.no.acl.found", "false"), ("super.users", "User:admin")]);
    node.create_topics(&[("t", 1)]);
    assert_eq!(node.run(async |client| seen(client, "t").await), KafkaCode::TopicAuthorizationFailed);
}

#[test]
fn lists_leave_out_what_must_not_be_seen_and_names_are_refused() {
    let node = Node::start(&[]);
    node.create_topics(&[("a", 1), ("t", 2), ("z", 1)]);
    node.run(async |client| {
        create(client, vec![acl("User:*", (TOPIC, All), Deny)]).await;
        let all = metadata(client, None).await;
        let names: Vec<_> = all.topics.iter().filter_map(|topic| topic.name.as_deref()).filter(|name| !name.starts_with("__")).collect();
        assert_eq!(names, ["a", "z"]);
        let request = DescribeTopicPartitionsRequest { response_partition_limit: 100, ..Default::default() };
        let pages: DescribeTopicPartitionsResponse<'_> = client.ask(0, &request).await;
        assert!(pages.topics.iter().all(|topic| topic.error_code == 0 && topic.name.as_deref() != Some("t")));
        let named = metadata(client, Some(&["a", "t"])).await;
        let codes: Vec<_> = named.topics.iter().map(|topic| (code(topic.error_code), topic.partitions.len())).collect();
        assert_eq!(codes, [(KafkaCode::None, 1), (KafkaCode::TopicAuthorizationFailed, 0)]);
    });
}

#[test]
fn missing_topics_are_made_for_those_who_may_make_them() {
    let new: (ResourceType, &str) = (ResourceType::Topic, "new");
    let other: (ResourceType, &str) = (ResourceType::Topic, "other");
    let node = Node::start(&[]);
    node.run(async |client| {
        create(client, vec![acl("User:*", (CLUSTER, Alter), Allow), acl("User:*", (new, Describe), Allow)]).await;
        assert_eq!(seen(client, "new").await, KafkaCode::TopicAuthorizationFailed);
        let all = metadata(client, None).await;
        assert!(all.topics.iter().all(|topic| topic.name.as_deref() != Some("new")));
        create(client, vec![acl("User:*", (other, Create), Allow), acl("User:*", (other, Describe), Allow)]).await;
        assert_eq!(seen(client, "other").await, KafkaCode::None);
        // Whoever may make topics in the cluster needs nothing else.
        create(client, vec![acl("User:*", (CLUSTER, Create), Allow)]).await;
        assert_eq!(seen(client, "new").await, KafkaCode::None);
    });
}

fn bits(operations: &[AclOperation]) -> i32 {
    operations.iter().fold(0, |bits, operation| bits | 1 << operation.as_i8())
}

#[test]
fn allowed_operations_are_those_of_the_acls() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1), ("free", 1)]);
    node.run(async |client| {
        create(client, vec![acl("User:*", (TOPIC, Write), Allow), acl("User:*", (GROUP, Delete), Deny)]).await;
        create(client, vec![acl("User:*", (GROUP, All), Allow), acl("User:*", (CLUSTER, Describe), Deny)]).await;
        let answer = metadata(client, Some(&["t", "free"])).await;
        let topics: Vec<_> = answer.topics.iter().map(|topic| topic.topic_authorized_operations).collect();
        assert_eq!(topics, [bits(&[Write, Describe]), bits(ResourceType::Topic.operations())]);
        assert_eq!(answer.cluster_authorized_operations, 0);
        let request = DescribeGroupsRequest { groups: vec!["g".into()], include_authorized_operations: true };
        let groups: DescribeGroupsResponse<'_> = client.ask(5, &request).await;
        assert_eq!(groups.groups[0].authorized_operations, bits(ResourceType::Group.operations()) & !bits(&[Delete]));
    });
}

#[test]
fn whoever_may_write_to_some_topic_may_be_an_idempotent_producer() {
    let node = Node::start(&[]);
    let every_topic = (ResourceType::Topic, "*");
    node.run(async |client| {
        let request = InitProducerIdRequest { transactional_id: None, producer_id: -1, producer_epoch: -1, transaction_timeout_ms: 1 };
        create(client, vec![acl("User:*", (CLUSTER, Alter), Allow), acl("User:bob", (every_topic, Write), Allow)]).await;
        let answer: InitProducerIdResponse = client.ask(4, &request).await;
        assert_eq!(code(answer.error_code), KafkaCode::ClusterAuthorizationFailed);
        create(client, vec![acl("User:ANONYMOUS", (TOPIC, Write), Allow)]).await;
        let answer: InitProducerIdResponse = client.ask(4, &request).await;
        assert_eq!(code(answer.error_code), KafkaCode::None);
    });
}
