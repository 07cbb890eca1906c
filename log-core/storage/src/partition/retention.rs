//! Forgetting old records: by age, by size, and below the log start. Whole segments go, the oldest first.
//!
//! Deciding ([`decide`]) is a function of facts about segments; doing is a method of the partition. Only synced segments go. Source: Kafka's
//! `UnifiedLog.deleteOldSegments`.

use super::indexes::Indexes;
use super::log::PartitionLog;
use super::segment::Segment;
use crate::error::{Error, Result};
use log_model::{Offset, Timestamp, TopicConfig};

/// Enough for the batch an index entry names.
const READ_BYTES: usize = 64 << 10;

/// What a decision about a segment needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Its base offset.
    pub base_offset: Offset,
    /// One past its last offset.
    pub end_offset: Offset,
    /// Its size.
    pub size_bytes: u64,
    /// Its largest timestamp; -1 if its records have none, which age never removes.
    pub max_timestamp: Timestamp,
}

/// What retention asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionPlan {
    /// How many of the oldest segments go.
    pub remove_count: usize,
    /// Whether the active segment is among them, and a new one must be begun first.
    pub roll_active: bool,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many segments.
    pub segment_count: usize,
    /// Their size.
    pub size_bytes: u64,
}

/// Decides which of the segments (oldest first, the last one active) are to go at `now_ms`.
pub fn decide(segments: &[SegmentFacts], config: &TopicConfig, log_start: Offset, now_ms: i64) -> RetentionPlan {
    let deletes = config.cleanup_policy.deletes();
    let mut excess_bytes = match u64::try_from(config.retention_bytes) {
        Ok(limit) if deletes => segments.iter().map(|segment| segment.size_bytes).sum::<u64>().saturating_sub(limit),
        _ => 0,
    };
    let mut plan = RetentionPlan::default();
    for (index, segment) in segments.iter().enumerate() {
        let is_active = index + 1 == segments.len();
        let is_late = deletes && config.retention_ms >= 0 && is_older(segment.max_timestamp, now_ms, config.retention_ms);
        let is_below_start = segment.end_offset <= log_start;
        // By size, a segment goes only if what remains still reaches the limit; the active one never does.
        let is_excess = !is_active && segment.size_bytes > 0 && segment.size_bytes <= excess_bytes;
        let is_empty = segment.base_offset == segment.end_offset;
        if is_empty || !(is_late || is_below_start || is_excess) {
            break;
        }
        excess_bytes = excess_bytes.saturating_sub(segment.size_bytes);
        plan.remove_count += 1;
        plan.roll_active |= is_active;
    }
    plan
}

fn is_older(timestamp: Timestamp, now_ms: i64, retention_ms: i64) -> bool {
    timestamp.0 >= 0 && now_ms.saturating_sub(timestamp.0) > retention_ms
}

impl PartitionLog {
    /// The facts about all segments, the active one last.
    pub fn segment_facts(&self) -> Result<Vec<SegmentFacts>> {
        self.refuse_if_damaged()?;
        let mut facts = self.segment_sizes();
        for (fact, segment) in facts.iter_mut().zip(&self.segments) {
            fact.max_timestamp = self.checked_max_timestamp(segment).map_err(|error| self.fence_on_damage(error))?;
        }
        Ok(facts)
    }

    /// The facts that take no look at a file. The timestamps are such that age removes nothing.
    pub(super) fn segment_sizes(&self) -> Vec<SegmentFacts> {
        let facts = self.segments.iter().map(|segment| SegmentFacts {
            base_offset: segment.base,
            end_offset: segment.end,
            size_bytes: segment.length_bytes,
            max_timestamp: Timestamp::MAX,
        });
        facts.collect()
    }

    /// Decides what goes. Segments are looked at from the oldest on, and no further than the first that stays.
    fn plan_retention(&self, now_ms: i64) -> Result<RetentionPlan> {
        let mut facts = self.segment_sizes();
        let mut plan = decide(&facts, &self.config, self.log_start, now_ms);
        if !self.config.cleanup_policy.deletes() || self.config.retention_ms < 0 {
            return Ok(plan);
        }
        for (index, segment) in self.segments.iter().enumerate() {
            // Batches that are not written yet belong to the active segment: it is not old.
            if index + 1 < self.segments.len() || self.hot.unwritten_bytes() == 0 {
                facts[index].max_timestamp = self.checked_max_timestamp(segment).map_err(|error| self.fence_on_damage(error))?;
                plan = decide(&facts, &self.config, self.log_start, now_ms);
            }
            if plan.remove_count <= index {
                break;
            }
        }
        Ok(plan)
    }

    /// Removes what is too old, too much, or below the log start. The log start moves up accordingly; make a checkpoint soon.
    ///
    /// Segments above the last recovery point stay until a later sync.
    pub fn retention(&mut self, now_ms: i64) -> Result<Removed> {
        self.retention_below(now_ms, self.recovery.offset)
    }

    /// As [`retention`](PartitionLog::retention), for segments below the recovery point *before* the last one: while the checkpoint with the last
    /// one is not on disk yet.
    pub fn retention_while_checkpoint_waits(&mut self, now_ms: i64) -> Result<Removed> {
        self.retention_below(now_ms, self.previous_recovery.offset)
    }

    fn retention_below(&mut self, now_ms: i64, vouched_to: Offset) -> Result<Removed> {
        self.refuse_if_damaged()?;
        let mut plan = self.plan_retention(now_ms)?;
        let synced = self.segments.iter().take_while(|segment| segment.end <= vouched_to).count();
        if plan.remove_count > synced {
            plan = RetentionPlan { remove_count: synced, roll_active: false };
        }
        if plan.roll_active && self.hot.unwritten_bytes() == 0 {
            self.roll()?;
            self.make_active_file()?;
        }
        self.remove_oldest(plan.remove_count.min(self.segments.len() - 1))
    }

