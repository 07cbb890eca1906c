//! From records to acknowledged batches: one open batch a partition, several on their way.

use super::input::Entry;
use crate::record_format::Fields;
use anyhow::{Context, Result, bail};
use headwater::log::{BatchBuilder, CompressionType, Delivery, Header, Producer, Timestamp, TopicName, partition_for_key};
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A batch is sent once it holds this many bytes.
const BATCH_BYTES: usize = 64 << 10;
/// At most this many batches are on their way at once.
const IN_FLIGHT_MAX: usize = 16;
/// What a record and a batch take besides key and value, at most, without headers.
const OVERHEAD_BYTES: usize = 128;

/// Where records go and how.
pub(super) struct Target {
    pub(super) topic: TopicName,
    pub(super) partition_count: i32,
    pub(super) compression: CompressionType,
    pub(super) headers: Arc<[Header]>,
    /// All records go there, whatever their key.
    pub(super) partition: Option<i32>,
    /// The largest batch that the topic takes.
    pub(super) batch_bytes_max: usize,
}

struct Open {
    builder: BatchBuilder,
    lines: Option<RangeInclusive<u64>>,
}

struct Sent {
    delivery: Delivery,
    record_count: u64,
    lines: RangeInclusive<u64>,
}

/// Collects and sends.
pub(super) struct Sender {
    target: Target,
    producer: Arc<dyn Producer>,
    open: Vec<Open>,
    in_flight: VecDeque<Sent>,
    keyless_next: usize,
    appended: u64,
}

impl Sender {
    pub(super) fn new(target: Target, producer: Arc<dyn Producer>) -> Sender {
        let open = (0..target.partition_count).map(|_| Open { builder: BatchBuilder::new(target.compression), lines: None }).collect();
        Sender { target, producer, open, in_flight: VecDeque::new(), keyless_next: 0, appended: 0 }
    }

    /// How many records have been acknowledged.
    pub(super) fn appended(&self) -> u64 {
        self.appended
    }

    /// Takes a record; sends what is full.
    pub(super) async fn append(&mut self, entry: Entry, now: Timestamp) -> Result<()> {
        let Entry { number: line, fields } = entry;
        let index = match (self.partition(&fields, line)?, &fields.key) {
            (Some(partition), _) => partition as usize,
            (None, Some(key)) => partition_for_key(key, self.open.len() as i32) as usize,
            (None, None) => self.keyless_next,
        };
        let headers: Arc<[Header]> = if fields.headers.is_empty() {
            self.target.headers.clone()
        } else {
            self.target.headers.iter().cloned().chain(fields.headers).collect()
        };
        let (key, value) = (fields.key.as_deref(), fields.value.as_deref());
        let limit_bytes = BATCH_BYTES.min(self.target.batch_bytes_max);
        let header_bytes: usize =
            headers.iter().map(|header| header.key.len() + header.value.as_ref().map_or(0, |value| value.len()) + 10).sum();
        let needed = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + header_bytes + OVERHEAD_BYTES;
        let time = fields.timestamp.map_or(now, Timestamp);
        if !self.open[index].builder.is_empty() && self.open[index].builder.size_bytes() + needed > limit_bytes {
            self.send(index).await?;
        }
        let open = &mut self.open[index];
        open.builder.append_parts(time, key, value, &headers).with_context(|| format!("line {line}"))?;
        let first = open.lines.as_ref().map_or(line, |lines| *lines.start());
        open.lines = Some(first..=line);
        if open.builder.size_bytes() >= limit_bytes {
            self.send(index).await?;
        }
        Ok(())
    }

    /// The partition that the record or the arguments name.
    fn partition(&self, fields: &Fields, line: u64) -> Result<Option<i32>> {
        match fields.partition {
            Some(partition) if !(0..self.target.partition_count).contains(&partition) => {
                bail!("record {line} names the partition {partition}; {} has {}", self.target.topic, self.target.partition_count)
            }
            Some(partition) => Ok(Some(partition)),
            None => Ok(self.target.partition),
        }
    }

    /// Whether anything waits for more records.
    pub(super) fn is_waiting(&self) -> bool {
        self.open.iter().any(|open| !open.builder.is_empty())
    }

    /// Sends what waits, however little.
    pub(super) async fn send_all(&mut self) -> Result<()> {
        for index in 0..self.open.len() {
            self.send(index).await?;
        }
        Ok(())
    }

    /// Sends what waits and returns once everything is acknowledged.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.send_all().await?;
        while !self.in_flight.is_empty() {
            self.settle_oldest().await?;
        }
        Ok(())
    }

    async fn send(&mut self, index: usize) -> Result<()> {
        let open = &mut self.open[index];
        let Some(lines) = open.lines.take() else { return Ok(()) };
        let record_count = open.builder.len() as u64;
        let batch = std::mem::replace(&mut open.builder, BatchBuilder::new(self.target.compression)).build();
        if self.target.partition.is_none() && index == self.keyless_next {
            self.keyless_next = (self.keyless_next + 1) % self.open.len();
        }
        let partition = self.target.topic.partition(index as i32);
        let delivery = self.producer.send(&partition, batch).await.with_context(|| refused(&lines))?;
        self.in_flight.push_back(Sent { delivery, record_count, lines });
        while self.in_flight.len() > IN_FLIGHT_MAX {
            self.settle_oldest().await?;
        }
        Ok(())
    }

    async fn settle_oldest(&mut self) -> Result<()> {
        if let Some(Sent { delivery, record_count, lines }) = self.in_flight.pop_front() {
            delivery.await.with_context(|| refused(&lines))?;
            self.appended += record_count;
        }
        Ok(())
    }
}

fn refused(lines: &RangeInclusive<u64>) -> String {
    match (lines.start(), lines.end()) {
        (first, last) if first == last => format!("line {first} was not appended"),
        (first, last) => format!("a batch of records from lines {first} to {last} was not appended"),
    }
}
