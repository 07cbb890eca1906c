//! Storing a group's positions, alone or as part of a transaction.
//!
//! Always holds: whether the committer may is decided under the same lock under which the positions get their place in the log, so that no
//! rebalance and no end of the transaction comes in between.

use crate::coordinators::TransactionalWrite;
use crate::handlers::topic_ref::allowed_topic;
use crate::handlers::{Context, code_of};
use crate::node::committer::{Answer, Waiter};
use crate::node::core::Core;
use crate::node::offsets::{in_transaction, offset_batches};
use crate::node::topics::offsets_partition;
use futures::channel::oneshot;
use log_client::{OffsetAndMetadata, Result};
use log_coordination::groups::{Commit, Event as GroupEvent};
use log_coordination::transactions::{AddedBy, ProducerIdAndEpoch};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode, LeaderEpoch, Offset, TopicPartition};
use log_storage::partition::AppendOrigin;
use std::sync::Arc;
use uuid::Uuid;

/// The positions of one topic: partition, offset, leader epoch, metadata.
pub(super) struct CommitTopic {
    pub(super) name: String,
    pub(super) id: Uuid,
    pub(super) partitions: Vec<(i32, i64, i32, String)>,
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
    let staged = stage(context, by, transaction, &mut outcome, positions);
    let code = match staged {
        Ok(None) => KafkaCode::None,
        Ok(Some(durable)) => match durable.await {
            Ok(Ok(())) => KafkaCode::None,
            Ok(Err(error)) => coordinator_code(&error),
            Err(_) => KafkaCode::CoordinatorNotAvailable,
        },
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

/// What a coordinator says of an error of the log: clients look for the coordinator again.
fn coordinator_code(error: &log_client::Error) -> KafkaCode {
    match code_of(error) {
        KafkaCode::NotLeaderOrFollower | KafkaCode::KafkaStorageError => KafkaCode::CoordinatorNotAvailable,
        code => code,
    }
}

type Positions = Vec<(Uuid, TopicPartition, OffsetAndMetadata)>;

/// Each partition's outcome so far, and what is left to store.
fn judge_topics(context: &Context, topics: &[CommitTopic]) -> (Vec<Committed>, Positions) {
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
                Ok((topic, partition)) => {
                    let at =
                        OffsetAndMetadata { offset: Offset(*offset), leader_epoch: LeaderEpoch(*leader_epoch), metadata: metadata.clone() };
                    positions.push((topic.entry.id.0, partition, at));
                    KafkaCode::None
                }
            };
            partitions.push((*index, code));
        }
        outcome.push(Committed { name: topic.name.clone(), id: topic.id, partitions });
    }
    (outcome, positions)
}

type Durable = oneshot::Receiver<Result<()>>;

/// Checks the committer and stages what it may commit. `None` if there is nothing to wait for.
fn stage(
    context: &Context,
    by: &Commit<'_>,
    transaction: Option<InTransaction<'_>>,
    outcome: &mut [Committed],
    mut positions: Positions,
) -> std::result::Result<Option<Durable>, KafkaCode> {
    let core = context.core();
    if core.groups.with_members().iter().any(|group| group.as_str() == &*by.group) {
        // Its members are in this process and share its positions with nobody else.
        return Err(KafkaCode::UnknownMemberId);
    }
    let group = GroupId::new(by.group.clone());
    let mut groups = core.group_coordinator.machine();
    let verdict = groups.check_commit(by, core.now_ms())?;
    positions.retain(|(topic, partition, _)| {
        let code = verdict.of(*topic, partition.partition);
        if !code.is_none() {
            refuse(outcome, *topic, partition, code);
        }
        code.is_none()
    });
    if positions.is_empty() {
        return Ok(None);
    }
    let positions: Vec<(TopicPartition, OffsetAndMetadata)> = positions.into_iter().map(|(_, partition, at)| (partition, at)).collect();
    let staged = match transaction {
        None => stage_positions(core, &group, positions, None).map_err(|error| coordinator_code(&error)),
        Some(transaction) => stage_in_transaction(core, &group, positions, &transaction, context.version),
    };
    drop(groups);
    if staged.is_ok() {
        core.group_coordinator.on(core, GroupEvent::OffsetsPresent { group: by.group.clone() });
    }
    staged.map(Some)
}

fn refuse(outcome: &mut [Committed], id: Uuid, partition: &TopicPartition, code: KafkaCode) {
    let topics = outcome.iter_mut().filter(|topic| topic.id == id || topic.name == partition.topic.as_str());
    for (index, partition_code) in topics.flat_map(|topic| &mut topic.partitions) {
        if *index == partition.partition {
            *partition_code = code;
        }
    }
}

fn stage_in_transaction(
    core: &Arc<Core>,
    group: &GroupId,
    positions: Vec<(TopicPartition, OffsetAndMetadata)>,
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
    positions: Vec<(TopicPartition, OffsetAndMetadata)>,
    producer: Option<ProducerIdAndEpoch>,
) -> Result<Durable> {
    let directory = core.directory()?;
    let now_ms = core.now_ms();
    let mut batches = offset_batches(positions.iter().map(|(partition, at)| (group, partition, Some(at))), now_ms)?;
    if let Some(producer) = producer {
        batches = in_transaction(batches, (producer.id, producer.epoch));
    }
    let (sender, receiver) = oneshot::channel();
    let order = core.offsets.order.lock();
    // Whoever deletes a topic forgets its positions with the order held: those staged afterwards would stay.
    for (partition, _) in &positions {
        core.topics.of(partition)?;
    }
    let parts = vec![(offsets_partition(), batches)];
    let staged = directory.stage_as(AppendOrigin::Coordinator, parts, now_ms).map_err(|error| core.error(error))?;
    let pending = match producer {
        Some(producer) => {
            core.offsets.add_undecided(producer.id, group.clone(), positions);
            None
        }
        None => Some(core.offsets.begin(vec![(group.clone(), positions)])),
    };
    let weak = Arc::downgrade(core);
    let answer = Answer::Call(Box::new(move |result: Result<()>| {
        if let (Some(core), Some(number)) = (weak.upgrade(), pending) {
            core.offsets.finish(number, result.is_ok());
        }
        // Whoever gave up waiting does not want to know.
        let _ = sender.send(result);
    }));
    core.commits.push(Waiter { lsn: staged.lsn, units: 0, answer });
    drop(order);
    Ok(receiver)
}