    /// Lets go of everything below `before`, which readers then no longer see; whole segments below it are removed by the next retention.
    /// Gives the log start. Errors: `before` is beyond the high watermark.
    pub fn delete_records(&mut self, before: Offset) -> Result<Offset> {
        self.refuse_if_damaged()?;
        if before > self.high_watermark {
            return Err(Error::OffsetOutOfRange {
                partition: self.partition.clone(),
                offset: before,
                log_start: self.log_start,
                end_offset: self.high_watermark,
            });
        }
        self.raise_log_start(before);
        self.check();
        Ok(self.log_start)
    }

    fn raise_log_start(&mut self, offset: Offset) {
        if offset > self.log_start {
            self.log_start = offset;
            self.epochs.truncate_start(offset);
            self.epochs_changed = true;
        }
    }

    /// The largest timestamp of a segment; -1 if no record has one. One that comes from a file is believed only if the batch it names is as it
    /// says. It is remembered: a sealed segment does not change.
    pub(super) fn checked_max_timestamp(&self, segment: &Segment) -> Result<Timestamp> {
        if segment.length_bytes == 0 {
            return Ok(Timestamp::NONE);
        }
        if segment.base == self.active().base {
            return Ok(segment.index_facts().max_timestamp.timestamp);
        }
        if let Some(checked) = segment.checked_max_timestamp.get() {
            return Ok(*checked);
        }
        let found = self.find_max_timestamp(segment)?;
        Ok(*segment.checked_max_timestamp.get_or_init(|| found))
    }

    fn find_max_timestamp(&self, segment: &Segment) -> Result<Timestamp> {
        let largest = segment.indexes(&self.folder, self.interval_bytes())?.max_timestamp;
        if largest.timestamp >= Timestamp(0) {
            let mut scan = segment.scan_near(&self.folder, largest.offset, READ_BYTES, self.interval_bytes())?;
            scan.skip_to(largest.offset)?;
            if let Some((_, batch)) = scan.next()?
                && (batch.last_offset(), batch.max_timestamp()) == (largest.offset, largest.timestamp)
            {
                return Ok(largest.timestamp);
            }
        }
        tracing::warn!(segment = %segment.log_path(&self.folder).display(), "time index does not fit its segment");
        let mut scan = segment.scan(&self.folder)?;
        let indexes = Indexes::rebuild(segment.base, &mut scan, self.interval_bytes(), Vec::new())?;
        Ok(indexes.max_timestamp.timestamp)
    }

    /// Makes the active segment's file exist, durably, so that an empty directory always means that files were lost.
    fn make_active_file(&mut self) -> Result<()> {
        let folder = self.folder.clone();
        self.active_mut().open_writer(&folder)?;
        self.active_mut().is_dirty = true;
        folder.sync()
    }

    /// One segment after the other, each durably gone before the next: a crash never leaves a hole in the middle.
    fn remove_oldest(&mut self, count: usize) -> Result<Removed> {
        let mut removed = Removed::default();
        for _ in 0..count {
            let base = self.segments[0].base;
            self.remove_segment_files(base)?;
            self.folder.sync()?;
            let segment = self.segments.remove(0);
            removed.segment_count += 1;
            removed.size_bytes += segment.length_bytes;
            self.raise_log_start(segment.end);
            tracing::info!(partition = %self.partition, %base, bytes = segment.length_bytes, "removed an old segment");
        }
        self.check();
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::CleanupPolicy;

    fn segments(sizes: &[u64]) -> Vec<SegmentFacts> {
        (0..)
            .zip(sizes)
            .map(|(index, size)| SegmentFacts {
                base_offset: Offset(index * 10),
                end_offset: Offset(index * 10 + if *size == 0 { 0 } else { 10 }),
                size_bytes: *size,
                max_timestamp: Timestamp(index * 100),
            })
            .collect()
    }

    fn plan(remove_count: usize, roll_active: bool) -> RetentionPlan {
        RetentionPlan { remove_count, roll_active }
    }

    #[test]
    fn segments_go_by_age_size_and_log_start() {
        let config = |retention_ms, retention_bytes| TopicConfig { retention_ms, retention_bytes, ..TopicConfig::default() };
        let cases = [
            ("nothing is old", config(1000, -1), 0, 300, plan(0, false)),
            ("older than the limit", config(100, -1), 0, 300, plan(2, false)),
            ("exactly at the limit stays", config(100, -1), 0, 200, plan(1, false)),
            ("all are old: the active one too", config(100, -1), 0, 10_000, plan(3, true)),
            ("no limit", config(-1, -1), 0, 10_000, plan(0, false)),
            ("too large", config(-1, 25), 0, 0, plan(0, false)),
            ("too large by a segment", config(-1, 20), 0, 0, plan(1, false)),
            ("the active one never goes by size", config(-1, 0), 0, 0, plan(2, false)),
            ("below the log start", config(-1, -1), 19, 0, plan(1, false)),
            ("all below the log start", config(-1, -1), 30, 0, plan(3, true)),
        ];
        for (name, config, log_start, now_ms, expected) in cases {
            assert_eq!(decide(&segments(&[10, 10, 10]), &config, Offset(log_start), now_ms), expected, "{name}");
        }
        let compacted = TopicConfig { cleanup_policy: CleanupPolicy::Compact, ..config(0, 0) };
        assert_eq!(decide(&segments(&[10, 10]), &compacted, Offset(0), 10_000), plan(0, false));
        assert_eq!(decide(&segments(&[10, 0]), &config(0, -1), Offset(0), 10_000), plan(1, false), "an empty active segment stays");
    }
}
