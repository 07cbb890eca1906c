//! Groups with members that go from one protocol to the other.

use super::harness::{Harness, Say, member, of};
use super::speaker::{Phase, Speaker, subscription};
use crate::groups::{Commit, CommitVerdict, Event, GroupsConfig, Id, JoinGroup, ListFilter, Partitions, Record, Response};
use bytes::Bytes;
use log_model::{KafkaCode, MigrationPolicy};
use log_wire::records::{ConsumerProtocolAssignment, encode_value};
use uuid::Uuid;

fn eager_with(migration_policy: MigrationPolicy) -> Harness {
    let config =
        GroupsConfig { initial_rebalance_delay_ms: 0, consumer_assignment_interval_ms: 0, migration_policy, ..GroupsConfig::default() };
    Harness::with(config)
}

fn kind(harness: &Harness) -> &'static str {
    harness.groups.list(&ListFilter::default()).first().map_or("none", |group| group.group_type.as_str())
}

fn to_t() -> Say {
    Say { topics: Some(vec!["t"]), ..Say::default() }
}

fn owning(owned: &Partitions) -> Say {
    Say { owned: Some(owned.clone()), ..Say::default() }
}

/// A stable classic group of so many members, and the topic `t` that they share.
fn classic_group(harness: &mut Harness, count: usize, partition_count: i32, cooperative: bool) -> (Uuid, Vec<Speaker>) {
    let topic = harness.topic("t", partition_count);
    let mut members = vec![Speaker { cooperative, ..Speaker::new(&["t"]) }; count];
    for _ in 0..6 {
        members.iter_mut().for_each(|member| member.settle(harness));
    }
    assert_eq!((harness.state(), kind(harness)), ("Stable", "classic"));
    assert_eq!(members.iter().map(|member| count_of(&member.owned)).sum::<usize>(), usize::try_from(partition_count).unwrap());
    (topic, members)
}

fn count_of(partitions: &Partitions) -> usize {
    partitions.values().map(std::collections::BTreeSet::len).sum()
}

/// Drives everyone until nobody has anything to do.
fn rest(harness: &mut Harness, members: &mut [Speaker]) {
    for _ in 0..6 {
        members.iter_mut().for_each(|member| member.settle(harness));
    }
    assert!(members.iter().all(|member| matches!(member.phase, Phase::In | Phase::Beating(_))), "{members:?}");
}

#[test]
fn a_classic_group_is_upgraded_by_the_first_member_of_the_consumer_protocol() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (topic, mut members) = classic_group(&mut harness, 2, 4, false);
    let generation = members[0].generation;
    let before = harness.log.len();
    let joined = harness.consume("a", 0, to_t());
    assert_eq!((joined.error, joined.member_epoch, joined.assignment), (KafkaCode::None, generation + 1, Some(Partitions::new())));
    assert_eq!(kind(&harness), "consumer");
    let first = crate::groups::records::decode(&harness.log[before].0, harness.log[before].1.as_ref()).unwrap().unwrap();
    assert_eq!(first, Record::ClassicGroup { group: "g".into(), value: None }, "the classic group ends in the same append");

    let shown = harness.groups.describe_consumer("g").unwrap();
    let old = |id: &str| shown.members.iter().find(|member| *member.member_id == *id).unwrap();
    for member in &members {
        assert_eq!((&old(&member.id).assignment, old(&member.id).uses_classic), (&member.owned, true), "it keeps what it has");
        assert_eq!(old(&member.id).member_epoch, generation);
    }
    assert!(!old("a").uses_classic);

    let told = harness.heartbeat(&members[0].id, generation);
    assert_eq!(told, KafkaCode::RebalanceInProgress);
    rest(&mut harness, &mut members);
    let given = harness.consume("a", generation + 1, Say::default()).assignment.unwrap();
    assert_eq!((harness.state(), members[0].generation), ("Stable", generation + 1));
    let counts = [count_of(&members[0].owned), count_of(&members[1].owned), count_of(&given)];
    assert_eq!((counts.iter().sum::<usize>(), counts.iter().max()), (4, Some(&2)));
    assert!(members.iter().all(|member| member.owned.get(&topic).is_none_or(|mine| mine.is_disjoint(&given[&topic]))));
}

