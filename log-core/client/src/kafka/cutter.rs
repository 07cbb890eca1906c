//! Batches cut anew from the records of one partition.
//!
//! Always holds: the offsets of a batch have no gaps; batches come in offset order.

use crate::Result;
use log_model::{CompressionType, LeaderEpoch, Offset, Timestamp, TimestampType};
use log_record::{BatchBuilder, Header, RecordBatch};
use std::collections::VecDeque;

/// Length fields of a record, at most: what the estimate of its size adds to key and value.
const RECORD_OVERHEAD_BYTES: usize = 32;

/// A record's parts, borrowed.
pub(super) struct Parts<'a> {
    pub(super) offset: Offset,
    pub(super) timestamp: Timestamp,
    pub(super) timestamp_type: TimestampType,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: &'a [Header],
}

/// What all records of a batch have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    base: Offset,
    leader_epoch: LeaderEpoch,
    /// The log's own timestamp, which all records of a batch share.
    append_time: Option<Timestamp>,
}

/// Collects records of one partition and hands out batches.
pub(super) struct Cutter {
    builder: BatchBuilder,
    start: Option<Start>,
    done: VecDeque<RecordBatch>,
    done_bytes: usize,
}

impl Default for Cutter {
    fn default() -> Self {
        let builder = BatchBuilder::new(CompressionType::None);
        Cutter { builder, start: None, done: VecDeque::new(), done_bytes: 0 }
    }
}

impl Cutter {
    /// Adds the next record; a batch ends before it would exceed `limit_bytes`. Answers by how many bytes it grew.
    pub(super) fn add(&mut self, record: &Parts<'_>, limit_bytes: usize) -> Result<usize> {
        let before = self.size_bytes();
        let own = Start {
            base: record.offset,
            leader_epoch: record.leader_epoch,
            append_time: (record.timestamp_type == TimestampType::LogAppendTime).then_some(record.timestamp),
        };
        if let Some(start) = self.start {
            let next = start.base + self.builder.len() as i64;
            let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len) + RECORD_OVERHEAD_BYTES;
            let fits = self.builder.size_bytes() + size <= limit_bytes;
            if own != (Start { base: own.base, ..start }) || next != record.offset || !fits {
                self.cut();
            }
        }
        self.start.get_or_insert(own);
        if let Err(error) = self.builder.append_parts(record.timestamp, record.key, record.value, record.headers) {
            if self.builder.is_empty() {
                self.start = None;
                return Err(error.into());
            }
            self.cut();
            self.start = Some(own);
            self.builder.append_parts(record.timestamp, record.key, record.value, record.headers)?;
        }
        Ok(self.size_bytes().saturating_sub(before))
    }

    /// Ends the batch that is being collected.
    pub(super) fn cut(&mut self) {
        let Some(start) = self.start.take() else { return };
        let mut batch = self.builder.build().with_base_offset(start.base, start.leader_epoch);
        if let Some(timestamp) = start.append_time {
            batch = batch.with_max_timestamp(TimestampType::LogAppendTime, timestamp);
        }
        self.done_bytes += batch.size_bytes();
        self.done.push_back(batch);
    }

    /// The size of the next batch; [`Cutter::cut`] comes before.
    pub(super) fn next_bytes(&self) -> Option<usize> {
        self.done.front().map(RecordBatch::size_bytes)
    }

    /// The next batch.
    pub(super) fn next(&mut self) -> Option<RecordBatch> {
        let batch = self.done.pop_front()?;
        self.done_bytes -= batch.size_bytes();
        Some(batch)
    }

    /// The bytes held.
    pub(super) fn size_bytes(&self) -> usize {
        self.done_bytes + if self.start.is_some() { self.builder.size_bytes() } else { 0 }
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.start.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64, value: &[u8]) -> Parts<'_> {
        Parts {
            offset: Offset(offset),
            timestamp: Timestamp(offset * 10),
            timestamp_type: TimestampType::CreateTime,
            leader_epoch: LeaderEpoch(1),
            key: None,
            value: Some(value),
            headers: &[],
        }
    }

    fn cut(records: &[Parts<'_>], limit_bytes: usize) -> Vec<(i64, i32)> {
        let mut cutter = Cutter::default();
        for record in records {
            cutter.add(record, limit_bytes).unwrap();
        }
        cutter.cut();
        let batches: Vec<RecordBatch> = std::iter::from_fn(|| cutter.next()).collect();
        assert!(cutter.is_empty() && cutter.size_bytes() == 0);
        for batch in &batches {
            let offsets: Vec<i64> = batch.records().unwrap().map(|record| record.unwrap().offset.0).collect();
            assert!(offsets.iter().copied().eq(batch.base_offset().0..batch.next_offset().0), "{offsets:?}");
        }
        batches.iter().map(|batch| (batch.base_offset().0, batch.record_count())).collect()
    }

    #[test]
    fn a_batch_ends_at_a_gap_an_epoch_a_limit_or_another_clock() {
        let later = |offset| Parts { leader_epoch: LeaderEpoch(2), ..record(offset, b"x") };
        let stamped =
            |offset, time| Parts { timestamp_type: TimestampType::LogAppendTime, timestamp: Timestamp(time), ..record(offset, b"x") };
        let many = 1 << 20;
        assert_eq!(cut(&[record(4, b"x"), record(5, b"x"), record(6, b"x")], many), [(4, 3)]);
        assert_eq!(cut(&[record(4, b"x"), record(6, b"x"), record(7, b"x")], many), [(4, 1), (6, 2)]);
        assert_eq!(cut(&[record(0, b"x"), later(1), later(2)], many), [(0, 1), (1, 2)]);
        assert_eq!(cut(&[stamped(0, 7), stamped(1, 7), stamped(2, 8), record(3, b"x")], many), [(0, 2), (2, 1), (3, 1)]);
        assert_eq!(cut(&[record(0, &[0; 100]), record(1, &[0; 100]), record(2, &[0; 100])], 350), [(0, 2), (2, 1)]);
        assert_eq!(cut(&[record(0, &[0; 100]), record(1, &[0; 100])], 1), [(0, 1), (1, 1)]);
    }

    #[test]
    fn append_time_is_the_time_of_every_record() {
        let mut cutter = Cutter::default();
        let stamped = Parts { timestamp_type: TimestampType::LogAppendTime, timestamp: Timestamp(7), ..record(3, b"x") };
        cutter.add(&stamped, 1 << 20).unwrap();
        cutter.cut();
        let batch = cutter.next().unwrap();
        assert_eq!((batch.timestamp_type(), batch.max_timestamp()), (TimestampType::LogAppendTime, Timestamp(7)));
    }
}
