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
use std::collections::VecDeque;
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
    pub(super) fn failed(code: KafkaCode) -> PartitionRead {
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
/// tell of the partitions. From the first partition on that is not in memory this happens on a thread for that, in one go.
pub(super) async fn read_all(context: &Context, wanted: &[Wanted], max_bytes: Option<usize>, is_committed: bool) -> Vec<PartitionRead> {
    let core = context.core();
    let directory = match core.directory() {
        Ok(directory) => directory,
        Err(error) => return wanted.iter().map(|_| PartitionRead::failed(code_of(&error))).collect(),
    };
    let isolation = if is_committed { Isolation::ReadCommitted } else { Isolation::ReadUncommitted };
    let mut reader = Reader { left: max_bytes.unwrap_or(0), is_first: max_bytes.is_some(), isolation };
    let mut targets: VecDeque<_> = wanted.iter().map(|wanted| Target::of(context, wanted)).collect();
    let mut reads = Vec::with_capacity(targets.len());
    reader.read(core, &directory, Source::Memory, &mut targets, &mut reads);
    let left_over = targets.len();
    if left_over > 0 {
        let read = move |core: &Arc<Core>| {
            let (directory, mut reads) = (core.directory()?, Vec::with_capacity(left_over));
            reader.read(core, &directory, Source::MemoryAndDisk, &mut targets, &mut reads);
            Ok(reads)
        };
        match core.blocking("fetch", read).await {
            Ok(rest) => reads.extend(rest),
            Err(error) => reads.extend((0..left_over).map(|_| PartitionRead::failed(code_of(&error)))),
        }
    }
    reads
}

/// A partition to be read, found and allowed.
struct Target {
    partition: TopicPartition,
    from: Offset,
    max_bytes: usize,
    leader_epoch: i32,
    last_fetched_epoch: i32,
}

impl Target {
    fn of(context: &Context, wanted: &Wanted) -> Result<Target, KafkaCode> {
        let topic = allowed_topic(context, AclOperation::Read, &wanted.topic, wanted.topic_id)?;
        Ok(Target {
            partition: topic.partition(wanted.partition)?,
            from: Offset(wanted.offset),
            max_bytes: usize::try_from(wanted.max_bytes).unwrap_or(0),
            leader_epoch: wanted.leader_epoch,
            last_fetched_epoch: wanted.last_fetched_epoch,
        })
    }
}

/// Where batches may be looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Memory,
    MemoryAndDisk,
}

/// What remains to be found.
struct Reader {
    left: usize,
    /// Whether nothing was found yet: then one batch may exceed the bytes.
    is_first: bool,
    isolation: Isolation,
}

impl Reader {
    /// Turns targets into answers, up to the first one that its source does not have.
    fn read(
        &mut self,
        core: &Core,
        directory: &DataDirectory,
        source: Source,
        targets: &mut VecDeque<Result<Target, KafkaCode>>,
        reads: &mut Vec<PartitionRead>,
    ) {
        while let Some(target) = targets.front() {
            let read = match target.as_ref().map_err(|code| *code).and_then(|target| self.read_one(core, directory, source, target)) {
                Ok(None) => return,
                Ok(Some(read)) => read,
                Err(code) => PartitionRead::failed(code),
            };
            self.left = self.left.saturating_sub(read.size_bytes());
            self.is_first &= read.batches.is_empty();
            reads.push(read);
            targets.pop_front();
        }
    }

    /// `None` if it lies elsewhere.
    fn read_one(
        &self,
        core: &Core,
        directory: &DataDirectory,
        source: Source,
        target: &Target,
    ) -> Result<Option<PartitionRead>, KafkaCode> {
        let (partition, from) = (&target.partition, target.from);
        let failed = |error| code_of(&core.error(error));
        let offsets = directory.offsets(partition).map_err(failed)?;
        check_leader_epoch(target.leader_epoch, offsets.leader_epoch)?;
        let read = PartitionRead {
            code: KafkaCode::None,
            high_watermark: offsets.high_watermark.0,
            last_stable: offsets.last_stable.0,
            log_start: offsets.log_start.0,
            batches: Vec::new(),
            aborted: (self.isolation == Isolation::ReadCommitted).then(Vec::new),
            diverging: diverging(directory, target, &offsets),
        };
        let max_bytes = target.max_bytes.min(self.left);
        if read.diverging.is_some() || (max_bytes == 0 && !self.is_first) {
            return Ok(Some(read));
        }
        if !(offsets.log_start..=offsets.high_watermark).contains(&from) {
            // It may lie within what is written and not yet durable.
            return directory.read(partition, from, 0, self.isolation).map(|_| Some(read)).map_err(failed);
        }
        let fetched = match source {
            Source::Memory => directory.read_hot(partition, from, max_bytes, self.isolation),
            Source::MemoryAndDisk => directory.read(partition, from, max_bytes, self.isolation).map(Some),
        };
        let Some(fetched) = fetched.map_err(failed)? else { return Ok(None) };
        self.fill(read, directory, target, fetched).map(Some).map_err(failed)
    }

    /// The answer with what was read.
    fn fill(
        &self,
        mut read: PartitionRead,
        directory: &DataDirectory,
        target: &Target,
        fetched: Fetched,
    ) -> log_storage::Result<PartitionRead> {
        let max_bytes = target.max_bytes.min(self.left);
        let mut size_bytes = 0;
        let mut batches = fetched.batches;
        let fits = batches.iter().take_while(|batch| {
            size_bytes += batch.size_bytes();
            size_bytes <= max_bytes
        });
        let keep = fits.count().max(usize::from(self.is_first));
        batches.truncate(keep);
        read.high_watermark = fetched.high_watermark.0;
        read.last_stable = fetched.last_stable.0;
        read.log_start = fetched.log_start.0;
        if let (Some(aborted), Some(last)) = (&mut read.aborted, batches.last()) {
            *aborted = directory.aborted_in(&target.partition, target.from..last.next_offset())?;
        }
        read.batches = batches.into_iter().map(|batch| batch.into_bytes()).collect();
        Ok(read)
    }
}

/// Where the reader's log has parted from this one (KIP-595): it read records of an epoch that ended earlier here.
fn diverging(directory: &DataDirectory, target: &Target, offsets: &PartitionOffsets) -> Option<EpochEndOffset> {
    if target.last_fetched_epoch < 0 || offsets.high_watermark == offsets.log_start {
        return None;
    }
    let known = directory.end_offset_for_epoch(&target.partition, LeaderEpoch(target.last_fetched_epoch)).ok()?;
    let (epoch, end_offset) = known.unwrap_or((LeaderEpoch::NONE, Offset(-1)));
    let parted = epoch.0 < target.last_fetched_epoch || end_offset.0 < target.from.0;
    parted.then_some(EpochEndOffset { epoch: epoch.0, end_offset: end_offset.0 })
}
