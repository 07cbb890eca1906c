//! The life of a consumer group: joining, handing over, topics that come and go, leaving.

use super::harness::{Harness, Say, of};
use super::speaker::Speaker;
use crate::groups::{Event, GroupOverrides, GroupsConfig, Partitions, assignors};
use log_model::KafkaCode;

fn to(topics: &[&'static str]) -> Say {
    Say { topics: Some(topics.to_vec()), ..Say::default() }
}

fn owning(owned: Partitions) -> Say {
    Say { owned: Some(owned), ..Say::default() }
}

#[test]
fn the_first_member_gets_everything_at_once() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 3);
    let answer = harness.consume("a", 0, to(&["t"]));
    assert_eq!((answer.error, answer.member_epoch, answer.heartbeat_interval_ms), (KafkaCode::None, 1, 5_000));
    assert_eq!(answer.member_id.as_deref(), Some("a"));
    assert_eq!(answer.assignment, Some(of(topic, &[0, 1, 2])));
    assert_eq!(harness.state(), "Stable");
    let quiet = harness.consume("a", 1, Say::default());
    assert_eq!((quiet.member_epoch, quiet.assignment), (1, None));
}

#[test]
fn partitions_are_handed_over_when_their_owner_has_given_them_up() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 4);
    harness.consume("a", 0, to(&["t"]));
    let second = harness.consume("b", 0, to(&["t"]));
    assert_eq!((second.member_epoch, second.assignment), (2, Some(Partitions::new())));
    assert_eq!(harness.state(), "Reconciling");

    let first = harness.consume("a", 1, Say::default());
    let kept = first.assignment.unwrap();
    assert_eq!((first.member_epoch, kept[&topic].len()), (1, 2), "it stays in its epoch until it has given up");
    let waiting = harness.consume("b", 2, Say::default());
    assert_eq!(waiting.assignment, None);

    let still = harness.consume("a", 1, owning(of(topic, &[0, 1, 2, 3])));
    assert_eq!((still.member_epoch, still.assignment), (1, None));
    let done = harness.consume("a", 1, owning(kept.clone()));
    assert_eq!((done.member_epoch, done.assignment), (2, None));
    let given = harness.consume("b", 2, Say::default()).assignment.unwrap();
    assert!(given[&topic].is_disjoint(&kept[&topic]));
    assert_eq!(given[&topic].len(), 2);
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn a_lost_answer_is_given_again_to_a_member_with_the_epoch_before() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    harness.consume("b", 0, to(&["t"]));
    let kept = harness.consume("a", 1, Say::default()).assignment.unwrap();
    harness.consume("a", 1, owning(kept.clone()));
    let again = harness.consume("a", 1, owning(kept));
    assert_eq!((again.error, again.member_epoch), (KafkaCode::None, 2));
    let fenced = harness.consume("a", 1, owning(of(topic, &[0, 1])));
    assert_eq!(fenced.error, KafkaCode::FencedMemberEpoch);
    let silent = harness.consume("a", 1, Say::default());
    assert_eq!(silent.error, KafkaCode::FencedMemberEpoch);
}

