//! The latest committed batches, in memory: what consumers read without touching the disk, and what is still to be written to segments.
//!
//! The front part is written and may be evicted; the rest is not in any segment yet and stays. Batches are adjacent in offsets.

use log_model::{Offset, Timestamp};
use log_record::RecordBatch;
use std::collections::VecDeque;

/// The hot batches of a partition.
#[derive(Debug, Default)]
pub(crate) struct HotTail {
    batches: VecDeque<RecordBatch>,
    written_count: usize,
    bytes: usize,
    unwritten_bytes: usize,
}

impl HotTail {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn unwritten_bytes(&self) -> usize {
        self.unwritten_bytes
    }

    pub(crate) fn push(&mut self, batch: RecordBatch) {
        debug_assert!(self.batches.back().is_none_or(|last| last.next_offset() == batch.base_offset()));
        self.bytes += batch.size_bytes();
        self.unwritten_bytes += batch.size_bytes();
        self.batches.push_back(batch);
    }

    /// The batches that are in no segment yet.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = &RecordBatch> {
        self.batches.range(self.written_count..)
    }

    /// The next `count` unwritten batches are now in a segment.
    pub(crate) fn mark_written(&mut self, count: usize) {
        let bytes: usize = self.unwritten().take(count).map(RecordBatch::size_bytes).sum();
        self.unwritten_bytes -= bytes;
        self.written_count += count;
        assert!(self.written_count <= self.batches.len(), "only hot batches are written");
    }

    /// Takes the latest batches back, which are in no segment.
    pub(crate) fn pop_unwritten(&mut self, count: usize) {
        for _ in 0..count {
            let batch = self.batches.pop_back().expect("what is taken back was pushed");
            self.bytes -= batch.size_bytes();
            self.unwritten_bytes -= batch.size_bytes();
        }
        assert!(self.written_count <= self.batches.len(), "what is in a segment is not taken back");
    }

    /// Forgets the oldest written batches until `bytes` are freed or only unwritten ones are left. Gives the bytes freed.
    pub(crate) fn evict(&mut self, bytes: usize) -> usize {
        let mut freed = 0;
        while freed < bytes && self.written_count > 0 {
            let Some(batch) = self.batches.pop_front() else { break };
            self.written_count -= 1;
            self.bytes -= batch.size_bytes();
            freed += batch.size_bytes();
        }
        freed
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = HotTail::default();
    }

    /// Batches from the one that holds `from` up to those that end at or below `upto`: at least one of them, and no more than `max_bytes`
    /// beyond the first. `None` if `from` is older than the tail.
    pub(crate) fn read(&self, from: Offset, upto: Offset, max_bytes: usize) -> Option<Vec<RecordBatch>> {
        if self.batches.front()?.base_offset() > from {
            return None;
        }
        let first = self.batches.partition_point(|batch| batch.next_offset() <= from);
        let mut taken = Vec::new();
        let mut bytes = 0;
        for batch in self.batches.range(first..) {
            bytes += batch.size_bytes();
            if batch.next_offset() > upto || (bytes > max_bytes && !taken.is_empty()) {
                break;
            }
            taken.push(batch.clone());
        }
        Some(taken)
    }

    /// The batches from `from` on that may hold a record at least as late as `timestamp`.
    pub(crate) fn since(&self, from: Offset, timestamp: Timestamp) -> impl Iterator<Item = &RecordBatch> {
        self.batches.iter().filter(move |batch| batch.next_offset() > from && batch.max_timestamp() >= timestamp)
    }

    /// The largest timestamp of the batches from `from` on.
    pub(crate) fn max_timestamp(&self, from: Offset) -> Option<Timestamp> {
        self.since(from, Timestamp(0)).map(RecordBatch::max_timestamp).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::testing::batch_of;
    use log_model::LeaderEpoch;

    fn tail_of(count: i64) -> HotTail {
        let mut tail = HotTail::default();
        for offset in 0..count {
            tail.push(batch_of(&["x", "y"]).with_base_offset(Offset(offset * 2), LeaderEpoch(0)));
        }
        tail
    }

    #[test]
    fn only_written_batches_are_evicted() {
        let mut tail = tail_of(5);
        let each = tail.bytes() / 5;
        assert_eq!(tail.evict(usize::MAX), 0);
        tail.mark_written(2);
        assert_eq!((tail.unwritten_bytes(), tail.unwritten().count()), (3 * each, 3));
        assert_eq!(tail.evict(1), each);
        assert_eq!(tail.evict(usize::MAX), each);
        assert_eq!(tail.bytes(), 3 * each);
        assert_eq!(tail.read(Offset(3), Offset(10), 1), None);
        assert_eq!(tail.read(Offset(4), Offset(10), 1).unwrap().len(), 1);
    }

    #[test]
    fn reads_stay_below_the_bound_and_the_budget() {
        let tail = tail_of(5);
        let each = tail.bytes() / 5;
        for (from, upto, max_bytes, bases) in [
            (0, 10, usize::MAX, vec![0, 2, 4, 6, 8]),
            (3, 10, 2 * each, vec![2, 4]),
            (3, 10, 0, vec![2]),
            (0, 3, usize::MAX, vec![0]),
            (0, 1, usize::MAX, vec![]),
            (10, 10, 1, vec![]),
        ] {
            let read = tail.read(Offset(from), Offset(upto), max_bytes).unwrap();
            assert_eq!(read.iter().map(|batch| batch.base_offset().0).collect::<Vec<_>>(), bases);
        }
    }
}
