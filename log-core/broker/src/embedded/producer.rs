//! The producer of an embedded log: stamps and stages each batch at once, or keeps a transaction aside.
//!
//! Always holds: the sequence of a partition advances exactly with what was staged there, so a refused batch leaves no gap.

use crate::embedded::transactions;
use crate::node::core::Core;
use crate::node::record_rules::untimely;
use crate::node::staging::stage_batch;
use crate::node::topics::refuse_internal;
use async_trait::async_trait;
use log_client::local::{Transaction, admit, check_offsets};
use log_client::{Delivery, Error, GroupMetadata, OffsetAndMetadata, Producer, ProducerOptions, Result};
use log_coordination::transactions::ProducerIdAndEpoch;
use log_model::{Sequence, Timestamp, TopicConfig, TopicId, TopicPartition};
use log_record::RecordBatch;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What topics have as `message.timestamp.after.max.ms` where nobody set it.
const AFTER_MAX_MS_DEFAULT: i64 = 3_600_000;

pub(crate) struct EmbeddedProducer {
    pub(crate) core: Arc<Core>,
    pub(crate) transactional_id: Option<String>,
    pub(crate) session: Mutex<Session>,
}

/// What changes as a producer sends.
pub(crate) struct Session {
    pub(crate) producer: ProducerIdAndEpoch,
    /// The next sequence of each partition; a topic created anew under its old name begins at 0.
    sequences: BTreeMap<(TopicId, i32), Sequence>,
    pub(crate) transaction: Option<Transaction>,
    /// Everything this producer staged is durable once a flush reaches this.
    pub(crate) last_lsn: u64,
}

impl Session {
    /// Stamps the batch with the next sequence of its partition.
    pub(crate) fn stamp(&self, topic: TopicId, partition: i32, ahead: i32, batch: RecordBatch) -> RecordBatch {
        let next = self.sequences.get(&(topic, partition)).copied().unwrap_or(Sequence(0));
        batch.with_producer(self.producer.id, self.producer.epoch, next.advance(ahead), false)
    }

    /// Counts what was staged.
    pub(crate) fn advance(&mut self, topic: TopicId, partition: i32, count: i32) {
        let next = self.sequences.entry((topic, partition)).or_insert(Sequence(0));
        *next = next.advance(count);
    }
}

pub(crate) fn no_transaction() -> Error {
    Error::Invalid { reason: "no transaction is open; begin one first".into() }
}

/// Refuses timestamps outside of bounds that were set. The hour into the future that topics have by default is there for clients whose clocks go
/// wrong; an application that alone uses its log has one clock, and times of its own in its records.
fn check_timestamps(batch: &RecordBatch, config: &TopicConfig, now_ms: i64) -> Result<()> {
    if config.message_timestamp_after_max_ms == AFTER_MAX_MS_DEFAULT && config.message_timestamp_before_max_ms == i64::MAX {
        return Ok(());
    }
    match untimely(batch, config, now_ms)?.into_iter().next() {
        None => Ok(()),
        Some(fault) => Err(Error::Invalid { reason: fault.message }),
    }
}

impl EmbeddedProducer {
    pub(crate) async fn open(core: Arc<Core>, options: ProducerOptions) -> Result<EmbeddedProducer> {
        let producer = core.transactions.register(&core, options.transactional_id.as_deref()).await?;
        let session = Session { producer, sequences: BTreeMap::new(), transaction: None, last_lsn: 0 };
        Ok(EmbeddedProducer { core, transactional_id: options.transactional_id, session: Mutex::new(session) })
    }

    fn check_fence(&self, session: &Session) -> Result<()> {
        match &self.transactional_id {
            Some(name) => self.core.transactions.hold(&self.core).check_newest(name, session.producer),
            None => Ok(()),
        }
    }

    /// Stages one batch that has its place in the queue. What is refused is not stored, so its sequence is free.
    fn stage(&self, partition: &TopicPartition, batch: RecordBatch, units: u32) -> Result<Delivery> {
        let count = batch.record_count();
        let mut session = self.session.lock();
        // Looked up now, after the wait for a place: the topic may have been made anew meanwhile, and then its sequences begin at 0.
        let topic = self.core.topics.of(partition)?;
        let batch = session.stamp(topic.id, partition.partition, 0, batch);
        let staged = stage_batch(&self.core, (partition, topic.config.flush), (batch, units), self.core.now_ms())?;
        session.advance(topic.id, partition.partition, count);
        session.last_lsn = session.last_lsn.max(staged.lsn);
        Ok(staged.delivery)
    }
}