#[test]
fn whoever_says_everything_hears_everything() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 1);
    harness.consume("a", 0, to(&["t"]));
    let token = harness.token();
    let request = crate::groups::ConsumerGroupHeartbeat {
        group: "g".into(),
        member_id: "a".into(),
        member_epoch: 1,
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(of(topic, &[0])),
        version: 1,
        ..Default::default()
    };
    harness.on(Event::ConsumerGroupHeartbeat { token, request });
    match &harness.answers[&token] {
        crate::groups::Response::ConsumerGroupHeartbeat(response) => assert_eq!(response.assignment, Some(of(topic, &[0]))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn topics_that_appear_grow_and_vanish_change_the_assignment() {
    let mut harness = Harness::new();
    assert_eq!(harness.consume("a", 0, to(&["t"])).assignment, Some(Partitions::new()));
    let topic = harness.topic("t", 1);
    let appeared = harness.consume("a", 1, Say::default());
    assert_eq!((appeared.member_epoch, appeared.assignment), (2, Some(of(topic, &[0]))));
    harness.topic("t", 3);
    let grown = harness.consume("a", 2, Say::default());
    assert_eq!((grown.member_epoch, grown.assignment), (3, Some(of(topic, &[0, 1, 2]))));
    harness.topic("other", 3);
    assert_eq!(harness.consume("a", 3, Say::default()).member_epoch, 3, "not ours");
    harness.delete_topic("t");
    let vanished = harness.consume("a", 3, Say::default());
    assert_eq!(vanished.assignment, Some(Partitions::new()));
    let done = harness.consume("a", vanished.member_epoch, owning(Partitions::new()));
    assert_eq!(done.member_epoch, 4);
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn subscriptions_change_by_name_and_by_expression() {
    let mut harness = Harness::new();
    let (one, two) = (harness.topic("foo-1", 1), harness.topic("foo-2", 1));
    let first = harness.consume("a", 0, Say { regex: Some("foo-.*"), ..Say::default() });
    assert_eq!(first.assignment.unwrap().len(), 2);
    let three = harness.topic("foo-3", 1);
    let more = harness.consume("a", 1, Say::default());
    assert_eq!((more.member_epoch, more.assignment.unwrap().len()), (2, 3));
    let narrow = harness.consume("a", 2, Say { regex: Some(""), topics: Some(vec!["foo-2"]), ..Say::default() });
    assert_eq!(narrow.assignment, Some(of(two, &[0])));
    let done = harness.consume("a", narrow.member_epoch, owning(of(two, &[0])));
    assert_eq!(done.member_epoch, 3);
    assert!(harness.groups.is_subscribed("g", "foo-2") && !harness.groups.is_subscribed("g", "foo-1"));
    assert_ne!(one, three);
}

#[test]
fn names_come_at_once_and_what_a_new_expression_beside_them_matches_with_a_later_heartbeat() {
    let mut harness = Harness::new();
    let (named, seen) = (harness.topic("a", 1), harness.topic("t-1", 1));
    harness.topic("t-2", 1);
    let first = harness.consume("m", 0, Say { topics: Some(vec!["a"]), regex: Some("t-.*"), ..Say::default() });
    assert_eq!(first.assignment, Some(of(named, &[0])));
    // What may not be seen counts when it is matched.
    let both = harness.consume("m", 1, Say { hidden: vec!["t-2"], owned: Some(of(named, &[0])), ..Say::default() });
    let expected: Partitions = of(named, &[0]).into_iter().chain(of(seen, &[0])).collect();
    assert_eq!((both.member_epoch, both.assignment), (2, Some(expected)));
    assert_eq!(harness.consume("m", 2, Say::default()).member_epoch, 2);
}

#[test]
fn an_expression_does_not_match_what_its_client_may_not_see() {
    let mut harness = Harness::new();
    let (seen, hidden) = (harness.topic("t-1", 1), harness.topic("t-2", 1));
    let first = harness.consume("a", 0, Say { regex: Some("t-.*"), hidden: vec!["t-2"], ..Say::default() });
    assert_eq!(first.assignment, Some(of(seen, &[0])));
    let unchanged = harness.consume("a", 1, Say::default());
    assert_eq!((unchanged.member_epoch, unchanged.assignment), (1, None));
    // Another topic comes: all are matched again, by what may be seen then.
    let new = harness.topic("t-3", 1);
    let more = harness.consume("a", 1, Say { hidden: vec!["t-1", "t-2"], ..Say::default() });
    let given_up = harness.consume("a", more.member_epoch, owning(Partitions::new()));
    assert_eq!(given_up.assignment, Some(of(new, &[0])));
    // Nothing changes but what may be seen: that is looked at from time to time.
    harness.now_ms += i64::from(harness.config.regex_refresh_interval_ms) - 1;
    assert_eq!(harness.consume("a", given_up.member_epoch, Say::default()).member_epoch, given_up.member_epoch);
    harness.now_ms += 1;
    let all = harness.consume("a", given_up.member_epoch, Say::default()).assignment.unwrap();
    assert!([seen, hidden, new].iter().all(|topic| all.contains_key(topic)), "{all:?}");
}

#[test]
fn members_of_the_classic_protocol_leave_expressions_as_they_are() {
    let mut harness = Harness::new();
    let seen = harness.topic("t-1", 1);
    harness.topic("t-2", 1);
    harness.consume("a", 0, Say { regex: Some("t-.*"), hidden: vec!["t-2"], ..Say::default() });
    assert!(harness.groups.is_subscribed("g", "t-1") && !harness.groups.is_subscribed("g", "t-2"));
    harness.topic("t-4", 1);
    Speaker::new(&["t-9"]).settle(&mut harness);
    assert_eq!(harness.groups.describe_consumer("g").unwrap().members.len(), 2);
    assert!(!harness.groups.is_subscribed("g", "t-4") && !harness.groups.is_subscribed("g", "t-2"));
    harness.consume("a", 1, Say { hidden: vec!["t-2"], owned: Some(of(seen, &[0])), ..Say::default() });
    assert!(harness.groups.is_subscribed("g", "t-4") && !harness.groups.is_subscribed("g", "t-2"));
}

#[test]
fn a_node_decides_which_assignors_there_are() {
    let config = GroupsConfig { consumer_assignors: assignors(&["range".to_owned()]), ..GroupsConfig::default() };
    let mut harness = Harness::with(config);
    harness.topic("t", 1);
    let refused = harness.consume("a", 0, Say { assignor: Some("uniform"), ..to(&["t"]) });
    assert_eq!(refused.error, KafkaCode::UnsupportedAssignor);
    assert_eq!(harness.consume("a", 0, to(&["t"])).error, KafkaCode::None);
    assert_eq!(harness.groups.describe_consumer("g").unwrap().assignor, "range");
    for (names, expected) in [(&["range", "uniform"][..], "range"), (&["uniform"], "uniform"), (&[], "uniform"), (&["other"], "uniform")] {
        assert_eq!(assignors(&names.iter().map(ToString::to_string).collect::<Vec<_>>())[0], expected);
    }
}

#[test]
fn the_assignor_that_most_ask_for_is_used() {
    let mut harness = Harness::new();
    let (left, right) = (harness.topic("l", 2), harness.topic("r", 2));
    harness.consume("a", 0, Say { assignor: Some("range"), ..to(&["l", "r"]) });
    let second = harness.consume("b", 0, Say { assignor: Some("range"), ..to(&["l", "r"]) });
    let kept = harness.consume("a", 1, Say::default()).assignment.unwrap();
    assert_eq!(kept, [(left, [0].into()), (right, [0].into())].into(), "the same partitions of both topics");
    assert_eq!(second.error, KafkaCode::None);
    assert_eq!(harness.groups.describe_consumer("g").unwrap().assignor, "range");
}

#[test]
fn a_member_that_leaves_leaves_its_partitions_to_the_others() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    harness.consume("b", 0, to(&["t"]));
    let left = harness.consume("a", -1, Say::default());
    assert_eq!((left.error, left.member_epoch), (KafkaCode::None, -1));
    let other = harness.consume("b", 2, Say::default());
    assert_eq!(other.assignment, Some(of(topic, &[0, 1])));
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::UnknownMemberId);
    harness.consume("b", -1, Say::default());
    assert_eq!(harness.state(), "Empty");
}

#[test]
fn a_silent_member_is_fenced_after_its_session() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    harness.pass(30_000);
    harness.consume("b", 0, to(&["t"]));
    harness.pass(15_000);
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("b", 2, Say::default()).assignment, Some(of(topic, &[0, 1])));
}

