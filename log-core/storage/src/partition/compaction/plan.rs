//! Whether to compact, and what: decided from facts, collected so that the work needs no lock.

use super::offset_map::OffsetMap;
use crate::error::Result;
use crate::partition::file_names::{FileKind, file_name};
use crate::partition::folder::Folder;
use crate::partition::log::PartitionLog;
use crate::partition::retention::SegmentFacts;
use crate::partition::scan::Scan;
use crate::partition::segment::first_timestamp;
use crate::partition::transaction_index::AbortedTransaction;
use log_env::OpenMode;
use log_model::{Offset, ProducerEpoch, ProducerId, Timestamp, TopicConfig};
use std::collections::BTreeMap;

/// The memory for keys while compacting, in bytes: about 1.2 million keys a pass.
const KEY_MEMORY_BYTES: usize = 64 << 20;

/// A segment to be rewritten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) base: Offset,
    pub(super) end: Offset,
    pub(super) length_bytes: u64,
}

impl Source {
    pub(super) fn scan(&self, folder: &Folder) -> Result<Scan> {
        let name = file_name(self.base, FileKind::Log);
        Ok(Scan::new(folder.open(&name, OpenMode::Read)?, &folder.join(&name), (0, self.base), self.length_bytes))
    }
}

/// What must stay of a producer that is still known: its last batch tells its sequence or its epoch.
#[derive(Clone, Copy, Debug)]
pub(super) enum LastOfProducer {
    Batch(Offset),
    Marker(ProducerEpoch),
}

/// The work of one compaction. Run it without holding the partition.
#[derive(Debug)]
pub struct CompactionJob {
    pub(super) folder: Folder,
    pub(super) generation: u64,
    pub(super) config: TopicConfig,
    pub(super) now_ms: i64,
    /// From the beginning of the log up to where compaction may go.
    pub(super) sources: Vec<Source>,
    /// Keys from here on are new since the last compaction.
    pub(super) dirty_from: Offset,
    pub(super) aborted: Vec<AbortedTransaction>,
    pub(super) last_of_producers: BTreeMap<ProducerId, LastOfProducer>,
    pub(super) key_memory_bytes: usize,
}

impl CompactionJob {
    /// Uses this much memory for keys at most; with more keys than fit, one compaction goes only part of the way.
    pub fn with_key_memory(self, key_memory_bytes: usize) -> CompactionJob {
        CompactionJob { key_memory_bytes, ..self }
    }

    /// The bytes it will read.
    pub fn size_bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.length_bytes).sum()
    }

    /// What [`PartitionLog::generation`] was when it was planned.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn new_map(&self) -> OffsetMap {
        OffsetMap::new(self.key_memory_bytes, self.dirty_from)
    }
}

/// Decides whether segments that may be compacted are worth it: enough of them is dirty, or the oldest dirty record has waited too long.
pub(super) fn is_worth_it(
    segments: &[SegmentFacts],
    cleaned_to: Offset,
    config: &TopicConfig,
    oldest_dirty: Option<Timestamp>,
    now_ms: i64,
) -> bool {
    let bytes = |dirty: bool| -> u64 {
        segments.iter().filter(|segment| (segment.end_offset > cleaned_to) == dirty).map(|segment| segment.size_bytes).sum()
    };
    let (clean_bytes, dirty_bytes) = (bytes(false), bytes(true));
    let ratio_is_reached =
        u128::from(dirty_bytes) * 1_000_000 >= u128::from(clean_bytes + dirty_bytes) * u128::from(config.min_cleanable_dirty_ratio.0);
    let waited_too_long =
        oldest_dirty.is_some_and(|oldest| oldest.0 >= 0 && now_ms.saturating_sub(oldest.0) > config.max_compaction_lag_ms);
    dirty_bytes > 0 && (ratio_is_reached || waited_too_long)
}

