//! IncrementalAlterConfigs (44), versions 0 and 1: changes single entries of configurations (KIP-339).

use crate::handlers::Context;
use crate::handlers::config_change::{ConfigChange, EntryChange, change_config};
use crate::handlers::config_resource::ConfigResource;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use log_model::acl::AclOperation;
use log_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest};
use log_wire::messages::incremental_alter_configs_response::{AlterConfigsResourceResponse, IncrementalAlterConfigsResponse};

pub(super) async fn handle<'a>(context: &Context, request: IncrementalAlterConfigsRequest<'a>) -> IncrementalAlterConfigsResponse<'a> {
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
    IncrementalAlterConfigsResponse { responses, ..IncrementalAlterConfigsResponse::default() }
}

async fn alter(context: &Context, resource: &AlterConfigsResource<'_>, validate_only: bool) -> Result<(), Refusal> {
    let found = ConfigResource::find(context, AclOperation::AlterConfigs, resource.resource_type, &resource.resource_name)?;
    let entries = resource.configs.iter().map(entry).collect::<Result<Vec<_>, Refusal>>()?;
    change_config(context, found, ConfigChange { replaces: false, entries }, validate_only).await
}

fn entry(config: &AlterableConfig<'_>) -> Result<(String, EntryChange), Refusal> {
    let value = || match &config.value {
        Some(value) => Ok(value.to_string()),
        None => Err(Refusal::invalid(format!("Null value not supported for : {}", config.name))),
    };
    let change = match config.config_operation {
        0 => EntryChange::Set(value()?),
        1 => EntryChange::Delete,
        2 => EntryChange::Append(value()?),
        3 => EntryChange::Subtract(value()?),
        other => return Err(Refusal::invalid(format!("Unknown operation type {other} for {}", config.name))),
    };
    Ok((config.name.to_string(), change))
}