#[test]
fn a_cooperative_member_gives_up_before_another_takes() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (topic, mut members) = classic_group(&mut harness, 1, 2, true);
    harness.consume("a", 0, to_t());
    let member = &mut members[0];
    let generation = member.generation;
    let metadata = |harness: &Harness, owned: &Partitions| subscription(&["t"], owned, &harness.groups.topics);
    let rejoin = |harness: &mut Harness, owned: &Partitions, id: &Id| {
        let protocols = vec![("cooperative-sticky".into(), metadata(harness, owned))];
        let token = harness.join_with(JoinGroup { protocols, ..super::harness::member(id) });
        harness.joined(token)
    };
    let first = rejoin(&mut harness, &member.owned, &member.id);
    assert_eq!((first.error, first.generation, &*first.leader), (KafkaCode::None, generation, ""), "it stays in its epoch");
    assert_eq!(harness.consume("a", generation + 1, Say::default()).assignment, None, "it is not free yet");
    let commit = Commit { group: "g".into(), member_id: &member.id, generation, version: 8, ..Commit::default() };
    assert_eq!(harness.groups.check_commit(&commit, harness.now_ms), Ok(CommitVerdict::All));
    let sync = harness.sync(&member.id, generation, &[]);
    let kept = crate::groups::embedded::read_assignment(&harness.synced(sync).assignment, &harness.groups.topics).unwrap().partitions;
    assert_eq!(count_of(&kept), 1);
    assert_eq!(harness.heartbeat(&member.id, generation), KafkaCode::RebalanceInProgress, "it has not said that it gave up");

    let second = rejoin(&mut harness, &kept, &member.id);
    assert_eq!(second.generation, generation + 1);
    let sync = harness.sync(&member.id, generation + 1, &[]);
    assert_eq!(harness.synced(sync).error, KafkaCode::None);
    let given = harness.consume("a", generation + 1, Say::default()).assignment.unwrap();
    assert!(given[&topic].is_disjoint(&kept[&topic]));
    assert_eq!(harness.heartbeat(&member.id, generation + 1), KafkaCode::None);
}

#[test]
fn the_last_member_of_the_consumer_protocol_leaves_a_classic_group_behind() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (_, mut members) = classic_group(&mut harness, 2, 4, false);
    harness.consume("a", 0, to_t());
    rest(&mut harness, &mut members);
    let epoch = members[0].generation;
    assert_eq!(harness.consume("a", -1, Say::default()).member_epoch, -1);
    assert_eq!((kind(&harness), harness.state()), ("classic", "PreparingRebalance"));
    assert_eq!(harness.heartbeat(&members[0].id, epoch), KafkaCode::RebalanceInProgress);
    rest(&mut harness, &mut members);
    assert_eq!((harness.state(), members[0].generation), ("Stable", epoch + 1));
    assert_eq!(count_of(&members[0].owned) + count_of(&members[1].owned), 4);
    harness.restart();
    assert_eq!((kind(&harness), harness.state()), ("classic", "Stable"));
    assert_eq!(harness.heartbeat(&members[0].id, epoch + 1), KafkaCode::None);
}

#[test]
fn a_silent_last_member_of_the_consumer_protocol_leaves_a_classic_group_behind() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (_, mut members) = classic_group(&mut harness, 1, 2, false);
    harness.consume("a", 0, to_t());
    for _ in 0..9 {
        harness.pass(5_000);
        rest(&mut harness, &mut members);
    }
    assert_eq!(kind(&harness), "classic");
    rest(&mut harness, &mut members);
    assert_eq!(count_of(&members[0].owned), 2);
}

