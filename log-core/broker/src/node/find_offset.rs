//! Finding offsets: the ends of a partition, and records by their timestamps.

use crate::node::core::Core;
use log_client::{OffsetAndTimestamp, OffsetSpec, Result};
use log_model::{LeaderEpoch, Timestamp, TopicPartition};
use log_storage::DataDirectory;

pub(crate) fn find(core: &Core, partition: &TopicPartition, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
    core.topics.of(partition)?;
    let directory = core.directory()?;
    let info = directory.offsets(partition).map_err(|error| core.error(error))?;
    let plain = |offset| Some(OffsetAndTimestamp { offset, timestamp: Timestamp::NONE, leader_epoch: LeaderEpoch::NONE });
    match spec {
        OffsetSpec::Earliest => Ok(plain(info.log_start)),
        OffsetSpec::Latest => Ok(plain(info.last_stable)),
        OffsetSpec::AtOrAfter(timestamp) => at_or_after(core, &directory, partition, timestamp),
        OffsetSpec::MaxTimestamp => latest_by_time(core, &directory, partition),
    }
}

fn at_or_after(
    core: &Core,
    directory: &DataDirectory,
    partition: &TopicPartition,
    timestamp: Timestamp,
) -> Result<Option<OffsetAndTimestamp>> {
    let found = directory.find_by_timestamp(partition, timestamp).map_err(|error| core.error(error))?;
    Ok(found.map(|found| OffsetAndTimestamp { offset: found.offset, timestamp: found.timestamp, leader_epoch: LeaderEpoch::NONE }))
}

/// The first record with the largest timestamp. Where the stored maximum is that of a record nobody may read any more, it is the last timestamp
/// for which [`at_or_after`] finds anything, by halving.
fn latest_by_time(core: &Core, directory: &DataDirectory, partition: &TopicPartition) -> Result<Option<OffsetAndTimestamp>> {
    if let Some(largest) = directory.max_timestamp(partition).map_err(|error| core.error(error))?
        && let Some(found) = at_or_after(core, directory, partition, largest)?
    {
        return Ok(Some(found));
    }
    let Some(mut best) = at_or_after(core, directory, partition, Timestamp::MIN)? else { return Ok(None) };
    let mut none_from = i64::MAX;
    while best.timestamp.0 < none_from {
        let middle = best.timestamp.0 + ((i128::from(none_from) - i128::from(best.timestamp.0) + 1) / 2) as i64;
        match at_or_after(core, directory, partition, Timestamp(middle))? {
            Some(later) => best = later,
            None => none_from = middle - 1,
        }
    }
    Ok(Some(best))
}
