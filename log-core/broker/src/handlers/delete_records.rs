//! DeleteRecords (21), versions 0 to 2: lets go of the oldest records of partitions. Offset -1 means all there are.

use crate::handlers::topic_ref::allowed_topic;
use crate::handlers::{Context, code_of};
use crate::node::topic_changes::delete_records;
use crate::node::topics::is_internal;
use log_model::acl::AclOperation;
use log_model::{KafkaCode, Offset};
use log_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsRequest};
use log_wire::messages::delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsResponse, DeleteRecordsTopicResult};
use uuid::Uuid;

/// Stands for the high watermark.
const HIGH_WATERMARK: i64 = -1;
/// What a refused partition answers.
const NO_OFFSET: i64 = -1;

pub(super) async fn handle<'a>(context: &Context, request: DeleteRecordsRequest<'a>) -> DeleteRecordsResponse<'a> {
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for wanted in topic.partitions {
            let outcome = delete(context, &topic.name, &wanted).await;
            partitions.push(DeleteRecordsPartitionResult {
                partition_index: wanted.partition_index,
                low_watermark: outcome.map_or(NO_OFFSET, |offset| offset.0),
                error_code: outcome.err().unwrap_or(KafkaCode::None).as_i16(),
            });
        }
        topics.push(DeleteRecordsTopicResult { name: topic.name, partitions });
    }
    DeleteRecordsResponse { topics, ..DeleteRecordsResponse::default() }
}

async fn delete(context: &Context, name: &str, wanted: &DeleteRecordsPartition) -> Result<Offset, KafkaCode> {
    let core = context.core();
    let topic = allowed_topic(context, AclOperation::Delete, name, Uuid::nil())?;
    let partition = topic.partition(wanted.partition_index)?;
    if is_internal(&topic.name) {
        return Err(KafkaCode::InvalidTopic);
    }
    let policy = topic.entry.config.cleanup_policy;
    if policy.compacts() && !policy.deletes() {
        return Err(KafkaCode::PolicyViolation);
    }
    let before = match wanted.offset {
        HIGH_WATERMARK => {
            let offsets = core.directory().and_then(|directory| directory.offsets(&partition).map_err(|error| core.error(error)));
            offsets.map_err(|error| code_of(&error))?.high_watermark
        }
        offset => Offset(offset),
    };
    core.blocking("delete-records", move |core| delete_records(core, &partition, before)).await.map_err(|error| code_of(&error))
}
