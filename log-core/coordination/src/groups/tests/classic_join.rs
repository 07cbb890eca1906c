//! Joining a classic group.

use super::harness::{Harness, changed, member};
use crate::groups::{Event, GroupsConfig, Id, JoinGroup};
use bytes::Bytes;
use log_model::KafkaCode;

fn with_delay(initial_rebalance_delay_ms: i32) -> Harness {
    Harness::with(GroupsConfig { initial_rebalance_delay_ms, ..GroupsConfig::default() })
}

#[test]
fn a_new_member_comes_back_with_the_id_it_was_told() {
    let mut harness = Harness::eager();
    let told = harness.join_with(member(""));
    let told = harness.joined(told);
    assert_eq!((told.error, &*told.member_id), (KafkaCode::MemberIdRequired, "c-u1"));
    assert_eq!(harness.state(), "Empty");
    let token = harness.join_with(member("c-u1"));
    let answer = harness.joined(token);
    assert_eq!((answer.error, answer.generation, &*answer.leader), (KafkaCode::None, 1, "c-u1"));
    assert_eq!(answer.protocol_name.as_deref(), Some("range"));
    assert_eq!(answer.members.len(), 1);
    assert_eq!(harness.state(), "CompletingRebalance");
}

#[test]
fn before_version_4_a_new_member_is_taken_in_at_once() {
    for version in 0..4 {
        let mut harness = Harness::eager();
        let token = harness.join_with(JoinGroup { version, rebalance_timeout_ms: -1, ..member("") });
        assert_eq!(harness.joined(token).error, KafkaCode::None, "v{version}");
    }
}

#[test]
fn an_id_that_never_comes_back_is_forgotten_with_the_group() {
    let mut harness = Harness::new();
    let told = harness.join_with(member(""));
    let id = harness.joined(told).member_id;
    harness.pass(10_000);
    assert_eq!(harness.state(), "none");
    let token = harness.join_with(member(&id));
    assert_eq!(harness.joined(token).error, KafkaCode::UnknownMemberId);
}

#[test]
fn requests_that_cannot_be_meant_are_refused() {
    let cases: Vec<(&str, JoinGroup, KafkaCode)> = vec![
        ("no group", JoinGroup { group: "".into(), ..member("") }, KafkaCode::InvalidGroupId),
        ("short session", JoinGroup { session_timeout_ms: 5_999, ..member("") }, KafkaCode::InvalidSessionTimeout),
        ("long session", JoinGroup { session_timeout_ms: 1_800_001, ..member("") }, KafkaCode::InvalidSessionTimeout),
        ("no type", JoinGroup { protocol_type: String::new(), ..member("") }, KafkaCode::InconsistentGroupProtocol),
        ("no protocols", JoinGroup { protocols: vec![], ..member("") }, KafkaCode::InconsistentGroupProtocol),
        ("unknown member", member("who"), KafkaCode::UnknownMemberId),
        ("long instance id", JoinGroup { instance_id: Some("x".repeat(20_000).into()), ..member("") }, KafkaCode::InvalidRequest),
    ];
    for (what, request, error) in cases {
        let mut harness = Harness::new();
        let token = harness.join_with(request);
        assert_eq!(harness.joined(token).error, error, "{what}");
        assert_eq!(harness.state(), "none", "{what}");
    }
}

