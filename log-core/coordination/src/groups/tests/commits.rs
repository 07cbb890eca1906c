//! Who may commit, read and delete offsets.

use super::harness::{Harness, Say, changed, of};
use crate::groups::{Commit, CommitVerdict, Event};
use log_model::KafkaCode;
use uuid::Uuid;

fn commit<'a>(member_id: &'a str, generation: i32) -> Commit<'a> {
    Commit { group: "g".into(), member_id, generation, version: 9, ..Commit::default() }
}

fn code(harness: &mut Harness, commit: &Commit<'_>) -> KafkaCode {
    match harness.groups.check_commit(commit, harness.now_ms) {
        Ok(verdict) => {
            assert_eq!(verdict, CommitVerdict::All);
            KafkaCode::None
        }
        Err(code) => code,
    }
}

#[test]
fn offsets_without_a_group_are_committed_by_whoever_claims_no_membership() {
    let mut harness = Harness::new();
    assert_eq!(code(&mut harness, &commit("", -1)), KafkaCode::None);
    assert_eq!(code(&mut harness, &commit("who", 1)), KafkaCode::IllegalGeneration);
    assert_eq!(code(&mut harness, &Commit { group: "".into(), ..commit("", -1) }), KafkaCode::InvalidGroupId);
}

#[test]
fn a_classic_group_with_members_belongs_to_them() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_static(2);
    let (id, instance) = (&ids[0].0, &*ids[0].1);
    let transactional = |commit: Commit<'static>| Commit { transactional: true, ..commit };
    assert_eq!(code(&mut harness, &commit(id, generation)), KafkaCode::None);
    assert_eq!(code(&mut harness, &Commit { instance_id: Some(instance), ..commit(id, generation) }), KafkaCode::None);
    assert_eq!(code(&mut harness, &Commit { instance_id: Some("i9"), ..commit(id, generation) }), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &Commit { instance_id: Some(instance), ..commit("who", generation) }), KafkaCode::FencedInstanceId);
    assert_eq!(code(&mut harness, &commit(id, generation + 1)), KafkaCode::IllegalGeneration);
    assert_eq!(code(&mut harness, &commit("who", generation)), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &commit("", -1)), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &transactional(commit("", -1))), KafkaCode::None, "an old producer does not say who it is");
    assert_eq!(code(&mut harness, &transactional(commit("who", 1))), KafkaCode::UnknownMemberId);
}

#[test]
fn between_join_and_sync_nobody_commits() {
    let mut harness = Harness::eager();
    let (id, join) = harness.join_new();
    let generation = harness.joined(join).generation;
    assert_eq!(code(&mut harness, &commit(&id, generation)), KafkaCode::RebalanceInProgress);
    harness.sync(&id, generation, &[]);
    assert_eq!(code(&mut harness, &commit(&id, generation)), KafkaCode::None);
}

#[test]
fn while_a_rebalance_is_prepared_members_of_the_old_generation_commit() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(2);
    harness.join_with(changed(&ids[0]));
    assert_eq!(code(&mut harness, &commit(&ids[1], generation)), KafkaCode::None);
}

#[test]
fn a_commit_is_a_sign_of_life() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(1);
    for _ in 0..5 {
        harness.pass(9_000);
        assert_eq!(code(&mut harness, &commit(&ids[0], generation)), KafkaCode::None);
    }
    assert_eq!(harness.heartbeat(&ids[0], generation), KafkaCode::None);
}

