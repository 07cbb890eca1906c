//! Storing a group's positions, alone or as part of a transaction.
//!
//! Always holds: whether the committer may is decided under the same lock under which the positions get their place in the log, so that no
//! rebalance and no end of the transaction comes in between.

use crate::coordinators::TransactionalWrite;
use crate::handlers::Context;
use crate::handlers::codes::coordinator_code;
use crate::handlers::topic_ref::allowed_topic;
use crate::node::core::{COORDINATOR_ENTRY_BYTES, Core};
use crate::node::offsets::StoredPosition;
use crate::node::offsets_codec::{in_transaction, offset_batches};
use crate::node::staging::Durable;
use crate::node::topics::offsets_partition;
use log_client::{OffsetAndMetadata, Result};
use log_coordination::groups::Commit;
use log_coordination::transactions::{AddedBy, ProducerIdAndEpoch};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode, LeaderEpoch, Offset, TopicPartition};
use std::sync::Arc;
use uuid::Uuid;

/// The positions of one topic: partition, offset, leader epoch, metadata.
pub(super) struct CommitTopic {
    pub(super) name: String,
    pub(super) id: Uuid,
    pub(super) partitions: Vec<(i32, i64, i32, String)>,
    /// How long the positions shall stay, where the client says so.
    pub(super) retention_ms: Option<i64>,
}

/// What became of them.
pub(super) struct Committed {
    pub(super) name: String,
    pub(super) id: Uuid,
    pub(super) partitions: Vec<(i32, KafkaCode)>,
}

/// The transaction that positions belong to.
pub(super) struct InTransaction<'a> {
    pub(super) transactional_id: &'a str,
    pub(super) producer: ProducerIdAndEpoch,
}

/// Stores positions; durable on return.
pub(super) async fn commit(
    context: &Context,
    by: &Commit<'_>,
    transaction: Option<InTransaction<'_>>,
    topics: Vec<CommitTopic>,
) -> Vec<Committed> {
    if let Err(code) = authorize(context, by, transaction.as_ref()) {
        return topics.into_iter().map(|topic| refuse_all(topic, code)).collect();
    }
    let (mut outcome, positions) = judge_topics(context, &topics);
    context.core().make_room(COORDINATOR_ENTRY_BYTES).await;
    let staged = stage(context, by, transaction, &mut outcome, positions);
    let code = match staged {
        Ok(None) => KafkaCode::None,
        Ok(Some(durable)) => durable.await.map_or_else(|error| coordinator_code(&error), |()| KafkaCode::None),
        Err(code) => code,
    };
    for (_, partition_code) in outcome.iter_mut().flat_map(|topic| &mut topic.partitions) {
        if partition_code.is_none() {
            *partition_code = code;
        }
    }
    outcome
}

fn authorize(context: &Context, by: &Commit<'_>, transaction: Option<&InTransaction<'_>>) -> std::result::Result<(), KafkaCode> {
    if let Some(transaction) = transaction {
        context.authorize(AclOperation::Write, ResourceType::TransactionalId, transaction.transactional_id)?;
    }
    context.authorize(AclOperation::Read, ResourceType::Group, &by.group)
}

fn refuse_all(topic: CommitTopic, code: KafkaCode) -> Committed {
    let partitions = topic.partitions.into_iter().map(|(index, ..)| (index, code)).collect();
    Committed { name: topic.name, id: topic.id, partitions }
}

/// A position that may be stored, as far as its topic goes.
struct Judged {
    /// Its topic and partition, by their places in the request.
    place: (usize, usize),
    topic_id: Uuid,
    partition: TopicPartition,
    stored: StoredPosition,
}