#[test]
fn a_classic_member_joins_a_consumer_group() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, to_t());
    let mut member = Speaker::new(&["t"]);
    member.go(&mut harness);
    assert!(!member.id.is_empty(), "it comes back with the id that it was told");
    member.settle(&mut harness);
    assert_eq!((member.generation, &member.owned), (2, &Partitions::new()));
    let kept = harness.consume("a", 1, Say::default()).assignment.unwrap();
    assert_eq!(harness.heartbeat(&member.id, 2), KafkaCode::None, "what it shall have is not free");
    harness.consume("a", 1, owning(&kept));
    assert_eq!(harness.heartbeat(&member.id, 2), KafkaCode::RebalanceInProgress);
    member.settle(&mut harness);
    assert!(member.owned[&topic].is_disjoint(&kept[&topic]));
    assert_eq!((harness.state(), kind(&harness)), ("Stable", "consumer"));
    assert_eq!(harness.leave(&[(&member.id, None)]).members[0].error, KafkaCode::None);
    assert_eq!((harness.groups.describe_consumer("g").unwrap().members.len(), kind(&harness)), (1, "consumer"));
}

#[test]
fn joins_that_do_not_fit_into_a_consumer_group_are_refused() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    harness.topic("t", 2);
    harness.consume("a", 0, to_t());
    let metadata = subscription(&["t"], &Partitions::new(), &harness.groups.topics);
    let range: Vec<(Id, Bytes)> = vec![("range".into(), metadata.clone())];
    let mut error = |request: JoinGroup| {
        let token = harness.join_with(request);
        harness.joined(token).error
    };
    let old = JoinGroup { version: 3, ..member("") };
    assert_eq!(error(JoinGroup { protocols: range.clone(), ..old.clone() }), KafkaCode::None);
    assert_eq!(error(JoinGroup { protocols: Vec::new(), ..old.clone() }), KafkaCode::InconsistentGroupProtocol);
    let other = vec![("sticky".into(), metadata.clone())];
    assert_eq!(error(JoinGroup { protocols: other, ..old.clone() }), KafkaCode::InconsistentGroupProtocol, "the first one speaks range");
    let both = vec![("sticky".into(), metadata.clone()), ("range".into(), metadata)];
    assert_eq!(error(JoinGroup { protocols: both, ..old.clone() }), KafkaCode::None);
    let kind = "connect".to_owned();
    assert_eq!(error(JoinGroup { protocol_type: kind, protocols: range.clone(), ..old.clone() }), KafkaCode::InconsistentGroupProtocol);
    let malformed = vec![("range".into(), Bytes::from_static(b"\0\x01\x7f"))];
    assert_eq!(error(JoinGroup { protocols: malformed, ..old.clone() }), KafkaCode::InconsistentGroupProtocol);
    assert_eq!(error(JoinGroup { session_timeout_ms: 1, protocols: range.clone(), ..old.clone() }), KafkaCode::InvalidSessionTimeout);
    let instance_id = Some("i".into());
    let stranger = JoinGroup { protocols: range, instance_id, ..member("who") };
    assert_eq!(error(stranger), KafkaCode::UnknownMemberId);
}

#[test]
fn the_policy_says_which_way_a_group_may_go() {
    for (policy, upgrades, downgrades, admits) in [
        (MigrationPolicy::Disabled, false, false, false),
        (MigrationPolicy::Upgrade, true, false, true),
        (MigrationPolicy::Downgrade, false, true, true),
        (MigrationPolicy::Bidirectional, true, true, true),
    ] {
        let mut harness = eager_with(policy);
        classic_group(&mut harness, 1, 1, false);
        let answer = harness.consume("a", 0, to_t());
        assert_eq!(answer.error == KafkaCode::None, upgrades, "{policy:?}");
        assert_eq!(kind(&harness), if upgrades { "consumer" } else { "classic" });

        let mut harness = eager_with(policy);
        harness.topic("t", 2);
        harness.consume("a", 0, to_t());
        let mut member = Speaker::new(&["t"]);
        member.settle(&mut harness);
        assert_eq!(member.generation > 0, admits, "{policy:?}");
        harness.consume("a", -1, Say::default());
        member.settle(&mut harness);
        assert_eq!(kind(&harness) == "classic", downgrades || !admits, "{policy:?}");
        if admits {
            harness.pass(1_000);
            member.settle(&mut harness);
            assert_eq!(count_of(&member.owned), 2, "{policy:?}: whatever the kind, it goes on");
        }
    }
}

