//! DescribeAcls (29), versions 1 to 3: the ACLs that a filter means, by resource.

use crate::handlers::acl_wire::FilterParts;
use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::{Context, acl_store};
use log_model::acl::{AclBinding, AclEntry, AclOperation, ResourcePattern};
use log_wire::messages::describe_acls_request::DescribeAclsRequest;
use log_wire::messages::describe_acls_response::{AclDescription, DescribeAclsResource, DescribeAclsResponse};
use std::collections::BTreeMap;

pub(super) async fn handle(context: &Context, request: DescribeAclsRequest<'_>) -> DescribeAclsResponse<'static> {
    let outcome = find(context, request);
    let (error_code, error_message) = error_fields(&outcome);
    let mut by_pattern = BTreeMap::<ResourcePattern, Vec<AclEntry>>::new();
    for binding in outcome.unwrap_or_default() {
        by_pattern.entry(binding.pattern).or_default().push(binding.entry);
    }
    let resources = by_pattern.into_iter().map(|(pattern, entries)| DescribeAclsResource {
        resource_type: pattern.resource_type.as_i8(),
        resource_name: pattern.name.into(),
        pattern_type: pattern.pattern_type.as_i8(),
        acls: entries.into_iter().map(description).collect(),
    });
    DescribeAclsResponse { error_code, error_message, resources: resources.collect(), ..DescribeAclsResponse::default() }
}

fn find(context: &Context, request: DescribeAclsRequest<'_>) -> Result<Vec<AclBinding>, Refusal> {
    context.authorize_cluster(AclOperation::Describe)?;
    let parts = FilterParts {
        resource_type: request.resource_type_filter,
        resource_name: request.resource_name_filter,
        pattern_type: request.pattern_type_filter,
        principal: request.principal_filter,
        host: request.host_filter,
        operation: request.operation,
        permission: request.permission_type,
    };
    let filter = parts.filter()?;
    Ok(acl_store::bindings(context.core()).into_iter().filter(|binding| filter.matches(binding)).collect())
}

fn description(entry: AclEntry) -> AclDescription<'static> {
    AclDescription {
        principal: entry.principal.into(),
        host: entry.host.into(),
        operation: entry.operation.as_i8(),
        permission_type: entry.permission.as_i8(),
    }
}
