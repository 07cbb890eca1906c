//! The life of a classic group: sync, heartbeats, leaving, silence.

use super::harness::{Harness, changed, member};
use crate::groups::{Event, Id, SyncGroup};
use bytes::Bytes;
use log_model::KafkaCode;

#[test]
fn the_leader_shares_out_and_everyone_gets_its_part() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let joins: Vec<_> = ids.iter().map(|id| harness.join_with(member(id))).collect();
    let generation = harness.joined(joins[0]).generation;
    let follower = harness.sync(&ids[1], generation, &[]);
    assert!(harness.waits(follower));
    let leader = harness.sync(&ids[0], generation, &[(&ids[0], "zero"), (&ids[1], "one"), ("stranger", "none")]);
    assert_eq!(harness.synced(leader).assignment, "zero");
    assert_eq!(harness.synced(follower).assignment, "one");
    assert_eq!(harness.state(), "Stable");
    let again = harness.sync(&ids[1], generation, &[]);
    assert_eq!(harness.synced(again).assignment, "one");
}

#[test]
fn an_assignment_is_known_only_when_it_is_durable() {
    let mut harness = Harness::eager();
    let (id, join) = harness.join_new();
    let generation = harness.joined(join).generation;
    harness.at_once = false;
    let sync = harness.sync(&id, generation, &[(&id, "all")]);
    assert!(harness.waits(sync));
    harness.persist();
    assert_eq!(harness.synced(sync).assignment, "all");
}

#[test]
fn sync_is_refused_by_state_generation_and_protocol() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    let code = |harness: &mut Harness, member: &str, generation: i32, kind: Option<&str>, name: Option<&str>| {
        let token = harness.token();
        let request = SyncGroup {
            group: "g".into(),
            member_id: member.into(),
            generation,
            protocol_type: kind.map(str::to_owned),
            protocol_name: name.map(str::to_owned),
            ..SyncGroup::default()
        };
        harness.on(Event::SyncGroup { token, request });
        harness.synced(token).error
    };
    assert_eq!(code(&mut harness, "who", generation, None, None), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &ids[0], generation + 1, None, None), KafkaCode::IllegalGeneration);
    assert_eq!(code(&mut harness, &ids[0], generation, Some("connect"), None), KafkaCode::InconsistentGroupProtocol);
    assert_eq!(code(&mut harness, &ids[0], generation, Some("consumer"), Some("other")), KafkaCode::InconsistentGroupProtocol);
    assert_eq!(code(&mut harness, &ids[0], generation, Some("consumer"), Some("range")), KafkaCode::None);
    harness.join_with(member(&ids[0]));
    assert_eq!(code(&mut harness, &ids[1], generation, None, None), KafkaCode::RebalanceInProgress);
}

#[test]
fn a_rebalance_sends_those_away_who_wait_for_an_assignment() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let joins: Vec<_> = ids.iter().map(|id| harness.join_with(member(id))).collect();
    let generation = harness.joined(joins[0]).generation;
    let sync = harness.sync(&ids[1], generation, &[]);
    harness.join_with(changed(&ids[0]));
    assert_eq!(harness.synced(sync).error, KafkaCode::RebalanceInProgress);
}

#[test]
fn members_that_never_sync_are_dropped() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let joins: Vec<_> = ids.iter().map(|id| harness.join_with(member(id))).collect();
    let generation = harness.joined(joins[0]).generation;
    let leader = harness.sync(&ids[0], generation, &[]);
    assert_eq!(harness.synced(leader).error, KafkaCode::None);
    for _ in 0..7 {
        harness.pass(9_000);
        let codes = (harness.heartbeat(&ids[0], generation), harness.heartbeat(&ids[1], generation));
        if codes.1 == KafkaCode::UnknownMemberId {
            assert_eq!(codes.0, KafkaCode::RebalanceInProgress);
            return;
        }
    }
    panic!("the member stayed without an assignment");
}