#[test]
fn groups_that_cannot_be_read_stay_classic() {
    let assignment = |user_data: Option<&'static [u8]>| {
        let value = ConsumerProtocolAssignment { user_data: user_data.map(Into::into), ..ConsumerProtocolAssignment::default() };
        encode_value(&value, 3).unwrap()
    };
    for (kind_of, metadata, part, upgraded) in [
        ("consumer", None, assignment(None), true),
        ("consumer", None, Bytes::new(), true),
        ("consumer", None, assignment(Some(b"tasks")), false),
        ("consumer", None, Bytes::from_static(b"\0\x01\x7f"), false),
        ("consumer", Some(Bytes::from_static(b"what")), Bytes::new(), false),
        ("connect", None, Bytes::new(), false),
    ] {
        let mut harness = eager_with(MigrationPolicy::Bidirectional);
        harness.topic("t", 1);
        let metadata = metadata.unwrap_or_else(|| subscription(&["t"], &Partitions::new(), &harness.groups.topics));
        let protocols = vec![("range".into(), metadata)];
        let token = harness.join_with(JoinGroup { protocols, protocol_type: kind_of.to_owned(), version: 3, ..member("") });
        let joined = harness.joined(token);
        let token = harness.token();
        let assignments = vec![(Id::clone(&joined.member_id), part.clone())];
        let (member_id, generation) = (Id::clone(&joined.member_id), joined.generation);
        let request = crate::groups::SyncGroup { group: "g".into(), member_id, generation, assignments, ..Default::default() };
        harness.on(Event::SyncGroup { token, request });
        let (before, deadline_ms) = (harness.log.len(), harness.groups.next_deadline_ms());
        let answer = harness.consume("a", 0, to_t());
        assert_eq!(answer.error, if upgraded { KafkaCode::None } else { KafkaCode::GroupIdNotFound }, "{kind_of} {part:?}");
        if !upgraded {
            assert_eq!((kind(&harness), harness.state(), harness.log.len()), ("classic", "Stable", before));
            assert_eq!(harness.groups.next_deadline_ms(), deadline_ms);
            assert_eq!(harness.heartbeat(&joined.member_id, joined.generation), KafkaCode::None);
        }
    }
}

#[test]
fn a_heartbeat_that_is_refused_after_all_leaves_the_group_classic() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    harness.config.consumer_max_size = 1;
    harness.restart();
    let (_, members) = classic_group(&mut harness, 1, 1, false);
    let before = harness.log.len();
    assert_eq!(harness.consume("a", 0, to_t()).error, KafkaCode::GroupMaxSizeReached);
    assert_eq!((kind(&harness), harness.log.len()), ("classic", before));
    assert_eq!(harness.heartbeat(&members[0].id, members[0].generation), KafkaCode::None);
    harness.pass(10_000);
    assert_eq!(harness.heartbeat(&members[0].id, members[0].generation), KafkaCode::UnknownMemberId, "its session still counts");
}

