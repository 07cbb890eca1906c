//! Static members of consumer groups.

use super::harness::{Harness, Say, of};
use crate::groups::Partitions;
use log_model::KafkaCode;

fn named(instance: &'static str) -> Say {
    Say { topics: Some(vec!["t"]), instance: Some(instance), ..Say::default() }
}

fn only(instance: &'static str) -> Say {
    Say { instance: Some(instance), ..Say::default() }
}

#[test]
fn a_static_member_that_left_for_a_while_gets_its_partitions_back_under_another_id() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    let left = harness.consume("a", -2, only("i"));
    assert_eq!((left.error, left.member_epoch), (KafkaCode::None, -2));
    harness.consume("b", 0, named("j"));
    assert_eq!(harness.consume("b", 2, only("j")).assignment, None, "what is kept for it goes to nobody else");
    let back = harness.consume("c", 0, named("i"));
    assert_eq!((back.error, back.member_epoch), (KafkaCode::None, 2));
    assert_eq!(back.assignment.unwrap()[&topic].len(), 1);
    assert_eq!(harness.consume("a", 1, only("i")).error, KafkaCode::FencedInstanceId);
    assert_eq!(harness.consume("b", 2, only("j")).assignment.unwrap()[&topic].len(), 1);
}

#[test]
fn nothing_is_shared_out_anew_when_a_static_member_comes_back() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    harness.consume("a", -2, only("i"));
    let back = harness.consume("b", 0, named("i"));
    assert_eq!((back.member_epoch, back.assignment), (1, Some(of(topic, &[0, 1]))));
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn an_instance_id_in_use_is_not_given_to_another() {
    let mut harness = Harness::new();
    harness.consume("a", 0, named("i"));
    assert_eq!(harness.consume("b", 0, named("i")).error, KafkaCode::UnreleasedInstanceId);
    assert_eq!(harness.consume("b", 1, only("i")).error, KafkaCode::FencedInstanceId);
    assert_eq!(harness.consume("b", -1, only("i")).error, KafkaCode::FencedInstanceId);
    assert_eq!(harness.consume("b", 1, only("j")).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("b", -2, only("j")).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("a", 0, named("i")).error, KafkaCode::None, "its first answer was lost");
}

#[test]
fn a_static_member_that_does_not_come_back_is_fenced_after_its_session() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    harness.consume("a", -2, only("i"));
    harness.pass(40_000);
    harness.consume("b", 0, named("j"));
    harness.pass(5_000);
    assert_eq!(harness.consume("b", 2, only("j")).assignment, Some(of(topic, &[0, 1])));
}

#[test]
fn a_static_member_leaves_for_good_too() {
    let mut harness = Harness::new();
    harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    assert_eq!(harness.consume("a", -1, only("i")).member_epoch, -1);
    assert_eq!(harness.state(), "Empty");
}

#[test]
fn an_administrator_removes_a_static_member() {
    let mut harness = Harness::new();
    harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    let answer = harness.leave(&[("", Some("i")), ("", Some("j")), ("a", None)]);
    let errors: Vec<KafkaCode> = answer.members.iter().map(|member| member.error).collect();
    assert_eq!(errors, vec![KafkaCode::None, KafkaCode::UnknownMemberId, KafkaCode::UnknownMemberId]);
    assert_eq!(harness.state(), "Empty");
}

#[test]
fn a_member_that_was_giving_up_when_it_left_for_a_while_gives_up() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, named("i"));
    harness.consume("b", 0, named("j"));
    let kept = harness.consume("a", 1, only("i")).assignment.unwrap();
    harness.consume("a", -2, only("i"));
    let given = harness.consume("b", 2, only("j")).assignment.unwrap();
    assert!(given[&topic].is_disjoint(&kept[&topic]));
    let back = harness.consume("c", 0, named("i"));
    assert_eq!((back.member_epoch, back.assignment), (2, Some(kept)));
    assert_ne!(given, Partitions::new());
}
