//! Heartbeats of KIP-848 that no coordinator can follow.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::{Member, rebalance};
use log_model::KafkaCode::{
    self, GroupIdNotFound, InvalidRegularExpression, InvalidRequest, UnknownMemberId, UnreleasedInstanceId, UnsupportedAssignor,
};
use log_wire::messages::consumer_group_heartbeat_request::TopicPartitions;
use log_wire::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};

fn joining() -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: "g".into(),
        member_id: "m".into(),
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(Vec::new()),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

type Beat = ConsumerGroupHeartbeatRequest<'static>;

#[test]
fn a_heartbeat_that_makes_no_sense_is_refused_and_makes_no_group() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    let cases = [
        (Beat { group_id: "".into(), ..joining() }, InvalidRequest),
        (Beat { member_id: "".into(), ..joining() }, InvalidRequest),
        (Beat { member_epoch: -3, ..joining() }, InvalidRequest),
        (Beat { member_epoch: -2, ..joining() }, InvalidRequest),
        (Beat { rebalance_timeout_ms: -1, ..joining() }, InvalidRequest),
        (Beat { topic_partitions: None, ..joining() }, InvalidRequest),
        (Beat { topic_partitions: Some(vec![TopicPartitions::default()]), ..joining() }, InvalidRequest),
        (Beat { subscribed_topic_names: None, ..joining() }, InvalidRequest),
        (Beat { server_assignor: Some("mine".into()), ..joining() }, UnsupportedAssignor),
        (Beat { subscribed_topic_regex: Some("(".into()), ..joining() }, InvalidRegularExpression),
        (Beat { member_epoch: 1, ..joining() }, GroupIdNotFound),
        (Beat { member_epoch: -1, ..joining() }, GroupIdNotFound),
    ];
    node.run(async |client| {
        for (request, expected) in cases {
            let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &request).await;
            assert_eq!((code(answer.error_code), answer.member_epoch), (expected, 0), "{request:?}");
            assert!(answer.error_message.is_some() && answer.assignment.is_none());
        }
        let still_none = Beat { member_epoch: 1, ..joining() };
        let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &still_none).await;
        assert_eq!(code(answer.error_code), GroupIdNotFound);
    });
}

#[test]
fn whoever_did_not_join_or_takes_anothers_place_is_refused() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let steps = [
            (Beat { instance_id: Some("i".into()), ..joining() }, KafkaCode::None),
            (Beat { member_id: "stranger".into(), member_epoch: 1, ..joining() }, UnknownMemberId),
            (Beat { member_id: "other".into(), instance_id: Some("i".into()), ..joining() }, UnreleasedInstanceId),
            (Beat { member_id: "stranger".into(), member_epoch: -1, ..joining() }, UnknownMemberId),
            // It leaves for a while, and another takes its place.
            (Beat { instance_id: Some("i".into()), member_epoch: -2, ..joining() }, KafkaCode::None),
            (Beat { member_id: "other".into(), instance_id: Some("i".into()), ..joining() }, KafkaCode::None),
            (Beat { instance_id: Some("i".into()), member_epoch: 1, ..joining() }, KafkaCode::FencedInstanceId),
        ];
        for (request, expected) in steps {
            let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &request).await;
            assert_eq!(code(answer.error_code), expected, "{request:?}");
        }
    });
}

#[test]
fn members_of_a_classic_group_are_not_disturbed_by_a_stranger() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut member = Member::new(&node, "g").await;
        rebalance(&mut [&mut member]).await;
        let answer: ConsumerGroupHeartbeatResponse<'_> = client.ask(1, &Beat { member_epoch: 1, ..joining() }).await;
        assert_eq!(code(answer.error_code), GroupIdNotFound);
        assert_eq!(member.beat().await, KafkaCode::None);
    });
}
