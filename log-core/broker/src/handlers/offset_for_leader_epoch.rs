//! OffsetForLeaderEpoch (23), versions 2 to 4: where the records of an epoch end, so that clients notice what a new leader does not have
//! (KIP-101, KIP-320). Source: `LeaderEpochFileCache.endOffsetFor`.

use crate::handlers::topic_ref::{check_leader_epoch, find_topic};
use crate::handlers::{Context, code_of};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, LeaderEpoch};
use log_wire::messages::offset_for_leader_epoch_request::{OffsetForLeaderEpochRequest, OffsetForLeaderPartition};
use log_wire::messages::offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult};
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: OffsetForLeaderEpochRequest<'a>) -> OffsetForLeaderEpochResponse<'a> {
    let answer = |topic: &str, wanted: &OffsetForLeaderPartition| {
        let (error_code, (leader_epoch, end_offset)) = match end_offset(context, topic, wanted) {
            Ok(end) => (KafkaCode::None, end),
            Err(code) => (code, UNDEFINED),
        };
        EpochEndOffset { error_code: error_code.as_i16(), partition: wanted.partition, leader_epoch, end_offset }
    };
    let topics = request.topics.into_iter().map(|topic| OffsetForLeaderTopicResult {
        partitions: topic.partitions.iter().map(|wanted| answer(&topic.topic, wanted)).collect(),
        topic: topic.topic,
    });
    OffsetForLeaderEpochResponse { topics: topics.collect(), ..OffsetForLeaderEpochResponse::default() }
}

/// No such epoch here.
const UNDEFINED: (i32, i64) = (-1, -1);

fn end_offset(context: &Context, topic: &str, wanted: &OffsetForLeaderPartition) -> Result<(i32, i64), KafkaCode> {
    let core = context.core();
    // Made for nodes among themselves; consumers came later (KIP-320).
    if !context.allows_cluster(AclOperation::ClusterAction) {
        context.authorize(AclOperation::Describe, ResourceType::Topic, topic)?;
    }
    let partition = find_topic(core, topic, Uuid::nil())?.partition(wanted.partition)?;
    let directory = core.directory().map_err(|error| code_of(&error))?;
    let failed = |error| code_of(&core.error(error));
    let offsets = directory.offsets(&partition).map_err(failed)?;
    check_leader_epoch(wanted.current_leader_epoch, offsets.leader_epoch)?;
    let epoch = wanted.leader_epoch;
    if epoch == offsets.leader_epoch.0 {
        return Ok((epoch, offsets.high_watermark.0));
    }
    if !(0..offsets.leader_epoch.0).contains(&epoch) {
        return Ok(UNDEFINED);
    }
    let found = directory.end_offset_for_epoch(&partition, LeaderEpoch(epoch)).map_err(failed)?;
    Ok(match found {
        Some((epoch, end)) => (epoch.0, end.0),
        // Older than all records: whatever the client has of that epoch is not here.
        None => (epoch, offsets.log_start.0),
    })
}
