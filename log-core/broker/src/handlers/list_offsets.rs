//! ListOffsets (2), versions 1 to 11: the ends of partitions, and offsets by time.
//!
//! Special timestamps: -1 latest, -2 earliest, -3 the record with the largest timestamp (KIP-734), -4 the earliest on this node's disk (KIP-405),
//! -5 and -6 concern remote storage, of which there is none.

use crate::handlers::refusal::repeated;
use crate::handlers::topic_ref::{allowed_topic, check_leader_epoch};
use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use crate::node::find_offset::find;
use log_client::{OffsetSpec, Result};
use log_model::acl::AclOperation;
use log_model::{KafkaCode, LeaderEpoch, Offset, Timestamp, TopicPartition};
use log_storage::PartitionOffsets;
use log_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest};
use log_wire::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse};
use uuid::Uuid;

const READ_COMMITTED: i8 = 1;

pub(super) async fn handle<'a>(context: &Context, request: ListOffsetsRequest<'a>) -> ListOffsetsResponse<'a> {
    let named = request.topics.iter();
    let repeated = repeated(named.flat_map(|topic| topic.partitions.iter().map(|wanted| (&*topic.name, wanted.partition_index))));
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for wanted in &topic.partitions {
            let answer = match repeated.contains(&(&*topic.name, wanted.partition_index)) {
                true => Err(KafkaCode::InvalidRequest),
                false => answer(context, &topic.name, wanted, request.isolation_level == READ_COMMITTED).await,
            };
            partitions.push(ListOffsetsPartitionResponse {
                partition_index: wanted.partition_index,
                ..answer.unwrap_or_else(|code| ListOffsetsPartitionResponse { error_code: code.as_i16(), ..Default::default() })
            });
        }
        topics.push(ListOffsetsTopicResponse { name: topic.name.clone(), partitions });
    }
    ListOffsetsResponse { topics, ..ListOffsetsResponse::default() }
}

async fn answer(
    context: &Context,
    topic: &str,
    wanted: &ListOffsetsPartition,
    is_committed: bool,
) -> std::result::Result<ListOffsetsPartitionResponse, KafkaCode> {
    let core = context.core();
    let partition = allowed_topic(context, AclOperation::Describe, topic, Uuid::nil())?.partition(wanted.partition_index)?;
    let offsets = offsets(core, &partition).map_err(|error| code_of(&error))?;
    check_leader_epoch(wanted.current_leader_epoch, offsets.leader_epoch)?;
    let at = |offset: Offset, epoch| ListOffsetsPartitionResponse { offset: offset.0, leader_epoch: epoch, ..Default::default() };
    let first_epoch = || epoch_at(core, &partition, offsets.log_start);
    match wanted.timestamp {
        -1 if is_committed => Ok(at(offsets.last_stable, offsets.leader_epoch.0)),
        -1 => Ok(at(offsets.high_watermark, offsets.leader_epoch.0)),
        -2 => Ok(at(offsets.log_start, first_epoch())),
        -4 if context.version >= 8 => Ok(at(offsets.log_start, first_epoch())),
        -5 if context.version >= 9 => Ok(ListOffsetsPartitionResponse::default()),
        -6 if context.version >= 11 => Ok(ListOffsetsPartitionResponse::default()),
        timestamp if timestamp < -3 || (timestamp == -3 && context.version < 7) => Err(KafkaCode::UnsupportedVersion),
        timestamp => by_time(core, partition, timestamp, is_committed, &offsets).await.map_err(|error| code_of(&error)),
    }
}

fn offsets(core: &Core, partition: &TopicPartition) -> Result<PartitionOffsets> {
    core.directory()?.offsets(partition).map_err(|error| core.error(error))
}

/// The epoch in which the record at an offset was written.
fn epoch_at(core: &Core, partition: &TopicPartition, offset: Offset) -> i32 {
    let found = core.directory().ok().and_then(|directory| directory.epoch_at(partition, offset).ok());
    found.unwrap_or(LeaderEpoch::NONE).0
}

async fn by_time(
    core: &std::sync::Arc<Core>,
    partition: TopicPartition,
    timestamp: i64,
    is_committed: bool,
    offsets: &PartitionOffsets,
) -> Result<ListOffsetsPartitionResponse> {
    let spec = if timestamp == -3 { OffsetSpec::MaxTimestamp } else { OffsetSpec::AtOrAfter(Timestamp(timestamp)) };
    let end = if is_committed { offsets.last_stable } else { offsets.high_watermark };
    let found = {
        let partition = partition.clone();
        core.blocking("offset-by-time", move |core| find(core, &partition, spec)).await?
    };
    Ok(match found.filter(|found| found.offset < end) {
        None => ListOffsetsPartitionResponse::default(),
        Some(found) => ListOffsetsPartitionResponse {
            timestamp: found.timestamp.0,
            offset: found.offset.0,
            leader_epoch: epoch_at(core, &partition, found.offset),
            ..Default::default()
        },
    })
}
