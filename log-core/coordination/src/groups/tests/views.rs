//! What administrators see.

use super::harness::{Harness, Say, member, of};
use crate::groups::{Event, ListFilter};

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut harness = Harness::new();
    harness.topic("t", 1);
    harness.consume("a", 0, Say { topics: Some(vec!["t"]), ..Say::default() });
    harness.on(Event::OffsetsPresent { group: "simple".into() });
    let told = harness.join_with(crate::groups::JoinGroup { group: "classic".into(), version: 3, ..member("") });
    assert!(harness.waits(told));
    let list = |states: &[&str], types: &[&str]| -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let groups = harness.groups.list(&ListFilter { states: owned(states), types: owned(types) });
        groups
            .iter()
            .map(|group| format!("{}:{}:{}:{}", group.group, group.protocol_type, group.state, group.group_type.as_str()))
            .collect()
    };
    let (classic, consumer, simple) =
        ("classic:consumer:PreparingRebalance:classic", "g:consumer:Stable:consumer", "simple::Empty:classic");
    assert_eq!(list(&[], &[]), [classic, consumer, simple]);
    assert_eq!(list(&["stable", "Empty"], &[]), [consumer, simple]);
    assert_eq!(list(&[], &["Consumer"]), [consumer]);
    assert_eq!(list(&["Empty"], &["classic"]), [simple]);
    assert_eq!(list(&["Dead"], &[]), [] as [&str; 0]);
}

#[test]
fn a_classic_group_shows_metadata_and_assignments_while_stable() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable(1);
    harness.join_with(member(&ids[0]));
    harness.sync(&ids[0], generation + 1, &[(&ids[0], "all")]);
    let shown = harness.groups.describe("g").unwrap();
    assert_eq!((shown.state, &*shown.protocol_type, &*shown.protocol), ("Stable", "consumer", "range"));
    assert!(shown.rebalance_reason.contains("the leader joins again"), "{}", shown.rebalance_reason);
    assert_eq!((&shown.members[0].client_host[..], &shown.members[0].assignment[..]), ("/h", &b"all"[..]));
    assert!(!shown.members[0].metadata.is_empty());
    harness.join_new();
    let shown = harness.groups.describe("g").unwrap();
    assert_eq!((shown.state, &*shown.protocol, shown.members[0].assignment.len()), ("PreparingRebalance", "", 0));
    assert_eq!(harness.groups.describe_consumer("g"), None);
    assert_eq!(harness.groups.describe("none"), None);
}

#[test]
fn a_consumer_group_shows_epochs_assignments_and_targets() {
    let mut harness = Harness::new();
    let topic = harness.topic("t", 2);
    harness.consume("a", 0, Say { regex: Some("t.*"), instance: Some("i"), ..Say::default() });
    harness.consume("b", 0, Say { topics: Some(vec!["t"]), ..Say::default() });
    let shown = harness.groups.describe_consumer("g").unwrap();
    assert_eq!((shown.state, shown.group_epoch, shown.assignment_epoch, &*shown.assignor), ("Reconciling", 2, 2, "uniform"));
    let (first, second) = (&shown.members[0], &shown.members[1]);
    assert_eq!((first.member_epoch, &*first.topic_regex, first.instance_id.as_deref()), (1, "t.*", Some("i")));
    assert_eq!(first.assignment, of(topic, &[0, 1]));
    assert_eq!((first.target[&topic].len(), second.target[&topic].len(), second.assignment.len()), (1, 1, 0));
    assert_eq!(harness.groups.topic_name(&topic).map(|name| &**name), Some("t"));
    assert_eq!(harness.groups.describe("g"), None);
}
