//! The records of one input partition that wait to be processed. Batches are decoded when they come to the head, so what waits is as small as it was
//! stored.
//!
//! `position ≤ offset of the head ≤ fetched`: `position` is the next offset to process, and what is committed.

use super::in_band::{InBandWatermark, UpstreamWatermarks};
use crate::{ConsumedRecord, Result};
use log_model::{Offset, Timestamp, TopicPartition};
use log_record::RecordBatch;
use std::collections::VecDeque;

/// The most records of one run.
const RUN_RECORDS_MAX: usize = 32_768;

#[derive(Debug)]
enum Waiting {
    /// A batch, to be read from this offset on.
    Batch(RecordBatch, Offset),
    Records(Vec<ConsumedRecord>),
}

/// Decoded records, and the watermark behind the last of them.
#[derive(Debug)]
struct Segment {
    records: Vec<ConsumedRecord>,
    next: usize,
    watermark: Option<InBandWatermark>,
}

/// The queue of one input partition.
#[derive(Debug)]
pub(super) struct PartitionQueue {
    pub(super) partition: TopicPartition,
    /// The node that reads it, by its index in the task.
    pub(super) source: usize,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    head: VecDeque<Segment>,
    /// Set when all records up to here have been processed once the queue is empty.
    fetched: Offset,
    position: Offset,
    /// The last poll found nothing more.
    pub(super) caught_up: bool,
    /// Of a repartition topic: the watermarks of its writers.
    pub(super) upstream: Option<UpstreamWatermarks>,
    pub(super) watermark_moved: bool,
}

impl PartitionQueue {
    pub(super) fn new(partition: TopicPartition, source: usize, upstream: Option<UpstreamWatermarks>) -> Self {
        PartitionQueue {
            partition,
            source,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            head: VecDeque::new(),
            fetched: Offset::ZERO,
            position: Offset::ZERO,
            caught_up: true,
            upstream,
            watermark_moved: false,
        }
    }

    /// Starts at an offset. The queue must be empty.
    pub(super) fn start_at(&mut self, offset: Offset) {
        self.fetched = offset;
        self.position = offset;
    }

    pub(super) fn push_batch(&mut self, batch: RecordBatch, from: Offset) {
        self.waiting_bytes += batch.size_bytes();
        self.fetched = self.fetched.max(batch.next_offset());
        self.waiting.push_back(Waiting::Batch(batch, from));
    }

    pub(super) fn push_records(&mut self, records: Vec<ConsumedRecord>) {
        if let Some(last) = records.last() {
            self.fetched = self.fetched.max(last.offset.next());
            self.waiting.push_back(Waiting::Records(records));
        }
    }

    /// The consumer has moved past records that are never shown.
    pub(super) fn skip_to(&mut self, offset: Offset) {
        self.fetched = self.fetched.max(offset);
        self.settle();
    }

    /// The next offset to process.
    pub(super) fn position(&self) -> Offset {
        self.position
    }

    /// Everything below was handed over, or is never shown.
    pub(super) fn fetched(&self) -> Offset {
        self.fetched
    }

    /// Bytes of batches that wait undecoded.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.waiting.is_empty()
    }

    /// The timestamp of the oldest record that waits; takes watermarks that have come to the head.
    pub(super) fn head_timestamp(&mut self) -> Result<Option<Timestamp>> {
        loop {
            match self.head.front_mut() {
                Some(segment) if segment.next < segment.records.len() => return Ok(Some(segment.records[segment.next].timestamp)),
                Some(segment) => {
                    if let (Some(watermark), Some(upstream)) = (segment.watermark, &mut self.upstream) {
                        upstream.take(watermark);
                        self.watermark_moved = true;
                    }
                    self.head.pop_front();
                }
                None => match self.waiting.pop_front() {
                    Some(waiting) => self.decode(waiting)?,
                    None => {
                        self.settle();
                        return Ok(None);
                    }
                },
            }
        }
    }

    fn settle(&mut self) {
        if self.is_empty() {
            self.position = self.position.max(self.fetched);
        }
    }

    fn decode(&mut self, waiting: Waiting) -> Result<()> {
        let records = match waiting {
            Waiting::Records(records) => records,
            Waiting::Batch(batch, from) => {
                self.waiting_bytes -= batch.size_bytes();
                let mut records = Vec::with_capacity(batch.record_count().max(0) as usize);
                for record in batch.records()? {
                    let record = record?;
                    if record.offset >= from {
                        let log_record::OffsetRecord { offset, record } = record;
                        let log_record::Record { timestamp, key, value, headers } = record;
                        records.push(ConsumedRecord { offset, timestamp, key, value, headers });
                    }
                }
                records
            }
        };
        self.split_at_watermarks(records)
    }

    fn split_at_watermarks(&mut self, records: Vec<ConsumedRecord>) -> Result<()> {
        let plain = |record: &ConsumedRecord| record.headers.is_empty();
        if self.upstream.is_none() || records.iter().all(plain) {
            self.head.push_back(Segment { records, next: 0, watermark: None });
            return Ok(());
        }
        let mut rest = Vec::new();
        for record in records {
            let watermark = InBandWatermark::of(&record)?;
            match watermark {
                Some(_) => self.head.push_back(Segment { records: std::mem::take(&mut rest), next: 0, watermark }),
                None => rest.push(record),
            }
        }
        self.head.push_back(Segment { records: rest, next: 0, watermark: None });
        Ok(())
    }

    /// The longest run at the head whose timestamps are all below `bound`, or equal to it if `inclusive`. At least one record if there is one.
    pub(super) fn run(&self, bound: Timestamp, inclusive: bool) -> &[ConsumedRecord] {
        let Some(segment) = self.head.front() else { return &[] };
        let waiting = &segment.records[segment.next..];
        let most = &waiting[..waiting.len().min(RUN_RECORDS_MAX)];
        if bound == Timestamp::MAX {
            return most;
        }
        let fits = |record: &ConsumedRecord| record.timestamp < bound || (inclusive && record.timestamp == bound);
        let count = most.iter().position(|record| !fits(record)).unwrap_or(most.len());
        &most[..count.max(1).min(most.len())]
    }

    /// The first `count` records of the head have been processed.
    pub(super) fn consume(&mut self, count: usize) {
        let Some(segment) = self.head.front_mut() else { return };
        segment.next += count;
        if let Some(last) = segment.next.checked_sub(1) {
            self.position = segment.records[last].offset.next();
        }
        if segment.next == segment.records.len() && segment.watermark.is_none() {
            self.head.pop_front();
            self.settle();
        }
    }
}