impl PartitionLog {
    /// Decides whether the partition is to be compacted now, and collects what that takes. `None` if not.
    pub fn plan_compaction(&self, now_ms: i64) -> Result<Option<CompactionJob>> {
        if !self.config.cleanup_policy.compacts() {
            return Ok(None);
        }
        self.refuse_if_damaged()?;
        let mut facts = if self.config.min_compaction_lag_ms > 0 { self.segment_facts()? } else { self.segment_sizes() };
        let stable = self.last_stable_offset();
        // The checkpoint on disk names the segment of the recovery point: that one must stay as it is. It may still be the checkpoint before
        // the last; whoever installs the result writes the last one first.
        let untouched_from = self.recovery.segment.min(self.active().base);
        let is_eligible = |segment: &SegmentFacts| {
            let is_new =
                self.config.min_compaction_lag_ms > 0 && segment.max_timestamp.0 > now_ms.saturating_sub(self.config.min_compaction_lag_ms);
            segment.base_offset < untouched_from && segment.end_offset <= stable && !is_new
        };
        facts.truncate(facts.iter().take_while(|segment| is_eligible(segment)).count());
        let oldest_dirty = self.oldest_dirty(&facts)?;
        if !is_worth_it(&facts, self.cleaned_to, &self.config, oldest_dirty, now_ms) {
            return Ok(None);
        }
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else { return Ok(None) };
        let aborted = self.aborted_in(first.base_offset..last.end_offset)?;
        let sources =
            facts.iter().map(|segment| Source { base: segment.base_offset, end: segment.end_offset, length_bytes: segment.size_bytes });
        Ok(Some(CompactionJob {
            folder: self.folder.clone(),
            generation: self.generation,
            config: self.config.clone(),
            now_ms,
            sources: sources.collect(),
            dirty_from: self.cleaned_to.max(first.base_offset),
            aborted,
            last_of_producers: self.last_of_producers(),
            key_memory_bytes: KEY_MEMORY_BYTES,
        }))
    }

    fn oldest_dirty(&self, facts: &[SegmentFacts]) -> Result<Option<Timestamp>> {
        if self.config.max_compaction_lag_ms == i64::MAX {
            return Ok(None);
        }
        let dirty = facts.iter().find(|segment| segment.end_offset > self.cleaned_to);
        let segment = dirty.map(|dirty| &self.segments[self.segment_of(dirty.base_offset)]);
        segment.map_or(Ok(None), |segment| first_timestamp(segment, &self.folder).map_err(|error| self.fence_on_damage(error)))
    }

    fn last_of_producers(&self) -> BTreeMap<ProducerId, LastOfProducer> {
        let last = |producer: &crate::partition::producer_state::Producer| match producer.batches.last() {
            Some(mark) => LastOfProducer::Batch(mark.last_offset),
            None => LastOfProducer::Marker(producer.epoch),
        };
        self.written_producers.iter().map(|(id, producer)| (id, last(producer))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::Ratio;

    #[test]
    fn the_dirty_part_must_be_large_or_old() {
        let segment = |base: i64, size_bytes| SegmentFacts {
            base_offset: Offset(base),
            end_offset: Offset(base + 10),
            size_bytes,
            max_timestamp: Timestamp(0),
        };
        let segments = [segment(0, 60), segment(10, 40)];
        let decide = |cleaned_to, ratio, lag, oldest, now_ms| {
            let config = TopicConfig { min_cleanable_dirty_ratio: Ratio(ratio), max_compaction_lag_ms: lag, ..TopicConfig::default() };
            is_worth_it(&segments, Offset(cleaned_to), &config, Some(Timestamp(oldest)), now_ms)
        };
        let cases = [
            ("all is dirty", decide(0, 500_000, i64::MAX, 0, 0), true),
            ("too little is dirty", decide(10, 500_000, i64::MAX, 0, 0), false),
            ("just enough is dirty", decide(10, 400_000, i64::MAX, 0, 0), true),
            ("nothing is dirty", decide(20, 0, 1, 0, 100), false),
            ("the dirty part is old", decide(10, 500_000, 50, 0, 51), true),
            ("the dirty part is not old yet", decide(10, 500_000, 50, 0, 50), false),
        ];
        for (name, answer, expected) in cases {
            assert_eq!(answer, expected, "{name}");
        }
    }
}
