//! DeleteAcls (31), versions 1 to 3: removes the ACLs that filters mean, and says which those were.

use crate::handlers::acl_wire::FilterParts;
use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::{Context, acl_store};
use log_model::acl::{AclBinding, AclFilter, AclOperation};
use log_wire::messages::delete_acls_request::{DeleteAclsFilter, DeleteAclsRequest};
use log_wire::messages::delete_acls_response::{DeleteAclsFilterResult, DeleteAclsMatchingAcl, DeleteAclsResponse};
use std::collections::BTreeSet;

pub(super) async fn handle(context: &Context, request: DeleteAclsRequest<'_>) -> DeleteAclsResponse<'static> {
    let allowed = context.authorize_cluster(AclOperation::Alter).map_err(Refusal::from);
    let all = acl_store::bindings(context.core());
    // What a filter deletes is gone when the same comes again.
    let mut asked = BTreeSet::new();
    let mut matching = |filter: AclFilter| -> Vec<AclBinding> {
        match asked.insert(filter.clone()) {
            true => all.iter().filter(|binding| filter.matches(binding)).cloned().collect(),
            false => Vec::new(),
        }
    };
    let find = |wanted| allowed.clone().and_then(|()| filter(wanted)).map(&mut matching);
    let found: Vec<Result<Vec<AclBinding>, Refusal>> = request.filters.into_iter().map(find).collect();
    let mut gone: Vec<AclBinding> = found.iter().flatten().flatten().cloned().collect();
    gone.sort_unstable();
    gone.dedup();
    let removed = acl_store::remove(context.broker(), &gone).await.map_err(Refusal::from);
    let results = found.into_iter().map(|outcome| {
        let outcome = outcome.and_then(|found| removed.clone().map(|()| found));
        let (error_code, error_message) = error_fields(&outcome);
        let matching_acls = outcome.unwrap_or_default().into_iter().map(described).collect();
        DeleteAclsFilterResult { error_code, error_message, matching_acls }
    });
    DeleteAclsResponse { filter_results: results.collect(), ..DeleteAclsResponse::default() }
}

fn filter(wanted: DeleteAclsFilter<'_>) -> Result<AclFilter, Refusal> {
    let parts = FilterParts {
        resource_type: wanted.resource_type_filter,
        resource_name: wanted.resource_name_filter,
        pattern_type: wanted.pattern_type_filter,
        principal: wanted.principal_filter,
        host: wanted.host_filter,
        operation: wanted.operation,
        permission: wanted.permission_type,
    };
    parts.filter()
}

fn described(binding: AclBinding) -> DeleteAclsMatchingAcl<'static> {
    DeleteAclsMatchingAcl {
        error_code: 0,
        error_message: None,
        resource_type: binding.pattern.resource_type.as_i8(),
        resource_name: binding.pattern.name.into(),
        pattern_type: binding.pattern.pattern_type.as_i8(),
        principal: binding.entry.principal.into(),
        host: binding.entry.host.into(),
        operation: binding.entry.operation.as_i8(),
        permission_type: binding.entry.permission.as_i8(),
    }
}
