//! Ending positions of a group: their tombstones are durable before anybody is told.
//!
//! As in Kafka a tombstone also ends what a transaction that is still open has for the partition (`OffsetMetadataManager.replay`).

use crate::node::core::Core;
use crate::node::offsets_codec::offset_batches;
use crate::node::staging::Durable;
use crate::node::topics::offsets_partition;
use log_client::Result;
use log_model::{GroupId, ProducerId, TopicPartition};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Ends the positions of `group` for which `is_meant`, those on their way and those of open transactions included. Call it with the order of
/// positions held, and with the machine of groups held since it said that they may go: a commit in between would be lost.
pub(crate) fn delete_positions(core: &Arc<Core>, group: &GroupId, is_meant: impl Fn(&TopicPartition) -> bool) -> Result<Durable> {
    let partitions = core.offsets.partitions_of(group).into_iter().filter(is_meant).collect();
    bury_positions(core, group, partitions)
}

/// Ends these positions of a group. Call it with the order of positions held.
pub(crate) fn bury_positions(core: &Arc<Core>, group: &GroupId, partitions: BTreeSet<TopicPartition>) -> Result<Durable> {
    if partitions.is_empty() {
        return Ok(Durable::already());
    }
    let batches = offset_batches(partitions.iter().map(|partition| (group, partition, None)), core.now_ms())?;
    let staged = core.stage(vec![(offsets_partition(), batches)])?;
    core.offsets.end_undecided(group, &partitions);
    let group = group.clone();
    Ok(core.when_durable(staged.lsn, move |core, result| {
        if result.is_ok() {
            core.offsets.remove(&group, &partitions);
            core.group_coordinator.positions_changed(core, &group);
        }
    }))
}

/// The end of a producer's transaction is durable: its positions count, or are as if they had never been.
pub(crate) fn decide_positions(core: &Arc<Core>, producer: ProducerId, is_committed: bool) {
    for group in core.offsets.decide(producer, is_committed) {
        core.group_coordinator.positions_changed(core, &group);
    }
}
