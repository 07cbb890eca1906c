//! CreateAcls (30), versions 1 to 3: keeps who may do what.

use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::{Context, acl_store};
use log_model::acl::{AclBinding, AclEntry, AclOperation, AclPermissionType, PatternType, ResourcePattern, ResourceType};
use log_wire::messages::create_acls_request::{AclCreation, CreateAclsRequest};
use log_wire::messages::create_acls_response::{AclCreationResult, CreateAclsResponse};

pub(super) async fn handle(context: &Context, request: CreateAclsRequest<'_>) -> CreateAclsResponse<'static> {
    let allowed = context.authorize_cluster(AclOperation::Alter).map_err(Refusal::from);
    let checked = request.creations.into_iter().map(|creation| allowed.clone().and_then(|()| binding(creation)));
    let checked: Vec<Result<AclBinding, Refusal>> = checked.collect();
    let good: Vec<AclBinding> = checked.iter().filter_map(|outcome| outcome.clone().ok()).collect();
    let stored = acl_store::add(context.broker(), &good).await.map_err(Refusal::from);
    let results = checked.into_iter().map(|outcome| {
        let (error_code, error_message) = error_fields(&outcome.and_then(|_| stored.clone()));
        AclCreationResult { error_code, error_message }
    });
    CreateAclsResponse { results: results.collect(), ..CreateAclsResponse::default() }
}

fn binding(creation: AclCreation<'_>) -> Result<AclBinding, Refusal> {
    let binding = AclBinding {
        pattern: ResourcePattern {
            resource_type: ResourceType::from_i8(creation.resource_type),
            name: creation.resource_name.into_owned(),
            pattern_type: PatternType::from_i8(creation.resource_pattern_type),
        },
        entry: AclEntry {
            principal: creation.principal.into_owned(),
            host: creation.host.into_owned(),
            operation: AclOperation::from_i8(creation.operation),
            permission: AclPermissionType::from_i8(creation.permission_type),
        },
    };
    match binding.broken_rule() {
        Some(rule) => Err(Refusal::invalid(rule)),
        None => Ok(binding),
    }
}
