//! Topic by topic, in contiguous ranges over the members in order.
//!
//! Topics with the same subscribers and the same number of partitions are shared out alike, so that a member has the same partition numbers of each
//! (co-partitioning, for joins). Static members come first, by instance id, so that they keep their ranges under new member ids.
//!
//! Source: Kafka's `RangeAssignor` of the group coordinator.

use super::spec::{Spec, SpecMember};
use crate::groups::event::{Id, Partitions};
use std::collections::BTreeMap;

/// Who gets what.
pub(super) fn assign(spec: &Spec) -> BTreeMap<Id, Partitions> {
    let mut members: Vec<(&Id, &SpecMember)> = spec.members.iter().collect();
    members.sort_by_key(|(id, member)| (member.instance_id.is_none(), member.instance_id.clone(), Id::clone(id)));
    let mut assignment: BTreeMap<Id, Partitions> = spec.members.keys().map(|id| (Id::clone(id), Partitions::new())).collect();
    for (topic, count) in &spec.partition_counts {
        let subscribers: Vec<&Id> = members.iter().filter(|(_, member)| member.topics.contains(topic)).map(|(id, _)| *id).collect();
        let Ok(members_count) = i32::try_from(subscribers.len()) else { continue };
        if members_count == 0 {
            continue;
        }
        let (each, extra) = (count / members_count, count % members_count);
        let mut first = 0;
        for (index, id) in (0..members_count).zip(subscribers) {
            let end = first + each + i32::from(index < extra);
            if let Some(partitions) = assignment.get_mut(id)
                && first < end
            {
                partitions.insert(*topic, (first..end).collect());
            }
            first = end;
        }
    }
    assignment
}