#[async_trait]
impl Producer for EmbeddedProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        refuse_internal(&partition.topic)?;
        let topic = self.core.topics.of(partition)?;
        check_timestamps(&batch, &topic.config, self.core.now_ms())?;
        let batch = admit(batch, &topic.config, || Timestamp(self.core.now_ms()))?;
        if self.transactional_id.is_some() {
            self.core.directory()?;
            let mut session = self.session.lock();
            self.check_fence(&session)?;
            return session.transaction.as_mut().ok_or_else(no_transaction)?.push(partition, batch);
        }
        let (permit, units) = self.core.commits.reserve(batch.size_bytes()).await?;
        let delivery = self.stage(partition, batch, units)?;
        // The waiter gives the room back.
        permit.forget();
        Ok(delivery)
    }

    async fn flush(&self) -> Result<()> {
        let durable = {
            let session = self.session.lock();
            self.check_fence(&session)?;
            if session.last_lsn == 0 {
                return Ok(());
            }
            self.core.directory()?;
            self.core.when_durable(session.last_lsn, |_, _| {})
        };
        durable.await
    }

    async fn begin(&self) -> Result<()> {
        if self.transactional_id.is_none() {
            return Err(Error::Invalid { reason: "a producer without a transactional id has no transactions".into() });
        }
        self.core.directory()?;
        let mut session = self.session.lock();
        self.check_fence(&session)?;
        if session.transaction.is_some() {
            return Err(Error::Invalid { reason: "a transaction is already open; commit or abort it".into() });
        }
        session.transaction = Some(Transaction::new(self.core.options.transaction_bytes_max));
        Ok(())
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        check_offsets(&offsets)?;
        for (partition, _) in &offsets {
            self.core.topics.of(partition)?;
        }
        let mut session = self.session.lock();
        self.check_fence(&session)?;
        session.transaction.as_mut().ok_or_else(no_transaction)?.add_offsets(group, offsets);
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        transactions::stage(self)?.await
    }

    async fn abort(&self) -> Result<()> {
        let transaction = self.session.lock().transaction.take().ok_or_else(no_transaction)?;
        transaction.give_up(&Transaction::aborted());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::embedded::test_world::{World, topic};
    use log_client::{Log, NewTopic, ProducerOptions};
    use log_model::{CompressionType, ErrorKind, Timestamp, TopicConfig};
    use log_record::BatchBuilder;

    #[test]
    fn timestamps_keep_to_the_bounds_that_were_set_for_the_topic() {
        const HOUR_MS: i64 = 3_600_000;
        type Entries = &'static [(&'static str, &'static str)];
        let cases: [(&str, Entries, i64, bool); 5] = [
            ("plain", &[], 100 * HOUR_MS, true),
            ("after", &[("message.timestamp.after.max.ms", "3600001")], 2 * HOUR_MS, false),
            ("within", &[("message.timestamp.after.max.ms", "3600001")], HOUR_MS / 2, true),
            ("before", &[("message.timestamp.before.max.ms", "3600000")], -2 * HOUR_MS, false),
            ("stamped", &[("message.timestamp.before.max.ms", "3600000"), ("message.timestamp.type", "LogAppendTime")], -2 * HOUR_MS, true),
        ];
        let world = World::new(1);
        world.run(async {
            let producer = world.log().producer(ProducerOptions::default()).await.unwrap();
            for (name, entries, distance_ms, is_taken) in cases {
                let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
                world.log().admin().create_topic(NewTopic::new(topic(name), 1).with_config(config)).await.unwrap();
                let mut builder = BatchBuilder::new(CompressionType::None);
                builder.append_parts(Timestamp(world.env.clock.wall_ms() + distance_ms), None, None, &[]).unwrap();
                let sent = producer.send(&topic(name).partition(0), builder.build()).await;
                assert_eq!(sent.map(drop).map_err(|error| error.kind()), if is_taken { Ok(()) } else { Err(ErrorKind::Invalid) }, "{name}");
            }
        });
    }
}
