//! Groups that are deleted, and positions that are, while others join and commit: what was judged is what is ended.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::member::{Member, commit_request, position, rebalance};
use log_model::KafkaCode::{self, GroupIdNotFound, GroupSubscribedToTopic, NonEmptyGroup};
use log_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use log_wire::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, DeleteGroupsRequest, DeleteGroupsResponse, ListGroupsRequest,
    ListGroupsResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
};
use std::time::Duration;

const DONE: KafkaCode = KafkaCode::None;
/// Long enough for whatever needs no disk.
const A_WHILE: Duration = Duration::from_millis(100);

/// How members of a group speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Classic,
    Consumer,
}

fn heartbeat(member_epoch: i32) -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: "g".into(),
        member_id: "m".into(),
        member_epoch,
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(Vec::new()),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

async fn beat(client: &mut Client, member_epoch: i32) -> i32 {
    let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &heartbeat(member_epoch)).await;
    assert_eq!(code(answer.error_code), DONE);
    answer.member_epoch
}

/// Group `g` after its only member has left, with position 1 in `t`.
async fn left_group(kind: Kind, node: &Node, client: &mut Client) {
    match kind {
        Kind::Classic => {
            let mut member = Member::new(node, "g").await;
            rebalance(&mut [&mut member]).await;
            assert_eq!((member.commit("t", 1).await, member.leave().await), (DONE, DONE));
        }
        Kind::Consumer => {
            let epoch = beat(client, 0).await;
            let by = OffsetCommitRequest { generation_id_or_member_epoch: epoch, member_id: "m".into(), ..commit_request("g", "t", 1) };
            let answer: OffsetCommitResponse<'_> = client.ask(9, &by).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), DONE);
            beat(client, -1).await;
        }
    }
}

fn delete_request() -> DeleteGroupsRequest<'static> {
    DeleteGroupsRequest { groups_names: vec!["g".into()] }
}

async fn deleted(client: &mut Client) -> KafkaCode {
    let answer: DeleteGroupsResponse<'_> = client.receive(2).await;
    code(answer.results[0].error_code)
}

async fn has_groups(client: &mut Client) -> bool {
    let answer: ListGroupsResponse<'_> = client.ask(5, &ListGroupsRequest::default()).await;
    !answer.groups.is_empty()
}

async fn committed(client: &mut Client) -> KafkaCode {
    let answer: OffsetCommitResponse<'_> = client.receive(8).await;
    code(answer.topics[0].partitions[0].error_code)
}

#[test]
fn what_is_committed_when_a_group_has_ended_stays() {
    for kind in [Kind::Classic, Kind::Consumer] {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |client| {
            left_group(kind, &node, client).await;
            node.fill_journal();
            let mut other = node.connect().await;
            other.send(2, &delete_request()).await;
            node.pass(A_WHILE).await;
            assert!(!has_groups(client).await, "{kind:?}: it has ended, though nobody was told");
            client.send(8, &commit_request("g", "t", 7)).await;
            node.pass(A_WHILE).await;
            node.empty_journal();
            assert_eq!((deleted(&mut other).await, committed(client).await), (DONE, DONE));
            assert_eq!(position(client, "g", "t", true).await, (DONE, 7), "{kind:?}");
            assert!(has_groups(client).await);
        });
        let node = node.crashed();
        node.run(async |client| assert_eq!(position(client, "g", "t", true).await, (DONE, 7), "{kind:?}: the log says the same"));
    }
}

#[test]
fn a_group_that_somebody_is_joining_stays_with_its_positions() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        left_group(Kind::Consumer, &node, client).await;
        node.fill_journal();
        let mut member = node.connect().await;
        member.send(1, &heartbeat(0)).await;
        node.pass(A_WHILE).await;
        client.send(2, &delete_request()).await;
        assert_eq!(deleted(client).await, NonEmptyGroup, "though the member was not told yet");
        node.empty_journal();
        let joined: ConsumerGroupHeartbeatResponse<'_> = member.receive(1).await;
        assert_eq!(code(joined.error_code), DONE);
        assert_eq!(position(client, "g", "t", true).await, (DONE, 1));
    });
}

#[test]
fn groups_of_one_request_end_one_by_one() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for group in ["a", "b"] {
            let answer: OffsetCommitResponse<'_> = client.ask(8, &commit_request(group, "t", 1)).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), DONE);
        }
        let mut member = Member::new(&node, "g").await;
        rebalance(&mut [&mut member]).await;
        let groups_names = ["a", "missing", "g", "b", "a"].map(Into::into).to_vec();
        let answer: DeleteGroupsResponse<'_> = client.ask(2, &DeleteGroupsRequest { groups_names }).await;
        let codes: Vec<_> = answer.results.iter().map(|result| code(result.error_code)).collect();
        assert_eq!(codes, [DONE, GroupIdNotFound, NonEmptyGroup, DONE, GroupIdNotFound]);
        assert_eq!(position(client, "b", "t", true).await, (DONE, -1));
    });
}

#[test]
fn positions_are_deleted_by_what_is_subscribed_then_and_later_ones_stay() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1), ("u", 1)]);
    node.run(async |client| {
        for (topic, offset) in [("t", 1), ("u", 1)] {
            let answer: OffsetCommitResponse<'_> = client.ask(8, &commit_request("g", topic, offset)).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), DONE);
        }
        node.fill_journal();
        let mut member = node.connect().await;
        member.send(1, &heartbeat(0)).await;
        node.pass(A_WHILE).await;
        let topic = |name: &'static str| OffsetDeleteRequestTopic {
            name: name.into(),
            partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
        };
        client.send(0, &OffsetDeleteRequest { group_id: "g".into(), topics: vec![topic("t"), topic("u")] }).await;
        node.pass(A_WHILE).await;
        let mut later = node.connect().await;
        let by =
            |epoch: i32| OffsetCommitRequest { generation_id_or_member_epoch: epoch, member_id: "m".into(), ..commit_request("g", "u", 9) };
        later.send(9, &by(1)).await;
        node.pass(A_WHILE).await;
        node.empty_journal();
        let joined: ConsumerGroupHeartbeatResponse<'_> = member.receive(1).await;
        assert_eq!((code(joined.error_code), joined.member_epoch), (DONE, 1));
        let answer: OffsetDeleteResponse<'_> = client.receive(0).await;
        let codes: Vec<_> = answer.topics.iter().map(|topic| code(topic.partitions[0].error_code)).collect();
        assert_eq!(codes, [GroupSubscribedToTopic, DONE]);
        let answer: OffsetCommitResponse<'_> = later.receive(9).await;
        assert_eq!(code(answer.topics[0].partitions[0].error_code), DONE);
        assert_eq!((position(client, "g", "t", true).await, position(client, "g", "u", true).await), ((DONE, 1), (DONE, 9)));
    });
}