#[test]
fn who_waits_for_a_classic_rebalance_is_told_to_join_the_upgraded_group() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (_, mut members) = classic_group(&mut harness, 2, 4, true);
    let request = JoinGroup {
        protocols: vec![("cooperative-sticky".into(), subscription(&["t", "u"], &members[0].owned, &harness.groups.topics))],
        ..member(&members[0].id)
    };
    let waiting = harness.join_with(request);
    assert!(harness.waits(waiting));
    let epoch = harness.consume("a", 0, to_t()).member_epoch;
    assert_eq!(harness.joined(waiting).error, KafkaCode::RebalanceInProgress);
    assert_eq!(kind(&harness), "consumer");
    rest(&mut harness, &mut members);
    let given = harness.consume("a", epoch, Say::default()).assignment.unwrap();
    assert_eq!(count_of(&given) + count_of(&members[0].owned) + count_of(&members[1].owned), 4);
}

#[test]
fn a_group_in_its_first_rebalance_is_upgraded() {
    let mut harness = Harness::new();
    harness.topic("t", 2);
    let mut member = Speaker::new(&["t"]);
    member.settle(&mut harness);
    assert_eq!(harness.state(), "PreparingRebalance");
    let joined = harness.consume("a", 0, to_t());
    assert_eq!((joined.error, joined.member_epoch), (KafkaCode::None, 1));
    rest(&mut harness, std::slice::from_mut(&mut member));
    assert_eq!(count_of(&member.owned) + joined.assignment.map_or(0, |given| count_of(&given)), 2);
}

#[test]
fn members_that_do_not_rejoin_or_sync_in_time_are_fenced() {
    for syncs in [false, true] {
        let mut harness = eager_with(MigrationPolicy::Bidirectional);
        let (_, members) = classic_group(&mut harness, 1, 2, true);
        let (id, owned) = (Id::clone(&members[0].id), members[0].owned.clone());
        let mut epoch = harness.consume("a", 0, to_t()).member_epoch;
        if syncs {
            let protocols = vec![("cooperative-sticky".into(), subscription(&["t"], &Partitions::new(), &harness.groups.topics))];
            let token = harness.join_with(JoinGroup { protocols, ..member(&id) });
            assert_eq!(harness.joined(token).generation, epoch);
        }
        let generation = if syncs { epoch } else { members[0].generation };
        let mut seen = Vec::new();
        for _ in 0..13 {
            seen.push(harness.heartbeat(&id, generation));
            epoch = harness.consume("a", epoch, owning(&Partitions::new())).member_epoch;
            harness.pass(5_000);
        }
        assert_eq!(seen.last(), Some(&KafkaCode::UnknownMemberId), "60 s are its rebalance timeout: {seen:?}");
        assert_eq!(seen[0], if syncs { KafkaCode::None } else { KafkaCode::RebalanceInProgress });
        let given = harness.consume("a", 0, to_t()).assignment.unwrap();
        assert_eq!(count_of(&given), count_of(&owned), "the other gets everything");
    }
}

#[test]
fn a_static_member_changes_the_protocol_under_its_instance_id() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let topic = harness.topic("t", 2);
    let mut members: Vec<Speaker> = ["i", "j"].map(|instance| Speaker { instance: Some(instance), ..Speaker::new(&["t"]) }).into();
    rest(&mut harness, &mut members);
    rest(&mut harness, &mut members);
    let (generation, had) = (members[0].generation, members[0].owned.clone());
    let joined = harness.consume("a", 0, Say { instance: Some("i"), ..to_t() });
    assert_eq!((joined.error, joined.member_epoch, joined.assignment), (KafkaCode::None, generation, Some(had.clone())));
    assert_eq!((kind(&harness), harness.state()), ("consumer", "Stable"), "nothing is shared anew");
    assert_eq!(harness.heartbeat_as(&members[0].id, Some("i"), generation), KafkaCode::FencedInstanceId);
    assert_eq!(harness.heartbeat_as(&members[1].id, Some("j"), generation), KafkaCode::None);

    let mut back = Speaker { instance: Some("i"), ..Speaker::new(&["t"]) };
    back.settle(&mut harness);
    assert_eq!((kind(&harness), harness.state()), ("classic", "Stable"), "nor when it comes back");
    assert_eq!((back.generation, &back.owned), (generation, &had));
    assert_eq!(harness.heartbeat_as(&members[1].id, Some("j"), generation), KafkaCode::None);
    assert_eq!(harness.consume("a", generation, Say { instance: Some("i"), ..Say::default() }).error, KafkaCode::GroupIdNotFound);
    harness.restart();
    assert_eq!((kind(&harness), harness.state()), ("classic", "Stable"));
    assert_eq!(harness.heartbeat_as(&back.id, Some("i"), generation), KafkaCode::None);
    assert_eq!(of(topic, &[0, 1]).len(), 1);
}

