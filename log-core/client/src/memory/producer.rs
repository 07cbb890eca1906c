//! The producer of a memory log: appends at once, or keeps a transaction aside until its commit.

use super::state::{Shared, State};
use crate::local::{Transaction, admit, check_offsets};
use crate::{Delivery, Error, GroupMetadata, OffsetAndMetadata, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use futures::FutureExt;
use log_model::{Offset, ProducerEpoch, ProducerId, Sequence, TopicPartition};
use log_record::RecordBatch;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of one transaction.
const TRANSACTION_BYTES_MAX: u64 = 256 << 20;

pub(super) struct MemoryProducer {
    shared: Arc<Shared>,
    transactional_id: Option<String>,
    id: ProducerId,
    epoch: ProducerEpoch,
    session: Mutex<Session>,
}

#[derive(Default)]
struct Session {
    sequences: BTreeMap<TopicPartition, Sequence>,
    transaction: Option<Transaction>,
}

impl MemoryProducer {
    pub(super) fn new(shared: Arc<Shared>, options: ProducerOptions) -> Self {
        let (id, epoch) = register(&mut shared.state.lock(), options.transactional_id.as_deref());
        MemoryProducer { shared, transactional_id: options.transactional_id, id, epoch, session: Mutex::default() }
    }

    fn check_fence(&self, state: &State) -> Result<()> {
        match &self.transactional_id {
            Some(name) if state.transactional.get(name) != Some(&(self.id, self.epoch)) => {
                Err(Error::Fenced { who: format!("producer with transactional id {name:?}") })
            }
            _ => Ok(()),
        }
    }

    fn append(
        &self,
        state: &mut State,
        sequences: &mut BTreeMap<TopicPartition, Sequence>,
        partition: &TopicPartition,
        batch: RecordBatch,
    ) -> Result<Offset> {
        let found = state.partition_mut(partition)?;
        let next = sequences.entry(partition.clone()).or_insert(Sequence(0));
        let count = batch.record_count();
        let offset = found.append(batch.with_producer(self.id, self.epoch, *next, false));
        *next = next.advance(count);
        Ok(offset)
    }
}

fn register(state: &mut State, transactional_id: Option<&str>) -> (ProducerId, ProducerEpoch) {
    let known = transactional_id.and_then(|name| state.transactional.get(name).copied());
    let (id, epoch) = match known {
        Some((id, epoch)) if epoch.0 < i16::MAX => (id, ProducerEpoch(epoch.0 + 1)),
        _ => {
            state.producers_ever += 1;
            (ProducerId(state.producers_ever), ProducerEpoch(0))
        }
    };
    if let Some(name) = transactional_id {
        state.transactional.insert(name.to_string(), (id, epoch));
    }
    (id, epoch)
}

fn no_transaction() -> Error {
    Error::Invalid { reason: "no transaction is open; begin one first".into() }
}

#[async_trait]
impl Producer for MemoryProducer {
    async fn send(&self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        let mut session = self.session.lock();
        let mut state = self.shared.state.lock();
        self.check_fence(&state)?;
        let config = &state.partition(partition)?.0.config;
        let batch = admit(batch, config, &*self.shared.clock)?;
        if self.transactional_id.is_some() {
            return session.transaction.as_mut().ok_or_else(no_transaction)?.push(partition, batch);
        }
        let offset = self.append(&mut state, &mut session.sequences, partition, batch)?;
        drop(state);
        self.shared.wakeups.ring([partition]);
        Ok(futures::future::ready(Ok(offset)).boxed())
    }

    async fn flush(&self) -> Result<()> {
        self.check_fence(&self.shared.state.lock())
    }

    async fn begin(&self) -> Result<()> {
        if self.transactional_id.is_none() {
            return Err(Error::Invalid { reason: "a producer without a transactional id has no transactions".into() });
        }
        self.check_fence(&self.shared.state.lock())?;
        let mut session = self.session.lock();
        if session.transaction.is_some() {
            return Err(Error::Invalid { reason: "a transaction is already open; commit or abort it".into() });
        }
        session.transaction = Some(Transaction::new(TRANSACTION_BYTES_MAX));
        Ok(())
    }

    async fn send_offsets(&self, group: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        check_offsets(&offsets)?;
        let mut session = self.session.lock();
        let state = self.shared.state.lock();
        self.check_fence(&state)?;
        state.check_partitions(offsets.iter().map(|(partition, _)| partition))?;
        session.transaction.as_mut().ok_or_else(no_transaction)?.add_offsets(group, offsets);
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        let mut session = self.session.lock();
        let transaction = session.transaction.as_ref().ok_or_else(no_transaction)?;
        let mut permits = Vec::new();
        let mut state = self.shared.state.lock();
        self.check_fence(&state)?;
        state.check_partitions(transaction.batches.iter().map(|pending| &pending.partition))?;
        for (by, offsets) in &transaction.offsets {
            let partitions: Vec<TopicPartition> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
            state.check_partitions(&partitions)?;
            permits.push(self.shared.groups.begin_transactional_commit(by, partitions)?);
        }
        let Some(transaction) = session.transaction.take() else { return Err(no_transaction()) };
        let mut grown = Vec::with_capacity(transaction.batches.len());
        for pending in transaction.batches {
            let offset = self.append(&mut state, &mut session.sequences, &pending.partition, pending.batch);
            grown.push(pending.partition);
            // Whoever dropped the delivery does not want to know.
            let _ = pending.delivery.send(offset);
        }
        for (by, offsets) in transaction.offsets {
            state.store_offsets(&by.group, offsets);
        }
        drop(state);
        drop(permits);
        self.shared.wakeups.ring(&grown);
        Ok(())
    }

    async fn abort(&self) -> Result<()> {
        let transaction = self.session.lock().transaction.take().ok_or_else(no_transaction)?;
        transaction.give_up(&Transaction::aborted());
        Ok(())
    }
}
