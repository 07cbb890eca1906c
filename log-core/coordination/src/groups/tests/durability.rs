//! What survives: restarts, failed appends, damaged logs.

use super::harness::{Harness, Say, fixed, member, of};
use crate::groups::records::{
    AssignedPartitions, ClassicMemberMetadata, CurrentAssignment, GroupEpoch, MemberSubscription, TargetEpoch, decode, encode,
};
use crate::groups::{Event, Groups, GroupsConfig, Record, Response};
use bytes::Bytes;
use log_model::KafkaCode;
use uuid::Uuid;

fn to_t() -> Say {
    Say { topics: Some(vec!["t"]), ..Say::default() }
}

#[test]
fn members_of_a_classic_group_go_on_after_a_restart() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_static(2);
    harness.restart();
    assert_eq!(harness.state(), "Stable");
    for (id, instance) in &ids {
        assert_eq!(harness.heartbeat_as(id, Some(instance), generation), KafkaCode::None);
    }
    let token = harness.join_with(fixed("", &ids[1].1));
    assert_eq!(harness.joined(token).generation, generation);
    harness.restart();
    assert_eq!(harness.heartbeat_as(&ids[1].0, Some(&ids[1].1), generation), KafkaCode::FencedInstanceId);
}

#[test]
fn members_that_do_not_come_back_after_a_restart_are_dropped() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    harness.restart();
    harness.pass(9_000);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::None);
    harness.pass(1_000);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::RebalanceInProgress);
}

#[test]
fn a_rebalance_cut_off_by_a_restart_finds_the_generation_before_it() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    harness.join_with(member(&ids[0]));
    harness.join_with(member(&ids[1]));
    assert_eq!(harness.heartbeat(&ids[0], generation + 1), KafkaCode::None);
    harness.restart();
    assert_eq!(harness.heartbeat(&ids[0], generation + 1), KafkaCode::IllegalGeneration);
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::None);
}

#[test]
fn an_assignment_that_was_not_stored_is_shared_out_again() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(2);
    let joins = [harness.join_with(member(&ids[0])), harness.join_with(member(&ids[1]))];
    let generation = harness.joined(joins[0]).generation;
    harness.at_once = false;
    let follower = harness.sync(&ids[1], generation, &[]);
    let leader = harness.sync(&ids[0], generation, &[(&ids[0], "all")]);
    let token = harness.token();
    let request = crate::groups::Heartbeat { group: "g".into(), member_id: ids[0].clone(), generation, instance_id: None };
    harness.on(Event::Heartbeat { token, request });
    assert!(harness.waits(follower) && harness.waits(leader) && harness.waits(token), "all behind the append");
    harness.fail();
    for sync in [follower, leader] {
        assert_eq!(harness.synced(sync).error, KafkaCode::CoordinatorNotAvailable);
    }
    assert_eq!(harness.answers[&token], Response::Heartbeat(KafkaCode::CoordinatorNotAvailable));
    assert_eq!(harness.state(), "CompletingRebalance");
    harness.at_once = true;
    let follower = harness.sync(&ids[1], generation, &[]);
    let leader = harness.sync(&ids[0], generation, &[(&ids[0], "all")]);
    assert_eq!((harness.synced(leader).assignment, harness.synced(follower).error), (Bytes::from("all"), KafkaCode::None));
}

#[test]
fn a_failed_append_fails_those_after_it_and_not_those_before() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to_t());
    harness.at_once = false;
    let second = harness.consume_token("b", 0, to_t());
    let third = harness.consume_token("c", 0, to_t());
    let fourth = harness.consume_token("d", 0, to_t());
    harness.persist();
    harness.fail();
    let error = |harness: &Harness, token| match &harness.answers[&token] {
        Response::ConsumerGroupHeartbeat(response) => response.error,
        other => panic!("{other:?}"),
    };
    let codes = [error(&harness, second), error(&harness, third), error(&harness, fourth)];
    assert_eq!(codes, [KafkaCode::None, KafkaCode::CoordinatorNotAvailable, KafkaCode::CoordinatorNotAvailable]);
    harness.at_once = true;
    assert_eq!(harness.consume("c", 2, Say::default()).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.consume("c", 0, to_t()).error, KafkaCode::None);
    assert_eq!(harness.consume("a", 1, Say::default()).assignment.unwrap(), of(topic, &[0]));
}

#[test]
fn a_deletion_that_was_not_stored_leaves_the_group() {
    let mut harness = Harness::new();
    harness.on(Event::OffsetsPresent { group: "g".into() });
    let (ids, _) = harness.stable(1);
    harness.leave(&[(&ids[0], None)]);
    harness.at_once = false;
    let token = harness.token();
    harness.on(Event::DeleteGroup { token, group: "g".into() });
    harness.fail();
    assert_eq!(harness.answers[&token], Response::DeleteGroup(KafkaCode::CoordinatorNotAvailable));
    harness.on(Event::Sweep);
    assert_eq!(harness.state(), "Empty", "it still has offsets");
}