#[test]
fn a_member_that_does_not_give_up_in_time_is_fenced() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    harness.consume("b", 0, to(&["t"]));
    harness.consume("a", 1, Say::default());
    harness.pass(9_000);
    assert_eq!(harness.consume("a", 1, owning(of(topic, &[0, 1]))).error, KafkaCode::None);
    harness.pass(1_000);
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("b", 2, Say::default()).assignment, Some(of(topic, &[0, 1])));
}

#[test]
fn targets_are_computed_no_more_often_than_the_interval() {
    let mut harness = Harness::with(GroupsConfig::default());
    harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    harness.pass(500);
    let second = harness.consume("b", 0, to(&["t"]));
    assert_eq!((second.member_epoch, harness.state()), (1, "Assigning"));
    harness.pass(500);
    assert_eq!(harness.consume("b", 1, Say::default()).member_epoch, 2);
    assert_eq!(harness.state(), "Reconciling");
}

#[test]
fn a_group_has_timeouts_of_its_own() {
    let mut harness = Harness::new();
    let overrides = GroupOverrides {
        consumer_session_timeout_ms: Some(50_000),
        consumer_heartbeat_interval_ms: Some(7_000),
        consumer_assignment_interval_ms: None,
    };
    harness.on(Event::ConfigChanged { group: "g".into(), overrides });
    harness.topic("t", 1);
    assert_eq!(harness.consume("a", 0, to(&["t"])).heartbeat_interval_ms, 7_000);
    harness.pass(49_999);
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::None);
    harness.pass(50_000);
    assert_eq!(harness.consume("a", 1, Say::default()).error, KafkaCode::UnknownMemberId);
}

#[test]
fn a_member_that_joins_again_keeps_what_it_has() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to(&["t"]));
    let again = harness.consume("a", 0, to(&["t"]));
    assert_eq!((again.error, again.member_epoch, again.assignment), (KafkaCode::None, 1, Some(of(topic, &[0, 1]))));
}