/// Each partition's outcome so far, and what is left to store.
fn judge_topics(context: &Context, topics: &[CommitTopic]) -> (Vec<Committed>, Vec<Judged>) {
    let now_ms = context.now_ms();
    let metadata_bytes_max = usize::try_from(context.broker().config().offset_metadata_max_bytes).unwrap_or(0);
    let mut positions = Vec::new();
    let mut outcome = Vec::with_capacity(topics.len());
    for topic in topics {
        let found = allowed_topic(context, AclOperation::Read, &topic.name, topic.id);
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for (index, offset, leader_epoch, metadata) in &topic.partitions {
            let judged = found.as_ref().map_err(|code| *code).and_then(|topic| Ok((topic, topic.partition(*index)?)));
            let code = match judged {
                Err(code) => code,
                Ok(_) if metadata.len() > metadata_bytes_max => KafkaCode::OffsetMetadataTooLarge,
                Ok(_) if *offset < 0 => KafkaCode::InvalidRequest,
                Ok((found, partition)) => {
                    let position =
                        OffsetAndMetadata { offset: Offset(*offset), leader_epoch: LeaderEpoch(*leader_epoch), metadata: metadata.clone() };
                    let expire_ms = topic.retention_ms.map(|retention_ms| now_ms.saturating_add(retention_ms));
                    let stored = StoredPosition { expire_ms, ..StoredPosition::new(position, now_ms) };
                    let place = (outcome.len(), partitions.len());
                    positions.push(Judged { place, topic_id: found.entry.id.0, partition, stored });
                    KafkaCode::None
                }
            };
            partitions.push((*index, code));
        }
        outcome.push(Committed { name: topic.name.clone(), id: topic.id, partitions });
    }
    (outcome, positions)
}

/// Checks the committer and stages what it may commit. `None` if there is nothing to wait for.
fn stage(
    context: &Context,
    by: &Commit<'_>,
    transaction: Option<InTransaction<'_>>,
    outcome: &mut [Committed],
    mut positions: Vec<Judged>,
) -> std::result::Result<Option<Durable>, KafkaCode> {
    let core = context.core();
    if core.groups.with_members().iter().any(|group| group.as_str() == &*by.group) {
        // Its members are in this process and share its positions with nobody else.
        return Err(KafkaCode::UnknownMemberId);
    }
    let group = GroupId::new(by.group.clone());
    let mut groups = core.group_coordinator.machine();
    let verdict = groups.check_commit(by, core.now_ms())?;
    positions.retain(|Judged { place, topic_id, partition, .. }| {
        let code = verdict.of(*topic_id, partition.partition);
        outcome[place.0].partitions[place.1].1 = code;
        code.is_none()
    });
    if positions.is_empty() {
        return Ok(None);
    }
    let positions: Vec<(TopicPartition, StoredPosition)> = positions.into_iter().map(|judged| (judged.partition, judged.stored)).collect();
    let staged = match transaction {
        None => stage_positions(core, &group, positions, None).map_err(|error| coordinator_code(&error)),
        Some(transaction) => stage_in_transaction(core, &group, positions, &transaction, context.version),
    };
    drop(groups);
    if staged.is_ok() {
        core.group_coordinator.positions_changed(core, &group);
    }
    staged.map(Some)
}

fn stage_in_transaction(
    core: &Arc<Core>,
    group: &GroupId,
    positions: Vec<(TopicPartition, StoredPosition)>,
    transaction: &InTransaction<'_>,
    version: i16,
) -> std::result::Result<Durable, KafkaCode> {
    let InTransaction { transactional_id, producer } = transaction;
    let mut transactions = core.transactions.hold(core);
    let kept_in = offsets_partition();
    let by = AddedBy::TxnOffsetCommit(version);
    transactions.admit_write(&TransactionalWrite { by, transactional_id, producer: *producer, partition: &kept_in })?;
    stage_positions(core, group, positions, Some(*producer)).map_err(|error| coordinator_code(&error))
}

/// Stages positions, which count once they are durable, or once their transaction is committed.
fn stage_positions(
    core: &Arc<Core>,
    group: &GroupId,
    positions: Vec<(TopicPartition, StoredPosition)>,
    producer: Option<ProducerIdAndEpoch>,
) -> Result<Durable> {
    let mut batches = offset_batches(positions.iter().map(|(partition, at)| (group, partition, Some(at))), core.now_ms())?;
    if let Some(producer) = producer {
        batches = in_transaction(batches, (producer.id, producer.epoch));
    }
    let order = core.offsets.order.lock();
    // Whoever deletes a topic forgets its positions with the order held: those staged afterwards would stay.
    for (partition, _) in &positions {
        core.topics.of(partition)?;
    }
    let staged = core.stage(vec![(offsets_partition(), batches)])?;
    let pending = match producer {
        Some(producer) => {
            core.offsets.add_undecided(producer.id, group.clone(), positions);
            None
        }
        None => Some(core.offsets.begin(vec![(group.clone(), positions)])),
    };
    let durable = core.when_durable(staged.lsn, move |core, result| {
        if let Some(number) = pending {
            core.offsets.finish(number, result.is_ok());
        }
    });
    drop(order);
    Ok(durable)
}