#[test]
fn heartbeats_are_answered_by_state() {
    let mut harness = Harness::eager();
    assert_eq!(harness.heartbeat("who", 1), KafkaCode::UnknownMemberId);
    let (id, join) = harness.join_new();
    let generation = harness.joined(join).generation;
    assert_eq!(harness.heartbeat(&id, generation), KafkaCode::None, "completing");
    harness.sync(&id, generation, &[]);
    assert_eq!(harness.heartbeat(&id, generation), KafkaCode::None, "stable");
    assert_eq!(harness.heartbeat(&id, generation - 1), KafkaCode::IllegalGeneration);
    assert_eq!(harness.heartbeat("who", generation), KafkaCode::UnknownMemberId);
    harness.join_new();
    assert_eq!(harness.heartbeat(&id, generation), KafkaCode::RebalanceInProgress, "preparing");
}

#[test]
fn a_silent_member_is_dropped_and_the_others_rebalance() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    harness.pass(6_000);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::None);
    harness.pass(5_000);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::RebalanceInProgress);
    assert_eq!(harness.heartbeat(&ids[1], generation), KafkaCode::UnknownMemberId);
}

#[test]
fn members_leave_alone_or_together() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(3);
    let answer = harness.leave(&[(&ids[0], None), ("who", None), (&ids[2], None)]);
    let errors: Vec<KafkaCode> = answer.members.iter().map(|member| member.error).collect();
    assert_eq!((answer.error, errors), (KafkaCode::None, vec![KafkaCode::None, KafkaCode::UnknownMemberId, KafkaCode::None]));
    assert_eq!(harness.heartbeat(&ids[1], generation), KafkaCode::RebalanceInProgress);
    harness.leave(&[(&ids[1], None)]);
    assert_eq!(harness.state(), "Empty");
}

#[test]
fn a_group_that_was_left_by_all_goes_on_with_its_generation() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(1);
    harness.leave(&[(&ids[0], None)]);
    let (_, join) = harness.join_new();
    harness.pass(3_000);
    assert_eq!(harness.joined(join).generation, generation + 2);
}

#[test]
fn leaving_an_unknown_group_is_refused_as_a_whole() {
    assert_eq!(Harness::new().leave(&[("who", None)]).error, KafkaCode::UnknownMemberId);
}

#[test]
fn a_member_that_was_only_told_its_id_can_leave() {
    let mut harness = Harness::new();
    harness.stable(1);
    let told = harness.join_with(member(""));
    let id = harness.joined(told).member_id;
    assert_eq!(harness.leave(&[(&id, None)]).members[0].error, KafkaCode::None);
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn callers_of_a_member_that_leaves_are_answered() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let waiting = harness.join_with(member(&ids[0]));
    harness.leave(&[(&ids[0], None)]);
    assert_eq!(harness.joined(waiting).error, KafkaCode::UnknownMemberId);
}

#[test]
fn a_second_join_of_a_member_takes_the_place_of_the_first() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let first = harness.join_with(member(&ids[0]));
    let second = harness.join_with(member(&ids[0]));
    assert_eq!(harness.joined(first).error, KafkaCode::RebalanceInProgress);
    assert!(harness.waits(second));
}

#[test]
fn too_large_an_assignment_is_refused() {
    let mut harness = Harness::eager();
    harness.config.group_bytes_max = 5_000;
    harness.restart();
    let (id, join) = harness.join_new();
    let generation = harness.joined(join).generation;
    let token = harness.token();
    let assignments = vec![(Id::clone(&id), Bytes::from(vec![0; 5_000]))];
    let request = SyncGroup { group: "g".into(), member_id: id, generation, assignments, ..SyncGroup::default() };
    harness.on(Event::SyncGroup { token, request });
    assert_eq!(harness.synced(token).error, KafkaCode::UnknownServerError);
    assert_eq!(harness.state(), "CompletingRebalance");
}
