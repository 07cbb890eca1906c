//! A partition as clients see it who look for its leader: on a single node always the same, but for the leader's epoch.

use crate::handlers::Context;
use log_model::TopicName;
use std::ops::Range;

/// Where a partition is.
pub(super) struct PartitionView {
    pub(super) index: i32,
    /// The node that leads it, which is its only replica.
    pub(super) leader_id: i32,
    pub(super) leader_epoch: i32,
}

impl PartitionView {
    /// All nodes that have the partition.
    pub(super) fn replicas(&self) -> Vec<i32> {
        vec![self.leader_id]
    }
}

/// Some partitions of a topic.
pub(super) fn partition_views<'a>(
    context: &'a Context,
    topic: &'a TopicName,
    indexes: Range<i32>,
) -> impl Iterator<Item = PartitionView> + 'a {
    let directory = context.core().directory().ok();
    let leader_id = context.broker().node_id;
    indexes.map(move |index| {
        let offsets = directory.as_ref().and_then(|directory| directory.offsets(&topic.partition(index)).ok());
        PartitionView { index, leader_id, leader_epoch: offsets.map_or(0, |offsets| offsets.leader_epoch.0) }
    })
}