#[test]
fn a_static_member_that_comes_back_with_other_topics_has_the_group_share_anew() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    harness.topic("t", 2);
    harness.topic("u", 2);
    let mut members: Vec<Speaker> = ["i", "j"].map(|instance| Speaker { instance: Some(instance), ..Speaker::new(&["t"]) }).into();
    rest(&mut harness, &mut members);
    harness.consume("a", 0, Say { instance: Some("i"), ..to_t() });
    members[0] = Speaker { instance: Some("i"), ..Speaker::new(&["t", "u"]) };
    members[0].settle(&mut harness);
    assert_eq!((kind(&harness), harness.state()), ("classic", "PreparingRebalance"));
    rest(&mut harness, &mut members);
    assert_eq!(count_of(&members[0].owned) + count_of(&members[1].owned), 4);
}

#[test]
fn mixed_members_go_on_after_a_restart_in_the_middle() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (topic, mut members) = classic_group(&mut harness, 2, 6, true);
    let epoch = harness.consume("a", 0, to_t()).member_epoch;
    members[0].go(&mut harness);
    harness.restart();
    members.iter_mut().for_each(Speaker::disconnect);
    assert_eq!(kind(&harness), "consumer");
    rest(&mut harness, &mut members);
    let given = harness.consume("a", epoch, Say::default()).assignment.unwrap();
    assert!(members.iter().all(|member| member.owned[&topic].is_disjoint(&given[&topic])));
    assert_eq!((count_of(&given), harness.state()), (2, "Stable"));

    harness.consume("a", -1, Say::default());
    harness.restart();
    assert_eq!((kind(&harness), harness.state()), ("classic", "Stable"), "the rebalance itself is not stored");
    assert_eq!(harness.heartbeat(&members[0].id, members[0].generation), KafkaCode::IllegalGeneration);
    rest(&mut harness, &mut members);
    rest(&mut harness, &mut members);
    assert_eq!(count_of(&members[0].owned) + count_of(&members[1].owned), 6, "what had been left is shared out");
}

#[test]
fn a_change_of_protocol_that_was_not_stored_has_not_happened() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (_, mut members) = classic_group(&mut harness, 2, 4, false);
    let waiting = harness.join_with(members[0].request(&harness.groups.topics));
    harness.at_once = false;
    let token = harness.consume_token("a", 0, to_t());
    harness.fail();
    harness.at_once = true;
    assert!(
        matches!(&harness.answers[&token], Response::ConsumerGroupHeartbeat(answer) if answer.error == KafkaCode::CoordinatorNotAvailable)
    );
    let refused = harness.joined(waiting).error;
    assert!(matches!(refused, KafkaCode::CoordinatorNotAvailable | KafkaCode::None), "{refused:?}");
    assert_eq!(kind(&harness), "classic");
    rest(&mut harness, &mut members);
    harness.consume("a", 0, to_t());
    rest(&mut harness, &mut members);
    harness.at_once = false;
    let token = harness.consume_token("a", -1, Say::default());
    assert_eq!(kind(&harness), "classic");
    harness.fail();
    harness.at_once = true;
    assert!(harness.answers.contains_key(&token));
    assert_eq!(kind(&harness), "consumer");
    assert_eq!(harness.consume("a", members[0].generation, Say::default()).error, KafkaCode::None);
}