#[test]
fn members_of_a_consumer_group_commit_at_their_epoch_or_what_they_had_before() {
    let mut harness = Harness::new();
    let (old, new) = (harness.topic("old", 1), harness.topic("new", 1));
    let to = |topics: &[&'static str]| Say { topics: Some(topics.to_vec()), ..Say::default() };
    harness.consume("a", 0, to(&["old"]));
    assert_eq!(code(&mut harness, &commit("a", 1)), KafkaCode::None);
    assert_eq!(code(&mut harness, &commit("a", 2)), KafkaCode::StaleMemberEpoch);
    assert_eq!(code(&mut harness, &commit("b", 1)), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &commit("", -1)), KafkaCode::UnknownMemberId);
    assert_eq!(code(&mut harness, &Commit { transactional: true, version: 0, ..commit("", -1) }), KafkaCode::None);
    assert_eq!(code(&mut harness, &Commit { version: 8, ..commit("a", 1) }), KafkaCode::UnsupportedVersion);

    harness.consume("a", 1, to(&["old", "new"]));
    let verdict = harness.groups.check_commit(&commit("a", 1), harness.now_ms).unwrap();
    let codes = [verdict.of(old, 0), verdict.of(new, 0), verdict.of(old, 1), verdict.of(Uuid::nil(), 0)];
    let stale = KafkaCode::StaleMemberEpoch;
    assert_eq!(codes, [KafkaCode::None, stale, stale, stale]);

    assert_eq!(harness.groups.check_fetch("g", Some("a"), 2), Ok(()));
    assert_eq!(harness.groups.check_fetch("g", None, -1), Ok(()));
    assert_eq!(harness.groups.check_fetch("g", Some("a"), 1), Err(KafkaCode::StaleMemberEpoch));
    assert_eq!(harness.groups.check_fetch("g", Some("b"), 2), Err(KafkaCode::UnknownMemberId));
    harness.consume("a", -1, Say::default());
    assert_eq!(code(&mut harness, &commit("", -1)), KafkaCode::None);
    assert_ne!(of(old, &[0]), of(new, &[0]));
}

#[test]
fn offsets_of_topics_in_use_are_not_deleted() {
    let mut harness = Harness::new();
    assert_eq!(harness.groups.check_offset_delete("g"), Err(KafkaCode::GroupIdNotFound));
    let (ids, _) = harness.stable(1);
    assert_eq!(harness.groups.check_offset_delete("g"), Ok(()));
    assert!(harness.groups.is_subscribed("g", "t") && !harness.groups.is_subscribed("g", "u"));
    assert_eq!(harness.groups.offsets_unused_since("g", "t"), None);
    assert_eq!(harness.groups.offsets_unused_since("g", "u"), Some(i64::MIN));
    let left_ms = harness.now_ms;
    harness.leave(&[(&ids[0], None)]);
    assert_eq!(harness.groups.offsets_unused_since("g", "t"), Some(left_ms));
    assert!(!harness.groups.is_subscribed("g", "t"));
}

#[test]
fn groups_that_only_keep_offsets_come_and_go_with_them() {
    let mut harness = Harness::new();
    harness.on(Event::OffsetsPresent { group: "g".into() });
    assert_eq!(harness.state(), "Empty");
    assert_eq!(code(&mut harness, &commit("", -1)), KafkaCode::None);
    harness.on(Event::OffsetsGone { group: "g".into() });
    assert_eq!(harness.state(), "none");
}

#[test]
fn a_sweep_forgets_empty_groups_without_offsets() {
    let mut harness = Harness::new();
    harness.on(Event::OffsetsPresent { group: "g".into() });
    let (ids, _) = harness.stable(1);
    harness.on(Event::Sweep);
    assert_eq!(harness.state(), "Stable");
    harness.leave(&[(&ids[0], None)]);
    harness.on(Event::Sweep);
    assert_eq!(harness.state(), "Empty", "it has offsets");
    harness.on(Event::OffsetsGone { group: "g".into() });
    harness.on(Event::Sweep);
    assert_eq!(harness.state(), "none");
    harness.restart();
    assert_eq!(harness.state(), "none");
}

#[test]
fn only_empty_groups_are_deleted() {
    let mut harness = Harness::new();
    assert_eq!(harness.delete("g"), KafkaCode::GroupIdNotFound);
    assert_eq!(harness.delete(""), KafkaCode::InvalidGroupId);
    let (ids, _) = harness.stable(1);
    assert_eq!(harness.delete("g"), KafkaCode::NonEmptyGroup);
    harness.leave(&[(&ids[0], None)]);
    assert_eq!(harness.delete("g"), KafkaCode::None);
    assert_eq!(harness.state(), "none");
    harness.topic("t", 1);
    harness.consume("a", 0, Say { topics: Some(vec!["t"]), ..Say::default() });
    assert_eq!(harness.delete("g"), KafkaCode::NonEmptyGroup);
    harness.consume("a", -1, Say::default());
    assert_eq!(harness.delete("g"), KafkaCode::None);
    harness.restart();
    assert_eq!(harness.state(), "none");
}
