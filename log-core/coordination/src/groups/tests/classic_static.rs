//! Static members of classic groups.

use super::harness::{Harness, fixed};
use crate::groups::JoinGroup;
use bytes::Bytes;
use log_model::KafkaCode;

#[test]
fn a_static_member_needs_no_second_join() {
    let mut harness = Harness::eager();
    let token = harness.join_with(fixed("", "i"));
    let answer = harness.joined(token);
    assert_eq!((answer.error, &*answer.member_id), (KafkaCode::None, "i-u1"));
}

#[test]
fn a_static_member_that_comes_back_takes_its_place_without_a_rebalance() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_static(2);
    let token = harness.join_with(fixed("", &ids[1].1));
    let answer = harness.joined(token);
    assert_eq!((answer.error, answer.generation, answer.skip_assignment), (KafkaCode::None, generation, false));
    assert_ne!(answer.member_id, ids[1].0);
    assert_eq!(answer.leader, ids[0].0);
    let sync = harness.sync(&answer.member_id, generation, &[]);
    assert_eq!(harness.synced(sync).error, KafkaCode::None);
    assert_eq!(harness.state(), "Stable");
    assert_eq!(harness.heartbeat_as(&ids[1].0, Some(&ids[1].1), generation), KafkaCode::FencedInstanceId);
    assert_eq!(harness.heartbeat_as(&answer.member_id, Some(&ids[1].1), generation), KafkaCode::None);
    assert_eq!(harness.heartbeat_as(&answer.member_id, Some("i9"), generation), KafkaCode::UnknownMemberId);
}

#[test]
fn a_static_leader_that_comes_back_does_not_assign() {
    for (version, skips, members) in [(9, true, 2), (8, false, 0)] {
        let mut harness = Harness::new();
        let (ids, generation) = harness.stable_static(2);
        let token = harness.join_with(JoinGroup { version, ..fixed("", &ids[0].1) });
        let answer = harness.joined(token);
        assert_eq!((answer.generation, answer.skip_assignment, answer.members.len()), (generation, skips, members), "v{version}");
        let told = if skips { &answer.member_id } else { &ids[0].0 };
        assert_eq!(answer.leader, *told, "v{version}: {}", if skips { "it leads" } else { "it must not take itself for the leader" });
    }
}

#[test]
fn a_static_member_that_comes_back_with_other_protocols_begins_a_rebalance() {
    let mut harness = Harness::eager();
    let both = |id: &str, instance: &str, first: &'static str, second: &'static str| JoinGroup {
        protocols: vec![(first.into(), Bytes::new()), (second.into(), Bytes::new())],
        ..fixed(id, instance)
    };
    let first = harness.join_with(both("", "i", "a", "b"));
    let generation = harness.joined(first).generation;
    let id = harness.joined(first).member_id;
    harness.sync(&id, generation, &[]);
    let token = harness.join_with(both("", "i", "b", "a"));
    assert_eq!((harness.joined(token).generation, harness.joined(token).protocol_name.as_deref()), (generation + 1, Some("b")));
}

#[test]
fn callers_of_a_replaced_static_member_are_fenced() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable_static(2);
    let waiting = harness.join_with(fixed(&ids[0].0, &ids[0].1));
    assert!(harness.waits(waiting));
    let token = harness.join_with(fixed("", &ids[0].1));
    assert_eq!(harness.joined(waiting).error, KafkaCode::FencedInstanceId);
    assert!(harness.waits(token));
}

#[test]
fn static_members_are_not_dropped_by_a_rebalance_but_by_silence() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_static(2);
    let token = harness.join_with(fixed(&ids[0].0, &ids[0].1));
    for _ in 0..8 {
        harness.pass(8_000);
        harness.heartbeat_as(&ids[1].0, Some(&ids[1].1), generation);
    }
    assert_eq!(harness.joined(token).members.len(), 2, "the other is still a member");
}

#[test]
fn an_administrator_removes_a_static_member_by_its_instance_id() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_static(2);
    let answer = harness.leave(&[("", Some(&ids[1].1)), ("", Some("i9"))]);
    assert_eq!((answer.members[0].error, answer.members[1].error), (KafkaCode::None, KafkaCode::UnknownMemberId));
    assert_eq!(harness.heartbeat_as(&ids[1].0, Some(&ids[1].1), generation), KafkaCode::UnknownMemberId);
    let answer = harness.leave(&[("other", Some(&ids[0].1))]);
    assert_eq!(answer.members[0].error, KafkaCode::FencedInstanceId);
}
