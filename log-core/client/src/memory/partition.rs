//! One partition in memory: its batches in offset order.
//!
//! `log_start ≤ next`; every batch ends beyond `log_start`; batches ascend without overlap.

use crate::local::{Fetched, ReadRequest};
use crate::{Error, OffsetAndTimestamp, OffsetSpec, Result};
use log_model::{LeaderEpoch, Offset, Timestamp, TopicPartition};
use log_record::RecordBatch;
use std::collections::VecDeque;

/// The only epoch a log without replicas has.
const EPOCH: LeaderEpoch = LeaderEpoch(0);

#[derive(Debug, Default)]
pub(super) struct Partition {
    batches: VecDeque<RecordBatch>,
    pub(super) log_start: Offset,
    pub(super) next: Offset,
    pub(super) size_bytes: u64,
}

impl Partition {
    pub(super) fn append(&mut self, batch: RecordBatch) -> Offset {
        let offset = self.next;
        let batch = batch.with_base_offset(offset, EPOCH);
        self.next = batch.next_offset();
        self.size_bytes += batch.size_bytes() as u64;
        self.batches.push_back(batch);
        offset
    }

    pub(super) fn read(&self, partition: &TopicPartition, request: ReadRequest) -> Result<Fetched> {
        if request.from < self.log_start || request.from > self.next {
            return Err(self.out_of_range(partition, request.from));
        }
        let first = self.batches.partition_point(|batch| batch.next_offset() <= request.from);
        let (mut batches, mut size_bytes, mut next) = (Vec::new(), 0, request.from);
        for batch in self.batches.range(first..) {
            size_bytes += batch.size_bytes();
            if size_bytes > request.max_bytes && !(batches.is_empty() && request.at_least_one) {
                break;
            }
            next = batch.next_offset();
            batches.push(batch.clone());
        }
        Ok(Fetched { batches, next })
    }

    /// Forgets what is below `before`; returns the new start.
    pub(super) fn delete_records(&mut self, partition: &TopicPartition, before: Offset) -> Result<Offset> {
        if before > self.next || before.0 < 0 {
            return Err(self.out_of_range(partition, before));
        }
        self.log_start = self.log_start.max(before);
        while self.batches.front().is_some_and(|batch| batch.next_offset() <= self.log_start) {
            let gone = self.batches.pop_front().map_or(0, |batch| batch.size_bytes() as u64);
            self.size_bytes -= gone;
        }
        Ok(self.log_start)
    }

    pub(super) fn find(&self, spec: OffsetSpec) -> Result<Option<OffsetAndTimestamp>> {
        let plain = |offset| Some(OffsetAndTimestamp { offset, timestamp: Timestamp::NONE, leader_epoch: EPOCH });
        match spec {
            OffsetSpec::Earliest => Ok(plain(self.log_start)),
            OffsetSpec::Latest => Ok(plain(self.next)),
            OffsetSpec::AtOrAfter(timestamp) => {
                let candidates = self.batches.iter().filter(|batch| batch.max_timestamp() >= timestamp);
                self.first_record(candidates, timestamp)
            }
            OffsetSpec::MaxTimestamp => match self.batches.iter().map(RecordBatch::max_timestamp).max() {
                None => Ok(None),
                Some(largest) => self.first_record(self.batches.iter().filter(|batch| batch.max_timestamp() == largest), largest),
            },
        }
    }

    fn first_record<'a>(&self, batches: impl Iterator<Item = &'a RecordBatch>, timestamp: Timestamp) -> Result<Option<OffsetAndTimestamp>> {
        for batch in batches {
            for record in batch.records()? {
                let record = record?;
                if record.offset >= self.log_start && record.timestamp >= timestamp {
                    return Ok(Some(OffsetAndTimestamp { offset: record.offset, timestamp: record.timestamp, leader_epoch: EPOCH }));
                }
            }
        }
        Ok(None)
    }

    fn out_of_range(&self, partition: &TopicPartition, offset: Offset) -> Error {
        Error::OffsetOutOfRange { partition: partition.clone(), offset, log_start: self.log_start, log_end: self.next }
    }
}
