//! The records of one partition from its start to the end it had when the reading began.

use crate::Result;
use log_client::{Consumer, ConsumerOptions, FetchLimit, Isolation, Log, OffsetReset, OffsetSpec, Position};
use log_model::{Offset, TopicPartition};
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

/// A bounded reading of a partition, at read_committed.
pub(crate) struct Records {
    consumer: Box<dyn Consumer>,
    partition: TopicPartition,
    /// One past the last offset to be read.
    end: Offset,
}

impl Records {
    /// From the first record there is to the last there is now.
    pub(crate) async fn open(log: &Arc<dyn Log>, partition: &TopicPartition) -> Result<Records> {
        let end = log.admin().find_offset(partition, OffsetSpec::Latest).await?.map_or(Offset::ZERO, |found| found.offset);
        Records::open_until(log, partition, end).await
    }

    /// From the first record there is to `end`.
    pub(crate) async fn open_until(log: &Arc<dyn Log>, partition: &TopicPartition, end: Offset) -> Result<Records> {
        let options = ConsumerOptions {
            client_id: "sql".to_string(),
            group: None,
            isolation: Isolation::ReadCommitted,
            reset: OffsetReset::Earliest,
        };
        let mut consumer = log.consumer(options).await?;
        consumer.assign(&[(partition.clone(), Position::Earliest)]).await?;
        Ok(Records { consumer, partition: partition.clone(), end })
    }

    /// The next records, in offset order; `None` once the end is reached. Waits if the log has not shown all of them yet.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<ConsumedRecord>>> {
        loop {
            if self.consumer.position(&self.partition).is_some_and(|position| position >= self.end) {
                return Ok(None);
            }
            let ready = self.consumer.ready();
            let poll = self.consumer.poll(FetchLimit::default()).await?;
            let mut records = Vec::new();
            for fetched in &poll.batches {
                for record in fetched.batch.records()? {
                    let record = record?;
                    if record.offset >= fetched.from && record.offset < self.end {
                        records.push(consumed(record));
                    }
                }
            }
            if !records.is_empty() {
                return Ok(Some(records));
            }
            if poll.batches.is_empty() && self.consumer.position(&self.partition).is_none_or(|position| position < self.end) {
                ready.await;
            }
        }
    }
}

fn consumed(record: log_record::OffsetRecord) -> ConsumedRecord {
    let log_record::Record { timestamp, key, value, headers } = record.record;
    ConsumedRecord { offset: record.offset, timestamp, key, value, headers }
}
