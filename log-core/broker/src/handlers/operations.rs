//! The operations a client may perform, as Kafka's bit fields: a bit for the number of each `AclOperation`.

use crate::handlers::Context;
use log_model::acl::{AclOperation, CLUSTER_NAME, ResourceType};

/// Asked for nothing, or not asked.
pub(super) const UNKNOWN: i32 = i32::MIN;

/// What the client may do to a thing, of all that makes sense for its type.
pub(super) fn allowed(context: &Context, resource_type: ResourceType, name: &str) -> i32 {
    let operations = resource_type.operations().iter().filter(|operation| context.allows(**operation, resource_type, name));
    operations.fold(0, |bits, operation| bits | 1 << operation.as_i8())
}

/// What the client may do to the cluster; nothing, if it may not even see it.
pub(super) fn of_cluster(context: &Context) -> i32 {
    match context.allows_cluster(AclOperation::Describe) {
        true => allowed(context, ResourceType::Cluster, CLUSTER_NAME),
        false => 0,
    }
}
