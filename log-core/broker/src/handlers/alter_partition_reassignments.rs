//! AlterPartitionReassignments (45), versions 0 and 1: a partition can be assigned to this node, where it is already, and to no other.

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::replica_assignment::check_replicas;
use crate::handlers::topic_ref::find_topic;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::alter_partition_reassignments_request::{AlterPartitionReassignmentsRequest, ReassignablePartition};
use log_wire::messages::alter_partition_reassignments_response::{
    AlterPartitionReassignmentsResponse, ReassignablePartitionResponse, ReassignableTopicResponse,
};
use uuid::Uuid;

pub(super) async fn handle<'a>(
    context: &Context,
    request: AlterPartitionReassignmentsRequest<'a>,
) -> AlterPartitionReassignmentsResponse<'a> {
    if let Err(code) = context.authorize_cluster(AclOperation::Alter) {
        return AlterPartitionReassignmentsResponse { error_code: code.as_i16(), error_message: Some(code.message().into()), ..AlterPartitionReassignmentsResponse::default() };
    }
    let answer = |topic: &str, wanted: &ReassignablePartition| {
        let (error_code, error_message) = error_fields(&reassign(context, topic, wanted));
        ReassignablePartitionResponse { partition_index: wanted.partition_index, error_code, error_message }
    };
    let responses = request.topics.into_iter().map(|topic| ReassignableTopicResponse {
        partitions: topic.partitions.iter().map(|wanted| answer(&topic.name, wanted)).collect(),
        name: topic.name,
    });
    AlterPartitionReassignmentsResponse {
        allow_replication_factor_change: request.allow_replication_factor_change,
        error_message: None,
        responses: responses.collect(),
        ..AlterPartitionReassignmentsResponse::default()
    }
}

fn reassign(context: &Context, topic: &str, wanted: &ReassignablePartition) -> Result<(), Refusal> {
    find_topic(context.core(), topic, Uuid::nil())?.partition(wanted.partition_index)?;
    match &wanted.replicas {
        None => Err(KafkaCode::NoReassignmentInProgress.into()),
        Some(brokers) => check_replicas(context.broker().node_id, brokers),
    }
}