#[test]
fn a_member_that_speaks_no_common_protocol_is_refused() {
    let mut harness = Harness::new();
    harness.stable(1);
    for request in [
        JoinGroup { protocols: vec![("other".into(), Bytes::new())], ..member("") },
        JoinGroup { protocol_type: "connect".to_owned(), ..member("") },
    ] {
        let token = harness.join_with(request);
        assert_eq!(harness.joined(token).error, KafkaCode::InconsistentGroupProtocol);
    }
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn the_first_generation_waits_for_more_members_and_then_some() {
    let mut harness = with_delay(3_000);
    let (_, first) = harness.join_new();
    harness.pass(2_999);
    assert!(harness.waits(first));
    let (_, second) = harness.join_new();
    harness.pass(1);
    assert!(harness.waits(first), "somebody joined, so it waits once more");
    harness.pass(2_999);
    assert!(harness.waits(first) && harness.waits(second));
    harness.pass(1);
    assert_eq!((harness.joined(first).generation, harness.joined(second).generation), (1, 1));
}

#[test]
fn the_first_generation_waits_no_longer_than_the_rebalance_timeout() {
    let mut harness = with_delay(3_000);
    let quick = |id: &str| JoinGroup { rebalance_timeout_ms: 4_000, version: 3, ..member(id) };
    let first = harness.join_with(quick(""));
    for _ in 0..3 {
        harness.pass(1_000);
        harness.join_with(quick(""));
    }
    assert!(harness.waits(first));
    harness.pass(1_000);
    assert_eq!(harness.joined(first).generation, 1);
}

#[test]
fn the_protocol_with_most_votes_is_chosen_among_those_that_all_speak() {
    let mut harness = with_delay(3_000);
    let votes: [&[&'static str]; 3] = [&["a", "b", "c"], &["c", "b", "a"], &["d", "b", "a"]];
    let tokens = votes.map(|names| {
        let protocols = names.iter().map(|name| (Id::from(*name), Bytes::from_static(name.as_bytes()))).collect();
        harness.join_with(JoinGroup { protocols, version: 3, ..member("") })
    });
    harness.pass(10_000);
    let leader = harness.joined(tokens[0]);
    assert_eq!(leader.protocol_name.as_deref(), Some("b"), "a has one vote, b has one, c is not common; then the leader's order: a");
}

#[test]
fn a_rebalance_waits_for_all_members_and_drops_those_that_do_not_come() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    let (new, waiting) = harness.join_new();
    assert_eq!(harness.state(), "PreparingRebalance");
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::RebalanceInProgress);
    let again = harness.join_with(changed(&ids[0]));
    assert!(harness.waits(waiting));
    for _ in 0..6 {
        harness.pass(9_000);
        harness.heartbeat(&ids[1], generation);
    }
    assert!(harness.waits(waiting));
    harness.pass(6_000);
    let (leader, follower) = (harness.joined(again), harness.joined(waiting));
    assert_eq!((leader.generation, follower.generation), (generation + 1, generation + 1));
    let mut members: Vec<Id> = leader.members.into_iter().map(|member| member.member_id).collect();
    members.sort();
    let mut expected = vec![Id::clone(&ids[0]), new];
    expected.sort();
    assert_eq!(members, expected);
    assert_eq!(harness.heartbeat(&ids[1], generation + 1), KafkaCode::UnknownMemberId);
}

#[test]
fn a_lost_leader_is_replaced_by_one_that_joined() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let again = harness.join_with(changed(&ids[1]));
    harness.pass(60_000);
    let answer = harness.joined(again);
    assert_eq!((answer.leader, answer.members.len()), (Id::clone(&ids[1]), 1));
}

#[test]
fn joining_again_unchanged_is_answered_from_the_present_generation() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    let follower = harness.join_with(member(&ids[1]));
    let answer = harness.joined(follower);
    assert_eq!((answer.error, answer.generation, answer.members.len()), (KafkaCode::None, generation, 0));
    assert_eq!(harness.state(), "Stable");
    let leader = harness.join_with(member(&ids[0]));
    assert!(harness.waits(leader));
    assert_eq!(harness.state(), "PreparingRebalance");
}

#[test]
fn a_leader_whose_answer_was_lost_gets_the_members_again() {
    let mut harness = Harness::eager();
    let (id, token) = harness.join_new();
    let first = harness.joined(token);
    let token = harness.join_with(member(&id));
    assert_eq!(harness.joined(token), first);
}

#[test]
fn changed_metadata_begins_a_rebalance() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let token = harness.join_with(changed(&ids[1]));
    assert!(harness.waits(token));
    assert_eq!(harness.state(), "PreparingRebalance");
}

#[test]
fn a_full_group_takes_nobody() {
    let mut harness = Harness::with(GroupsConfig { max_size: 2, ..GroupsConfig::default() });
    let (ids, generation) = harness.stable(2);
    let token = harness.join_with(member(""));
    assert_eq!(harness.joined(token).error, KafkaCode::GroupMaxSizeReached);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::None);
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn metadata_beyond_the_limit_is_refused() {
    let mut harness = Harness::with(GroupsConfig { group_bytes_max: 2_000, ..GroupsConfig::default() });
    let large = JoinGroup { protocols: vec![("range".into(), Bytes::from(vec![0; 2_000]))], ..member("") };
    let token = harness.join_with(large);
    assert_eq!(harness.joined(token).error, KafkaCode::GroupMaxSizeReached);
}

#[test]
fn a_new_member_that_never_asks_again_is_dropped_after_five_minutes() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(1);
    let patient = JoinGroup { rebalance_timeout_ms: 3_600_000, version: 3, ..member("") };
    let token = harness.join_with(patient);
    for _ in 0..34 {
        harness.pass(9_000);
        harness.heartbeat(&ids[0], generation);
    }
    assert_eq!(harness.joined(token).error, KafkaCode::UnknownMemberId);
}

#[test]
fn nothing_is_served_before_the_log_is_read() {
    let mut harness = Harness::new();
    harness.groups = crate::groups::Groups::new(harness.config);
    let token = harness.join_with(member(""));
    assert_eq!(harness.joined(token).error, KafkaCode::CoordinatorLoadInProgress);
    harness.on(Event::Loaded);
    let token = harness.join_with(member(""));
    assert_eq!(harness.joined(token).error, KafkaCode::MemberIdRequired);
}
