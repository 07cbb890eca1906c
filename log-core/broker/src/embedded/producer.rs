//! The producer of an embedded log: stamps and stages each batch at once, or keeps a transaction aside.
//!
//! Always holds: the sequence of a partition advances exactly with what was staged there, so a refused batch leaves no gap.

use crate::committer::{Answer, Waiter};
use crate::core::{Core, closed};
use crate::topics::{TopicEntry, refuse_internal};
use crate::{producer_registry, transactions};
use async_trait::async_trait;
use futures::FutureExt;
use futures::channel::oneshot;
use log_client::local::{Transaction, admit, check_offsets, delivery};
use log_client::{Delivery, Error, GroupMetadata, OffsetAndMetadata, Producer, ProducerOptions, Result};
use log_model::{FlushMode, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicId, TopicPartition};
use log_record::RecordBatch;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct EmbeddedProducer {
    pub(crate) core: Arc<Core>,
    pub(crate) transactional_id: Option<String>,
    pub(crate) session: Mutex<Session>,
}

/// What changes as a producer sends.
pub(crate) struct Session {
    pub(crate) id: ProducerId,
    pub(crate) epoch: ProducerEpoch,
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
        batch.with_producer(self.id, self.epoch, next.advance(ahead), false)
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

impl EmbeddedProducer {
    pub(crate) async fn open(core: Arc<Core>, options: ProducerOptions) -> Result<EmbeddedProducer> {
        let (id, epoch) = producer_registry::register(&core, options.transactional_id.as_deref()).await?;
        let session = Session { id, epoch, sequences: BTreeMap::new(), transaction: None, last_lsn: 0 };
        Ok(EmbeddedProducer { core, transactional_id: options.transactional_id, session: Mutex::new(session) })
    }

    fn check_fence(&self, session: &Session) -> Result<()> {
        match &self.transactional_id {
            Some(name) => self.core.producers.hold().check(name, session.id, session.epoch),
            None => Ok(()),
        }
    }

    /// Stages one batch that has its place in the queue.
    fn stage(&self, partition: &TopicPartition, batch: RecordBatch, units: u32) -> Result<Delivery> {
        let directory = self.core.directory()?;
        let (sender, receiver) = delivery();
        let (count, size_bytes) = (batch.record_count(), batch.size_bytes());
        let mut session = self.session.lock();
        // Looked up now, after the wait for a place: the topic may have been made anew meanwhile, and then its sequences begin at 0.
        let topic = self.core.topics.of(partition)?;
        let batch = session.stamp(topic.id, partition.partition, 0, batch);
        let parts = vec![(partition.clone(), vec![batch])];
        let staged = directory.stage(parts, self.core.now_ms()).map_err(|error| self.core.error(error))?;
        session.advance(topic.id, partition.partition, count);
        session.last_lsn = staged.lsn;
        let offset = staged.results.first().map(|(_, outcome)| outcome.base_offset);
        let offset = offset.ok_or_else(|| Error::Bug { reason: "a staged batch has no offset".into() })?;
        let answer = Answer::Batch { delivery: sender, partition: partition.clone(), offset };
        self.core.commits.push(Waiter { lsn: staged.lsn, units, answer });
        drop(session);
        self.core.count_staged(size_bytes);
        Ok(receiver)
    }

    /// Appends without the journal: acknowledged once it is in the page cache. What is refused is not stored, so its sequence is free.
    fn append_os(&self, partition: &TopicPartition, topic: &TopicEntry, batch: RecordBatch) -> Result<Delivery> {
        let directory = self.core.directory()?;
        let count = batch.record_count();
        let offset = {
            let mut session = self.session.lock();
            let batch = session.stamp(topic.id, partition.partition, 0, batch);
            let outcome = directory.append_os(partition, batch, self.core.now_ms()).map_err(|error| self.core.error(error))?;
            session.advance(topic.id, partition.partition, count);
            outcome.base_offset
        };
        self.core.wakeups.ring([partition]);
        Ok(futures::future::ready(Ok(offset)).boxed())
    }
}

#[async_trait]
impl Producer for EmbeddedProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        refuse_internal(&partition.topic)?;
        let topic = self.core.topics.of(partition)?;
        let batch = admit(batch, &topic.config, || Timestamp(self.core.now_ms()))?;
        if self.transactional_id.is_some() {
            self.core.directory()?;
            let mut session = self.session.lock();
            self.check_fence(&session)?;
            return session.transaction.as_mut().ok_or_else(no_transaction)?.push(partition, batch);
        }
        if topic.config.flush == FlushMode::Os {
            return self.append_os(partition, &topic, batch);
        }
        let (permit, units) = self.core.commits.reserve(batch.size_bytes()).await?;
        let delivery = self.stage(partition, batch, units)?;
        // The waiter gives the room back.
        permit.forget();
        Ok(delivery)
    }

    async fn flush(&self) -> Result<()> {
        let receiver = {
            let session = self.session.lock();
            self.check_fence(&session)?;
            if session.last_lsn == 0 {
                return Ok(());
            }
            let (sender, receiver) = oneshot::channel();
            let answer = Answer::Call(Box::new(move |result| {
                // Whoever gave up waiting does not want to know.
                let _ = sender.send(result);
            }));
            self.core.directory()?;
            self.core.commits.push(Waiter { lsn: session.last_lsn, units: 0, answer });
            receiver
        };
        receiver.await.unwrap_or_else(|_| Err(closed()))
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
        let committed = transactions::stage(self)?;
        committed.await.unwrap_or_else(|_| Err(closed()))
    }

    async fn abort(&self) -> Result<()> {
        let transaction = self.session.lock().transaction.take().ok_or_else(no_transaction)?;
        transaction.give_up(&Transaction::aborted());
        Ok(())
    }
}
