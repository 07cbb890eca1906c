//! What a fetch finds in each of its partitions, within its bytes.

use crate::handlers::fetch::Wanted;
use crate::handlers::topic_ref::{allowed_topic, check_leader_epoch};
use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use bytes::Bytes;
use log_model::acl::AclOperation;
use log_model::{KafkaCode, LeaderEpoch, Offset, TopicPartition};
use log_storage::partition::AbortedTransaction;
use log_storage::{DataDirectory, Fetched, Isolation, PartitionOffsets};
use log_wire::messages::fetch_response::EpochEndOffset;
use std::sync::Arc;

/// The answer for one partition.
#[derive(Debug)]
pub(super) struct PartitionRead {
    pub(super) code: KafkaCode,
    pub(super) high_watermark: i64,
    pub(super) last_stable: i64,
    pub(super) log_start: i64,
    pub(super) batches: Vec<Bytes>,
    /// Only for readers of committed records.
    pub(super) aborted: Option<Vec<AbortedTransaction>>,
    pub(super) diverging: Option<EpochEndOffset>,
}

impl PartitionRead {
    fn failed(code: KafkaCode) -> PartitionRead {
        PartitionRead { code, high_watermark: -1, last_stable: -1, log_start: -1, batches: Vec::new(), aborted: None, diverging: None }
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.batches.iter().map(Bytes::len).sum()
    }

    /// Whether it is not to wait for others.
    pub(super) fn is_urgent(&self) -> bool {
        !self.code.is_none() || self.diverging.is_some()
    }
}

/// Reads partitions in their order until `max_bytes` are found; at least one batch if there is one. With `None` no batch at all, but what there is to
/// tell of the partitions. What is not in memory is read on a thread for that.
pub(super) async fn read_all(context: &Context, wanted: &[Wanted], max_bytes: Option<usize>, is_committed: bool) -> Vec<PartitionRead> {
    let directory = context.core().directory();
    let mut bound = Bound { left: max_bytes.unwrap_or(0), is_first: max_bytes.is_some(), is_committed };
    let mut reads = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let read = match &directory {
            Ok(directory) => read_one(context, directory, wanted, bound).await,
            Err(error) => Err(code_of(error)),
        };
        let read = read.unwrap_or_else(PartitionRead::failed);
        bound.left = bound.left.saturating_sub(read.size_bytes());
        bound.is_first &= read.batches.is_empty();
        reads.push(read);
    }
    reads
}

#[derive(Clone, Copy)]
struct Bound {
    left: usize,
    /// Whether nothing was found yet: then one batch may exceed the bytes.
    is_first: bool,
    is_committed: bool,
}

async fn read_one(context: &Context, directory: &DataDirectory, wanted: &Wanted, bound: Bound) -> Result<PartitionRead, KafkaCode> {
    let partition = allowed_topic(context, AclOperation::Read, &wanted.topic, wanted.topic_id)?.partition(wanted.partition)?;
    let core = context.core();
    let failed = |error| code_of(&core.error(error));
    let offsets = directory.offsets(&partition).map_err(failed)?;
    check_leader_epoch(wanted.leader_epoch, offsets.leader_epoch)?;
    let read = PartitionRead {
        code: KafkaCode::None,
        high_watermark: offsets.high_watermark.0,
        last_stable: offsets.last_stable.0,
        log_start: offsets.log_start.0,
        batches: Vec::new(),
        aborted: bound.is_committed.then(Vec::new),
        diverging: diverging(directory, &partition, wanted, &offsets),
    };
    let max_bytes = usize::try_from(wanted.max_bytes).unwrap_or(0).min(bound.left);
    if read.diverging.is_some() || (max_bytes == 0 && !bound.is_first) {
        return Ok(read);
    }
    let isolation = if bound.is_committed { Isolation::ReadCommitted } else { Isolation::ReadUncommitted };
    let from = Offset(wanted.offset);
    if !(offsets.log_start..=offsets.high_watermark).contains(&from) {
        // It may lie within what is written and not yet durable.
        let fetched = directory.read(&partition, from, 0, isolation);
        return fetched.map(|_| read).map_err(failed);
    }
    let found = Found { partition, from, max_bytes, is_first: bound.is_first, read };
    match directory.read_hot(&found.partition, from, max_bytes, isolation).map_err(failed)? {
        Some(fetched) => found.with(core, directory, fetched),
        None => {
            let read = move |core: &Arc<Core>| {
                let directory = core.directory()?;
                let fetched = directory.read(&found.partition, from, max_bytes, isolation).map_err(|error| core.error(error))?;
                Ok(found.with(core, &directory, fetched))
            };
            core.blocking("fetch", read).await.map_err(|error| code_of(&error))?
        }
    }
}

/// A partition that is read, and what is known of it.
struct Found {
    partition: TopicPartition,
    from: Offset,
    max_bytes: usize,
    is_first: bool,
    read: PartitionRead,
}

impl Found {
    /// The answer with what was read.
    fn with(self, core: &Core, directory: &DataDirectory, fetched: Fetched) -> Result<PartitionRead, KafkaCode> {
        let Found { partition, from, max_bytes, is_first, mut read } = self;
        let mut size_bytes = 0;
        let mut batches = fetched.batches;
        let fits = batches.iter().take_while(|batch| {
            size_bytes += batch.size_bytes();
            size_bytes <= max_bytes
        });
        let keep = fits.count().max(usize::from(is_first));
        batches.truncate(keep);
        read.high_watermark = fetched.high_watermark.0;
        read.last_stable = fetched.last_stable.0;
        read.log_start = fetched.log_start.0;
        if let (Some(aborted), Some(last)) = (&mut read.aborted, batches.last()) {
            let range = from..last.next_offset();
            *aborted = directory.aborted_in(&partition, range).map_err(|error| code_of(&core.error(error)))?;
        }
        read.batches = batches.into_iter().map(|batch| batch.into_bytes()).collect();
        Ok(read)
    }
}

/// Where the reader's log has parted from this one (KIP-595): it read records of an epoch that ended earlier here.
fn diverging(directory: &DataDirectory, partition: &TopicPartition, wanted: &Wanted, offsets: &PartitionOffsets) -> Option<EpochEndOffset> {
    if wanted.last_fetched_epoch < 0 || offsets.high_watermark == offsets.log_start {
        return None;
    }
    let known = directory.end_offset_for_epoch(partition, LeaderEpoch(wanted.last_fetched_epoch)).ok()?;
    let (epoch, end_offset) = known.unwrap_or((LeaderEpoch::NONE, Offset(-1)));
    let parted = epoch.0 < wanted.last_fetched_epoch || end_offset.0 < wanted.offset;
    parted.then_some(EpochEndOffset { epoch: epoch.0, end_offset: end_offset.0 })
}
