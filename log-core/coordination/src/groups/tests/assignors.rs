//! Properties of the assignors.

use crate::groups::consumer::testing::{ASSIGNORS, Spec, SpecMember};
use crate::groups::{Id, Partitions};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn topic(index: usize) -> Uuid {
    Uuid::from_u128(index as u128 + 1)
}

/// Partition counts of topics, and what each member subscribes to; alike or not.
fn specs(alike: bool) -> impl Strategy<Value = Spec> {
    let counts = prop::collection::vec(0..12_i32, 1..6);
    let members = prop::collection::vec(prop::collection::btree_set(0..6_usize, 0..6), 1..8);
    (counts, members).prop_map(move |(counts, members)| {
        let first = members[0].clone();
        let mut spec = Spec::default();
        for (index, topics) in members.into_iter().enumerate() {
            let topics = if alike { &first } else { &topics };
            let topics: BTreeSet<Uuid> = topics.iter().filter(|index| **index < counts.len()).map(|index| topic(*index)).collect();
            for id in &topics {
                spec.partition_counts.insert(*id, counts[id.as_u128() as usize - 1]);
            }
            spec.members.insert(format!("m{index}").into(), SpecMember { instance_id: None, topics, previous: Partitions::new() });
        }
        spec
    })
}

fn sizes(assignment: &BTreeMap<Id, Partitions>) -> Vec<usize> {
    assignment.values().map(|share| share.values().map(BTreeSet::len).sum()).collect()
}

/// Every partition of a subscribed topic is given to one member that subscribes to it.
fn check_complete(spec: &Spec, assignment: &BTreeMap<Id, Partitions>) -> Result<(), TestCaseError> {
    let mut given = BTreeSet::new();
    for (id, share) in assignment {
        for (topic, partitions) in share {
            prop_assert!(spec.members[id].topics.contains(topic));
            for partition in partitions {
                prop_assert!((0..spec.partition_counts[topic]).contains(partition));
                prop_assert!(given.insert((*topic, *partition)), "given twice");
            }
        }
    }
    let all: usize = spec.partition_counts.values().map(|count| *count as usize).sum();
    prop_assert_eq!(given.len(), all);
    Ok(())
}

fn after(spec: &Spec, assignment: &BTreeMap<Id, Partitions>) -> Spec {
    let mut spec = spec.clone();
    for (id, member) in &mut spec.members {
        member.previous = assignment.get(id).cloned().unwrap_or_default();
    }
    spec
}

/// How many partitions another member has than before.
fn moved(before: &BTreeMap<Id, Partitions>, after: &BTreeMap<Id, Partitions>) -> usize {
    let holders = |assignment: &BTreeMap<Id, Partitions>| -> BTreeMap<(Uuid, i32), Id> {
        assignment
            .iter()
            .flat_map(|(id, share)| {
                share.iter().flat_map(move |(topic, all)| all.iter().map(move |partition| ((*topic, *partition), Id::clone(id))))
            })
            .collect()
    };
    let (before, after) = (holders(before), holders(after));
    before.iter().filter(|(partition, id)| after.get(*partition) != Some(*id)).count()
}

proptest! {
    #[test]
    fn every_partition_goes_to_one_subscriber(spec in prop_oneof![specs(true), specs(false)]) {
        for assignor in ASSIGNORS {
            let assignment = (assignor.assign)(&spec);
            check_complete(&spec, &assignment)?;
            let again = (assignor.assign)(&after(&spec, &assignment));
            prop_assert_eq!(&again, &assignment, "nothing changed, so nothing moves ({})", assignor.name);
        }
    }

    #[test]
    fn uniform_differs_by_one_at_most_with_equal_subscriptions(spec in specs(true)) {
        let sizes = sizes(&(ASSIGNORS[0].assign)(&spec));
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
    }

    #[test]
    fn uniform_leaves_nothing_that_could_be_evener(spec in specs(false)) {
        let assignment = (ASSIGNORS[0].assign)(&spec);
        let size = |id: &Id| assignment[id].values().map(BTreeSet::len).sum::<usize>();
        for (donor, share) in &assignment {
            for topic in share.keys() {
                for (receiver, _) in spec.members.iter().filter(|(_, member)| member.topics.contains(topic)) {
                    prop_assert!(size(donor) <= size(receiver) + 1, "{} to {}", donor, receiver);
                }
            }
        }
    }

    #[test]
    fn uniform_moves_no_more_than_it_must_when_a_member_comes_or_goes(spec in specs(true), comes in any::<bool>()) {
        let assignment = (ASSIGNORS[0].assign)(&spec);
        let mut next = after(&spec, &assignment);
        let topics = next.members.values().next().unwrap().topics.clone();
        let total: usize = sizes(&assignment).iter().sum();
        if comes {
            next.members.insert("new".into(), SpecMember { topics, ..SpecMember::default() });
            let assignment_after = (ASSIGNORS[0].assign)(&next);
            prop_assert!(moved(&assignment, &assignment_after) <= total.div_ceil(next.members.len()));
        } else if next.members.len() > 1 {
            let (gone, _) = next.members.pop_first().unwrap();
            let left = assignment[&gone].values().map(BTreeSet::len).sum::<usize>();
            prop_assert_eq!(moved(&assignment, &(ASSIGNORS[0].assign)(&next)), left);
        }
    }

    #[test]
    fn range_gives_the_same_partitions_of_topics_that_are_alike(count in 1..20_i32, members in 1..6_usize) {
        let mut spec = Spec::default();
        let topics: BTreeSet<Uuid> = [topic(0), topic(1)].into();
        for id in &topics {
            spec.partition_counts.insert(*id, count);
        }
        for index in 0..members {
            spec.members.insert(format!("m{index}").into(), SpecMember { topics: topics.clone(), ..SpecMember::default() });
        }
        for share in (ASSIGNORS[1].assign)(&spec).values() {
            prop_assert_eq!(share.get(&topic(0)), share.get(&topic(1)));
            let all: Vec<i32> = share.get(&topic(0)).into_iter().flatten().copied().collect();
            prop_assert!(all.windows(2).all(|pair| pair[0] + 1 == pair[1]), "contiguous");
        }
    }
}

#[test]
fn range_keeps_the_ranges_of_static_members_under_new_ids() {
    let spec = |ids: [&str; 2]| {
        let mut spec = Spec { partition_counts: [(topic(0), 4)].into(), ..Spec::default() };
        for (index, id) in ids.into_iter().enumerate() {
            let instance_id = Some(format!("i{index}").into());
            spec.members.insert(id.into(), SpecMember { instance_id, topics: [topic(0)].into(), ..SpecMember::default() });
        }
        spec
    };
    let (before, after) = ((ASSIGNORS[1].assign)(&spec(["a", "b"])), (ASSIGNORS[1].assign)(&spec(["z", "b"])));
    assert_eq!(before["a"], after["z"]);
    assert_eq!(before["b"], after["b"]);
}
