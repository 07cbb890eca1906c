//! Staging one batch of one partition: the path of everything that is not part of a larger entry.

use crate::node::committer::{Answer, Waiter};
use crate::node::core::Core;
use futures::FutureExt;
use log_client::local::delivery;
use log_client::{Delivery, Error, Result};
use log_model::{FlushMode, Offset, TopicPartition};
use log_record::RecordBatch;

/// A batch that has its offset and is on its way to stable storage.
pub(crate) struct StagedBatch {
    /// The offset of its first record; of the original, if it was sent before.
    pub(crate) base_offset: Offset,
    /// Resolves once it may be acknowledged.
    pub(crate) delivery: Delivery,
    /// A flush that gives this or more has made it durable; 0 if none is needed.
    pub(crate) lsn: u64,
}

/// Stages a batch, or appends it to the page cache if its topic is content with that. `units` of the queue's room are given back when it is durable,
/// or at once; nothing is staged if there is an error, and then they stay with the caller.
pub(crate) fn stage_batch(
    core: &Core,
    partition: &TopicPartition,
    flush: FlushMode,
    batch: RecordBatch,
    units: u32,
) -> Result<StagedBatch> {
    let directory = core.directory()?;
    let size_bytes = batch.size_bytes();
    if flush == FlushMode::Os {
        let outcome = directory.append_os(partition, batch, core.now_ms()).map_err(|error| core.error(error))?;
        core.commits.give_back(units);
        core.wakeups.ring([partition]);
        let delivery = futures::future::ready(Ok(outcome.base_offset)).boxed();
        return Ok(StagedBatch { base_offset: outcome.base_offset, delivery, lsn: 0 });
    }
    let (sender, delivery) = delivery();
    let parts = vec![(partition.clone(), vec![batch])];
    let staged = directory.stage(parts, core.now_ms()).map_err(|error| core.error(error))?;
    let outcome = staged.results.first().ok_or_else(|| Error::Bug { reason: "a staged batch has no offset".into() })?;
    let base_offset = outcome.1.base_offset;
    let answer = Answer::Batch { delivery: sender, partition: partition.clone(), offset: base_offset };
    core.commits.push(Waiter { lsn: staged.lsn, units, answer });
    core.count_staged(size_bytes);
    Ok(StagedBatch { base_offset, delivery, lsn: staged.lsn })
}
