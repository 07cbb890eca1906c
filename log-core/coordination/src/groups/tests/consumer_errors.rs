//! What a consumer group refuses, and groups that change their protocol.

use super::harness::{Harness, Say, member};
use crate::groups::{ConsumerGroupHeartbeat, Event, GroupsConfig, ListFilter, Partitions, Response};
use log_model::KafkaCode;
use uuid::Uuid;

fn joining() -> ConsumerGroupHeartbeat {
    ConsumerGroupHeartbeat {
        group: "g".into(),
        member_id: "a".into(),
        rebalance_timeout_ms: 1_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(Partitions::new()),
        version: 1,
        fresh_id: "fresh".to_owned(),
        ..ConsumerGroupHeartbeat::default()
    }
}

fn error_of(harness: &mut Harness, request: ConsumerGroupHeartbeat) -> KafkaCode {
    let token = harness.token();
    harness.on(Event::ConsumerGroupHeartbeat { token, request });
    match &harness.answers[&token] {
        Response::ConsumerGroupHeartbeat(response) => {
            assert_eq!(response.error == KafkaCode::None, response.error_message.is_none());
            response.error
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn heartbeats_that_cannot_be_meant_are_refused() {
    let owned: Partitions = [(Uuid::from_u128(1), [0].into())].into();
    let on = joining;
    let cases: Vec<(&str, ConsumerGroupHeartbeat, KafkaCode)> = vec![
        ("no group", ConsumerGroupHeartbeat { group: "".into(), ..on() }, KafkaCode::InvalidRequest),
        ("no member in v1", ConsumerGroupHeartbeat { member_id: "".into(), ..on() }, KafkaCode::InvalidRequest),
        (
            "no member later in v0",
            ConsumerGroupHeartbeat { member_id: "".into(), member_epoch: 1, version: 0, ..on() },
            KafkaCode::InvalidRequest,
        ),
        ("empty instance", ConsumerGroupHeartbeat { instance_id: Some("".into()), ..on() }, KafkaCode::InvalidRequest),
        ("empty rack", ConsumerGroupHeartbeat { rack_id: Some(String::new()), ..on() }, KafkaCode::InvalidRequest),
        ("strange epoch", ConsumerGroupHeartbeat { member_epoch: -3, ..on() }, KafkaCode::InvalidRequest),
        ("leaving for a while without a name", ConsumerGroupHeartbeat { member_epoch: -2, ..on() }, KafkaCode::InvalidRequest),
        ("no timeout", ConsumerGroupHeartbeat { rebalance_timeout_ms: -1, ..on() }, KafkaCode::InvalidRequest),
        ("no topics", ConsumerGroupHeartbeat { subscribed_topic_names: None, ..on() }, KafkaCode::InvalidRequest),
        ("joins with partitions", ConsumerGroupHeartbeat { topic_partitions: Some(owned), ..on() }, KafkaCode::InvalidRequest),
        ("joins without saying", ConsumerGroupHeartbeat { topic_partitions: None, ..on() }, KafkaCode::InvalidRequest),
        ("assignor", ConsumerGroupHeartbeat { server_assignor: Some("best".to_owned()), ..on() }, KafkaCode::UnsupportedAssignor),
        (
            "expression",
            ConsumerGroupHeartbeat { subscribed_topic_regex: Some("(".to_owned()), ..on() },
            KafkaCode::InvalidRegularExpression,
        ),
        ("unknown group", ConsumerGroupHeartbeat { member_epoch: 1, ..on() }, KafkaCode::GroupIdNotFound),
        ("unknown group left", ConsumerGroupHeartbeat { member_epoch: -1, ..on() }, KafkaCode::GroupIdNotFound),
    ];
    for (what, request, error) in cases {
        let mut harness = Harness::new();
        assert_eq!(error_of(&mut harness, request), error, "{what}");
        assert_eq!(harness.state(), "none", "{what}");
    }
}

#[test]
fn in_version_0_the_coordinator_makes_the_id() {
    let mut harness = Harness::new();
    let token = harness.token();
    let request = ConsumerGroupHeartbeat { member_id: "".into(), version: 0, ..joining() };
    harness.on(Event::ConsumerGroupHeartbeat { token, request });
    match &harness.answers[&token] {
        Response::ConsumerGroupHeartbeat(response) => assert_eq!(response.member_id.as_deref(), Some("fresh")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_member_ahead_of_its_group_or_unknown_to_it_is_refused() {
    let mut harness = Harness::new();
    harness.topic("t", 1);
    harness.consume("a", 0, Say { topics: Some(vec!["t"]), ..Say::default() });
    assert_eq!(harness.consume("a", 2, Say::default()).error, KafkaCode::FencedMemberEpoch);
    assert_eq!(harness.consume("b", 1, Say::default()).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("b", -1, Say::default()).error, KafkaCode::UnknownMemberId);
}

#[test]
fn a_full_group_takes_nobody() {
    let mut harness = Harness::with(GroupsConfig { consumer_max_size: 1, ..GroupsConfig::default() });
    assert_eq!(error_of(&mut harness, joining()), KafkaCode::None);
    assert_eq!(error_of(&mut harness, ConsumerGroupHeartbeat { member_id: "b".into(), ..joining() }), KafkaCode::GroupMaxSizeReached);
    assert_eq!(error_of(&mut harness, joining()), KafkaCode::None);
}

#[test]
fn subscriptions_beyond_the_limit_are_refused() {
    let mut harness = Harness::with(GroupsConfig { group_bytes_max: 2_000, ..GroupsConfig::default() });
    let names = (0..100).map(|index| format!("topic-{index}").into()).collect();
    let request = ConsumerGroupHeartbeat { subscribed_topic_names: Some(names), ..joining() };
    assert_eq!(error_of(&mut harness, request), KafkaCode::GroupMaxSizeReached);
}

#[test]
fn the_node_keeps_a_limited_number_of_groups() {
    let mut harness = Harness::with(GroupsConfig { groups_max: 1, ..GroupsConfig::default() });
    assert_eq!(error_of(&mut harness, joining()), KafkaCode::None);
    assert_eq!(error_of(&mut harness, ConsumerGroupHeartbeat { group: "h".into(), ..joining() }), KafkaCode::CoordinatorNotAvailable);
}

#[test]
fn an_empty_classic_group_becomes_a_consumer_group() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(1);
    assert_eq!(error_of(&mut harness, joining()), KafkaCode::GroupIdNotFound, "it has a member");
    harness.leave(&[(&ids[0], None)]);
    assert_eq!(error_of(&mut harness, joining()), KafkaCode::None);
    let kinds = |harness: &Harness| harness.groups.list(&ListFilter::default())[0].group_type.as_str();
    assert_eq!(kinds(&harness), "consumer");
    harness.restart();
    assert_eq!(kinds(&harness), "consumer");
    assert_eq!(harness.heartbeat(&ids[0], 1), KafkaCode::UnknownMemberId);
}

#[test]
fn an_empty_consumer_group_becomes_a_classic_group() {
    let mut harness = Harness::new();
    harness.consume("a", 0, Say { topics: Some(vec!["t"]), ..Say::default() });
    let token = harness.join_with(member(""));
    assert_eq!(harness.joined(token).error, KafkaCode::InconsistentGroupProtocol, "it has a member");
    harness.consume("a", -1, Say::default());
    let token = harness.join_with(member("who"));
    assert_eq!(harness.joined(token).error, KafkaCode::UnknownMemberId);
    harness.stable(1);
    harness.restart();
    assert_eq!(harness.groups.list(&ListFilter::default())[0].group_type.as_str(), "classic");
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::GroupIdNotFound);
}
