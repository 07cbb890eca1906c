//! ListPartitionReassignments (46), version 0: nothing moves between the nodes of a cluster of one.

use crate::handlers::Context;
use log_wire::messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use log_wire::messages::list_partition_reassignments_response::ListPartitionReassignmentsResponse;

pub(super) async fn handle(_: &Context, _: ListPartitionReassignmentsRequest<'_>) -> ListPartitionReassignmentsResponse<'static> {
    ListPartitionReassignmentsResponse { error_message: None, ..ListPartitionReassignmentsResponse::default() }
}
