//! ListPartitionReassignments (46), version 0: nothing moves between the nodes of a cluster of one.

use crate::handlers::Context;
use log_model::acl::AclOperation;
use log_wire::messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use log_wire::messages::list_partition_reassignments_response::ListPartitionReassignmentsResponse;

pub(super) async fn handle(context: &Context, _: ListPartitionReassignmentsRequest<'_>) -> ListPartitionReassignmentsResponse<'static> {
    if let Err(code) = context.authorize_cluster(AclOperation::Describe) {
        let error_message = Some(code.message().into());
        return ListPartitionReassignmentsResponse { error_code: code.as_i16(), error_message, ..ListPartitionReassignmentsResponse::default() };
    }
    ListPartitionReassignmentsResponse { error_message: None, ..ListPartitionReassignmentsResponse::default() }
}
