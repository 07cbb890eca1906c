//! Committed positions: who may commit them, what comes back, and that they outlive the node.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::{Member, commit_request, position, rebalance};
use log_model::KafkaCode::{self, OffsetMetadataTooLarge, RebalanceInProgress, UnknownMemberId, UnknownTopicId, UnknownTopicOrPartition};
use log_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use log_wire::messages::{OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse};
use uuid::Uuid;

const NONE: (KafkaCode, i64) = (KafkaCode::None, -1);

#[test]
fn a_position_is_there_after_a_power_cut_in_every_version() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1), ("u", 1)]);
    node.run(async |client| {
        assert_eq!(position(client, "g", "t", true).await, NONE);
        for version in 2..=9 {
            let answer: OffsetCommitResponse<'_> = client.ask(version, &commit_request("g", "t", i64::from(version))).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), KafkaCode::None, "version {version}");
            assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, i64::from(version)));
        }
    });
    let node = node.crashed();
    node.run(async |client| {
        assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, 9));
        let all = OffsetFetchRequestGroup { group_id: "g".into(), topics: None, ..OffsetFetchRequestGroup::default() };
        for version in 8..=10 {
            let answer: OffsetFetchResponse<'_> =
                client.ask(version, &OffsetFetchRequest { groups: vec![all.clone()], ..OffsetFetchRequest::default() }).await;
            let topic = &answer.groups[0].topics[0];
            assert_eq!((topic.topic_id == node.topic_id("t"), topic.name == "t"), (version == 10, version < 10));
            let partition = &topic.partitions[0];
            assert_eq!((partition.committed_offset, partition.metadata.as_deref()), (9, Some("mine")));
        }
    });
}

#[test]
fn positions_are_kept_by_topic_id() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let id = node.topic_id("t");
        for (topic_id, expected) in [(id, KafkaCode::None), (Uuid::from_u128(9), UnknownTopicId)] {
            let mut request = commit_request("g", "", 4);
            request.topics[0].topic_id = topic_id;
            let answer: OffsetCommitResponse<'_> = client.ask(10, &request).await;
            assert_eq!(answer.topics[0].topic_id, topic_id);
            assert_eq!(code(answer.topics[0].partitions[0].error_code), expected);
            let topics = vec![OffsetFetchRequestTopics { topic_id, partition_indexes: vec![0], ..OffsetFetchRequestTopics::default() }];
            let group = OffsetFetchRequestGroup { group_id: "g".into(), topics: Some(topics), ..OffsetFetchRequestGroup::default() };
            let answer: OffsetFetchResponse<'_> =
                client.ask(10, &OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() }).await;
            let partition = &answer.groups[0].topics[0].partitions[0];
            assert_eq!((code(partition.error_code), partition.committed_offset == 4), (expected, expected.is_none()));
        }
    });
}

#[test]
fn the_positions_of_a_group_with_members_belong_to_them() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut member = Member::new(&node, "g").await;
        let joined = member.join().await;
        assert_eq!(code(joined.error_code), KafkaCode::None);
        assert_eq!(member.commit("t", 1).await, RebalanceInProgress, "it does not know its part yet");
        assert_eq!(rebalance(&mut [&mut member]).await, 1);
        assert_eq!(member.commit("t", 2).await, KafkaCode::None);
        let alone: OffsetCommitResponse<'_> = client.ask(8, &commit_request("g", "t", 3)).await;
        assert_eq!(code(alone.topics[0].partitions[0].error_code), UnknownMemberId);
        assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, 2));
        assert_eq!(member.leave().await, KafkaCode::None);
        let alone: OffsetCommitResponse<'_> = client.ask(8, &commit_request("g", "t", 3)).await;
        assert_eq!(code(alone.topics[0].partitions[0].error_code), KafkaCode::None);
        assert_eq!(position(client, "g", "t", true).await, (KafkaCode::None, 3));
    });
}

#[test]
fn what_cannot_be_a_position_is_refused_and_the_rest_is_stored() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 3)]);
    node.run(async |client| {
        let mut request = commit_request("g", "t", 5);
        let at = request.topics[0].partitions[0].clone();
        request.topics[0].partitions = (0..4)
            .map(|partition_index| {
                let mut at = at.clone();
                at.partition_index = partition_index;
                if partition_index == 1 {
                    at.committed_metadata = Some("x".repeat(4097).into());
                }
                at
            })
            .collect();
        request.topics.extend(commit_request("g", "missing", 5).topics);
        let answer: OffsetCommitResponse<'_> = client.ask(8, &request).await;
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        let codes: Vec<_> = partitions.map(|partition| code(partition.error_code)).collect();
        let done = KafkaCode::None;
        assert_eq!(codes, [done, OffsetMetadataTooLarge, done, UnknownTopicOrPartition, UnknownTopicOrPartition]);
        let empty: OffsetCommitResponse<'_> =
            client.ask(8, &OffsetCommitRequest { group_id: "".into(), ..commit_request("g", "t", 1) }).await;
        assert_eq!(code(empty.topics[0].partitions[0].error_code), KafkaCode::InvalidGroupId);
        assert_eq!(position(client, "g", "t", true).await, (done, 5));
    });
}
