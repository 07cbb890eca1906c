//! AlterConfigs (33), versions 0 to 2: replaces whole configurations; entries that are not named lose what was set.

use crate::handlers::Context;
use crate::handlers::config_change::{ConfigChange, EntryChange, change_config};
use crate::handlers::config_resource::ConfigResource;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use log_model::acl::AclOperation;
use log_wire::messages::alter_configs_request::{AlterConfigsRequest, AlterConfigsResource};
use log_wire::messages::alter_configs_response::{AlterConfigsResourceResponse, AlterConfigsResponse};

pub(super) async fn handle<'a>(context: &Context, request: AlterConfigsRequest<'a>) -> AlterConfigsResponse<'a> {
    let repeated = repeated(request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone())));
    let mut responses = Vec::with_capacity(request.resources.len());
    for resource in request.resources {
        let outcome = match repeated.contains(&(resource.resource_type, resource.resource_name.clone())) {
            true => Err(Refusal::invalid("Each resource must appear at most once.")),
            false => alter(context, &resource, request.validate_only).await,
        };
        let (error_code, error_message) = error_fields(&outcome);
        let AlterConfigsResource { resource_type, resource_name, .. } = resource;
        responses.push(AlterConfigsResourceResponse { error_code, error_message, resource_type, resource_name });
    }
    AlterConfigsResponse { responses, ..AlterConfigsResponse::default() }
}

async fn alter(context: &Context, resource: &AlterConfigsResource<'_>, validate_only: bool) -> Result<(), Refusal> {
    let found = ConfigResource::find(context, AclOperation::AlterConfigs, resource.resource_type, &resource.resource_name)?;
    let mut entries = Vec::with_capacity(resource.configs.len());
    for config in &resource.configs {
        let Some(value) = &config.value else {
            return Err(Refusal::invalid(format!("Null value not supported for : {}", config.name)));
        };
        entries.push((config.name.to_string(), EntryChange::Set(value.to_string())));
    }
    change_config(context, found, ConfigChange { replaces: true, entries }, validate_only).await
}
