//! ElectLeaders (43), versions 0 to 2: this node leads every partition, so that no election is needed.

use crate::handlers::Context;
use crate::handlers::topic_ref::find_topic;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::elect_leaders_request::ElectLeadersRequest;
use log_wire::messages::elect_leaders_response::{ElectLeadersResponse, PartitionResult, ReplicaElectionResult};
use uuid::Uuid;

/// The preferred replica, or any at all.
const ELECTION_TYPES: [i8; 2] = [0, 1];

pub(super) async fn handle<'a>(context: &Context, request: ElectLeadersRequest<'a>) -> ElectLeadersResponse<'a> {
    if let Err(code) = context.authorize_cluster(AclOperation::Alter) {
        return ElectLeadersResponse { error_code: code.as_i16(), ..ElectLeadersResponse::default() };
    }
    if !ELECTION_TYPES.contains(&request.election_type) {
        return ElectLeadersResponse { error_code: KafkaCode::InvalidRequest.as_i16(), ..ElectLeadersResponse::default() };
    }
    let answer = |topic: &str, index: i32| {
        let found = find_topic(context.core(), topic, Uuid::nil()).and_then(|topic| topic.partition(index));
        let code = found.err().unwrap_or(KafkaCode::ElectionNotNeeded);
        PartitionResult { partition_id: index, error_code: code.as_i16(), error_message: Some(code.message().into()) }
    };
    // Asked for all partitions, only those are named for which there was an election.
    let results = request.topic_partitions.unwrap_or_default().into_iter().map(|topic| ReplicaElectionResult {
        partition_result: topic.partitions.iter().map(|index| answer(&topic.topic, *index)).collect(),
        topic: topic.topic,
    });
    ElectLeadersResponse { replica_election_results: results.collect(), ..ElectLeadersResponse::default() }
}
