//! IncrementalAlterConfigs (44), versions 0 and 1: changes single entries of configurations (KIP-339).

use crate::handlers::Context;
use crate::handlers::config_change::{ConfigChange, EntryChange, ResourceChange, ResourceChanged, change_resources};
use crate::handlers::refusal::Refusal;
use log_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest};
use log_wire::messages::incremental_alter_configs_response::{AlterConfigsResourceResponse, IncrementalAlterConfigsResponse};

pub(super) async fn handle<'a>(context: &Context, request: IncrementalAlterConfigsRequest<'a>) -> IncrementalAlterConfigsResponse<'a> {
    let changed = change_resources(context, request.resources.into_iter().map(change), request.validate_only).await;
    let answer = |ResourceChanged { error_code, error_message, resource_type, resource_name }| AlterConfigsResourceResponse {
        error_code,
        error_message,
        resource_type,
        resource_name,
    };
    IncrementalAlterConfigsResponse { responses: changed.into_iter().map(answer).collect(), ..IncrementalAlterConfigsResponse::default() }
}

fn change(resource: AlterConfigsResource<'_>) -> ResourceChange<'_> {
    let entries = resource.configs.iter().map(entry).collect::<Result<Vec<_>, Refusal>>();
    let change = entries.map(|entries| ConfigChange { replaces: false, entries });
    ResourceChange { resource_type: resource.resource_type, resource_name: resource.resource_name, change }
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
