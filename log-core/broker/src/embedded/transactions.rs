//! Committing a transaction: its batches and consumed positions become one journal entry.
//!
//! One entry is there after a crash or not at all, and becomes visible at one moment, so it needs no markers, and no reader ever waits for an
//! undecided transaction. Until the entry is staged nothing has happened: on an error the transaction is as before.

use crate::embedded::producer::{EmbeddedProducer, Session, no_transaction};
use crate::node::core::Core;
use crate::node::offsets::{GroupPositions, StoredPosition};
use crate::node::offsets_codec::offset_batches;
use crate::node::staging::Durable;
use crate::node::topics::offsets_partition;
use log_client::local::{CommitPermit, Transaction};
use log_client::{Error, OffsetAndMetadata, Result};
use log_model::{GroupId, Offset, TopicId, TopicPartition};
use log_record::RecordBatch;
use log_storage::Staged;
use std::collections::BTreeMap;

/// The batches of an entry, by partition.
type Parts = BTreeMap<TopicPartition, Vec<RecordBatch>>;

/// Stages the open transaction; the receiver resolves once it is durable and visible.
pub(crate) fn stage(producer: &EmbeddedProducer) -> Result<Durable> {
    let core = &producer.core;
    let name = producer.transactional_id.as_deref().ok_or_else(no_transaction)?;
    let directory = core.directory()?;
    let mut session = producer.session.lock();
    let transaction = session.transaction.as_ref().ok_or_else(no_transaction)?;
    // Held until the waiter is queued: a newer producer of this id comes before or after, not in between.
    let transactions = core.transactions.hold(core);
    transactions.check_newest(name, session.producer)?;
    let permits = permits(core, transaction)?;
    let now_ms = core.now_ms();
    let (mut parts, topics) = stamped(core, &session, transaction)?;
    let positions = stored(transaction, now_ms);
    let named = positions.iter().flat_map(|(group, offsets)| offsets.iter().map(move |(partition, at)| (group, partition, Some(at))));
    let batches = offset_batches(named, now_ms)?;
    if !batches.is_empty() {
        parts.insert(offsets_partition(), batches);
    }
    if parts.is_empty() {
        session.transaction = None;
        return Ok(Durable::already());
    }
    let size_bytes = parts.values().flatten().map(RecordBatch::size_bytes).sum();
    let order = core.offsets.order.lock();
    // Whoever deletes a topic forgets its positions with the order held: those staged afterwards would stay.
    for (partition, _) in positions.iter().flat_map(|(_, offsets)| offsets) {
        core.topics.of(partition)?;
    }
    let staged = directory.stage(parts.into_iter().collect(), now_ms).map_err(|error| core.error(error))?;
    let Some(transaction) = session.transaction.take() else { return Err(no_transaction()) };
    for pending in &transaction.batches {
        session.advance(topics[&pending.partition], pending.partition.partition, pending.batch.record_count());
    }
    session.last_lsn = staged.lsn;
    let groups: Vec<GroupId> = positions.iter().map(|(group, _)| group.clone()).collect();
    let number = core.offsets.begin(positions);
    let durable = core.when_durable(staged.lsn, move |core, result| {
        core.offsets.finish(number, result.is_ok());
        match result {
            Ok(()) => show(core, transaction, &staged),
            Err(error) => transaction.give_up(error),
        }
        drop(permits);
    });
    drop(order);
    drop(transactions);
    drop(session);
    groups.iter().for_each(|group| core.group_coordinator.positions_changed(core, group));
    core.count_staged(size_bytes);
    Ok(durable)
}

/// The consumed positions as they are kept.
fn stored(transaction: &Transaction, now_ms: i64) -> GroupPositions {
    let stored = |(partition, at): &(TopicPartition, OffsetAndMetadata)| (partition.clone(), StoredPosition::new(at.clone(), now_ms));
    transaction.offsets.iter().map(|(by, offsets)| (by.group.clone(), offsets.iter().map(stored).collect())).collect()
}

/// The right to commit the positions of every group.
fn permits(core: &Core, transaction: &Transaction) -> Result<Vec<CommitPermit>> {
    let permit = |(by, offsets): &(_, Vec<(TopicPartition, _)>)| {
        let partitions: Vec<TopicPartition> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
        for partition in &partitions {
            core.topics.of(partition)?;
        }
        core.groups.begin_transactional_commit(by, partitions)
    };
    transaction.offsets.iter().map(permit).collect()
}

/// The batches with producer and sequence, and the ids of their topics.
fn stamped(core: &Core, session: &Session, transaction: &Transaction) -> Result<(Parts, BTreeMap<TopicPartition, TopicId>)> {
    let mut parts = Parts::new();
    let mut topics = BTreeMap::new();
    let mut ahead: BTreeMap<&TopicPartition, i32> = BTreeMap::new();
    for pending in &transaction.batches {
        let partition = &pending.partition;
        let id = core.topics.of(partition)?.id;
        topics.insert(partition.clone(), id);
        let ahead = ahead.entry(partition).or_default();
        // A copy, so that the transaction can be committed again should this fail.
        let batch = session.stamp(id, partition.partition, *ahead, pending.batch.clone());
        *ahead = ahead.wrapping_add(batch.record_count()) & i32::MAX;
        parts.entry(partition.clone()).or_default().push(batch);
    }
    Ok((parts, topics))
}

fn show(core: &Core, transaction: Transaction, staged: &Staged) {
    let mut next: BTreeMap<&TopicPartition, Offset> =
        staged.results.iter().map(|(partition, outcome)| (partition, outcome.base_offset)).collect();
    for pending in transaction.batches {
        let answer = match next.get_mut(&pending.partition) {
            Some(offset) => {
                let at = *offset;
                *offset = at + i64::from(pending.batch.record_count());
                Ok(at)
            }
            None => Err(Error::Bug { reason: format!("a committed batch of {} has no offset", pending.partition) }),
        };
        // Whoever dropped the delivery does not want to know.
        let _ = pending.delivery.send(answer);
    }
    core.wakeups.ring(staged.results.iter().map(|(partition, _)| partition));
}