#[test]
fn offsets_that_came_while_an_append_was_under_way_stay_known_when_it_fails() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable(1);
    harness.leave(&[(&ids[0], None)]);
    let (_, join) = harness.join_new();
    harness.pass(3_000);
    let answer = harness.joined(join);
    harness.at_once = false;
    harness.sync(&answer.member_id, answer.generation, &[]);
    harness.on(Event::OffsetsPresent { group: "g".into() });
    harness.fail();
    harness.at_once = true;
    harness.leave(&[(&answer.member_id, None)]);
    harness.on(Event::Sweep);
    assert_eq!(harness.state(), "Empty", "it has offsets");
}

#[test]
fn outcomes_of_unknown_appends_are_ignored() {
    let mut harness = Harness::new();
    harness.stable(1);
    harness.on(Event::Persisted { persist: crate::groups::PersistId(999) });
    harness.on(Event::PersistFailed { persist: crate::groups::PersistId(0) });
    assert_eq!(harness.state(), "Stable");
}

#[test]
fn members_of_a_consumer_group_go_on_after_a_restart() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, Say { regex: Some("t"), ..Say::default() });
    harness.consume("b", 0, to_t());
    let kept = harness.consume("a", 1, Say::default()).assignment.unwrap();
    harness.restart();
    let done = harness.consume("a", 1, Say { owned: Some(kept.clone()), ..Say::default() });
    assert_eq!((done.error, done.member_epoch), (KafkaCode::None, 2));
    let given = harness.consume("b", 2, Say::default()).assignment.unwrap();
    assert!(given[&topic].is_disjoint(&kept[&topic]));
    assert_eq!(harness.state(), "Stable");
    assert_eq!(harness.groups.describe_consumer("g").unwrap().group_epoch, 2, "a restart is no reason to share out anew");
}

#[test]
fn a_log_in_which_records_do_not_fit_together_is_mended() {
    let mut groups = Groups::new(GroupsConfig::default());
    let topic = Uuid::from_u128(1);
    let assigned: AssignedPartitions = [(topic, [(0, 1)].into())].into();
    let current = CurrentAssignment { member_epoch: 1, assigned, ..CurrentAssignment::default() };
    for member in ["a", "b"] {
        groups.replay(Record::CurrentAssignment { group: "g".into(), member: member.into(), value: Some(current.clone()) });
    }
    groups.replay(Record::GroupEpoch { group: "g".into(), value: Some(GroupEpoch { epoch: 1, metadata_hash: 0 }) });
    groups.replay(Record::TargetEpoch { group: "g".into(), value: Some(TargetEpoch { epoch: 9, timestamp_ms: 0 }) });
    groups.replay(Record::TargetMember { group: "h".into(), member: "a".into(), value: None });
    groups.on(Event::Loaded, 0);
    let shown = groups.describe_consumer("g").unwrap();
    assert_eq!(shown.group_epoch, 9);
    let owners: Vec<&str> = shown.members.iter().filter(|member| !member.assignment.is_empty()).map(|member| &*member.member_id).collect();
    assert_eq!(owners, ["b"]);
    assert_eq!(groups.describe_consumer("h"), None);
}

#[test]
fn records_are_kafkas_bytes() {
    let bytes = |text: &str| {
        Bytes::from(
            text.replace(' ', "")
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect::<Vec<u8>>(),
        )
    };
    let value = Some(GroupEpoch { epoch: 7, metadata_hash: 5 });
    let (key, value) = encode(&Record::GroupEpoch { group: "g".into(), value }).unwrap();
    assert_eq!(key, bytes("0003 0001 67"));
    assert_eq!(value, Some(bytes("0000 00000007 01 00 08 0000000000000005")));
    let (key, value) = encode(&Record::ClassicGroup { group: "g".into(), value: Some(Default::default()) }).unwrap();
    assert_eq!(key, bytes("0002 0001 67"));
    assert_eq!(value, Some(bytes("0003 0000 00000000 ffff ffff 0000000000000000 00000000")));
    let classic = Some(ClassicMemberMetadata { session_timeout_ms: 9, protocols: vec![("r".into(), Bytes::from_static(b"m"))] });
    let value = Some(MemberSubscription { rebalance_timeout_ms: 7, classic, ..MemberSubscription::default() });
    let (key, value) = encode(&Record::Member { group: "g".into(), member: "m".into(), value }).unwrap();
    assert_eq!(key, bytes("0005 0001 67 0001 6d"));
    let expected = "0000 00 00 01 01 01 00 00000007 00 01 00 0c 01 00000009 02 02 72 02 6d 00 00";
    assert_eq!(value, Some(bytes(expected)));
}

#[test]
fn keys_that_are_not_ours_are_passed_over_and_damaged_ones_refused() {
    for (key, is_other) in
        [(&b"\0\x00rest"[..], true), (b"\0\x01", true), (b"\0\x04", true), (b"\0\x0b", true), (b"\0\x02\0\x05g", false), (b"\0", false)]
    {
        let outcome = decode(&Bytes::from_static(key), None);
        assert_eq!(outcome.is_ok_and(|record| record.is_none()), is_other, "{key:?}");
    }
}