#[test]
fn requests_of_one_protocol_are_refused_to_members_of_the_other() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let (_, mut members) = classic_group(&mut harness, 1, 2, false);
    let epoch = harness.consume("a", 0, to_t()).member_epoch;
    rest(&mut harness, &mut members);
    assert_eq!(harness.heartbeat("a", epoch), KafkaCode::UnknownMemberId);
    let sync = harness.sync("a", epoch, &[]);
    assert_eq!(harness.synced(sync).error, KafkaCode::UnknownMemberId);
    assert_eq!(harness.heartbeat(&members[0].id, epoch + 1), KafkaCode::IllegalGeneration);
    let commit = |member_id, generation, version| Commit { group: "g".into(), member_id, generation, version, ..Commit::default() };
    let id = Id::clone(&members[0].id);
    for (commit, outcome) in [
        (commit(&id, epoch, 2), Ok(CommitVerdict::All)),
        (commit(&id, epoch + 1, 9), Err(KafkaCode::IllegalGeneration)),
        (commit("a", epoch, 8), Err(KafkaCode::UnsupportedVersion)),
        (commit("a", epoch + 1, 9), Err(KafkaCode::StaleMemberEpoch)),
    ] {
        assert_eq!(harness.groups.check_commit(&commit, harness.now_ms), outcome);
    }
    assert_eq!(harness.groups.check_fetch("g", Some(&id), epoch + 1), Err(KafkaCode::IllegalGeneration));
    assert_eq!(harness.groups.check_fetch("g", Some(&id), epoch), Ok(()));
}

#[test]
fn members_of_the_classic_protocol_alone_notice_topics_that_grow() {
    let mut harness = eager_with(MigrationPolicy::Upgrade);
    let (_, mut members) = classic_group(&mut harness, 1, 1, false);
    harness.consume("a", 0, to_t());
    rest(&mut harness, &mut members);
    harness.consume("a", -1, Say::default());
    rest(&mut harness, &mut members);
    assert_eq!((kind(&harness), count_of(&members[0].owned)), ("consumer", 1));
    harness.topic("t", 3);
    assert_eq!(harness.heartbeat(&members[0].id, members[0].generation), KafkaCode::RebalanceInProgress);
    rest(&mut harness, &mut members);
    assert_eq!(count_of(&members[0].owned), 3);
}

#[test]
fn two_members_that_claim_a_partition_do_not_both_have_it_after_the_upgrade() {
    let mut harness = eager_with(MigrationPolicy::Bidirectional);
    let topic = harness.topic("t", 1);
    let protocols = vec![("range".into(), subscription(&["t"], &Partitions::new(), &harness.groups.topics))];
    let request = JoinGroup { protocols: protocols.clone(), version: 3, ..member("") };
    let first = harness.join_with(request.clone());
    let first = harness.joined(first).member_id;
    let second = harness.join_with(request);
    harness.join_with(JoinGroup { protocols: protocols.clone(), ..member(&first) });
    let joined = harness.joined(second);
    let part = crate::groups::embedded::write_assignment(&of(topic, &[0]), protocols[0].1.clone(), &harness.groups.topics).unwrap();
    let assignments = vec![(Id::clone(&first), part.clone()), (Id::clone(&joined.member_id), part)];
    let token = harness.token();
    let (member_id, generation) = (Id::clone(&joined.leader), joined.generation);
    let request = crate::groups::SyncGroup { group: "g".into(), member_id, generation, assignments, ..Default::default() };
    harness.on(Event::SyncGroup { token, request });
    assert_eq!(harness.state(), "Stable");
    assert_eq!(harness.consume("a", 0, to_t()).error, KafkaCode::None);
    let shown = harness.groups.describe_consumer("g").unwrap();
    assert_eq!(shown.members.iter().map(|member| count_of(&member.assignment)).sum::<usize>(), 1);
}
