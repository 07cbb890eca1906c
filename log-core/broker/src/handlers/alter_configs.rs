//! AlterConfigs (33), versions 0 to 2: replaces whole configurations; entries that are not named lose what was set.

use crate::handlers::Context;
use crate::handlers::config_change::{ConfigChange, EntryChange, ResourceChange, ResourceChanged, change_resources};
use crate::handlers::refusal::Refusal;
use log_wire::messages::alter_configs_request::{AlterConfigsRequest, AlterConfigsResource, AlterableConfig};
use log_wire::messages::alter_configs_response::{AlterConfigsResourceResponse, AlterConfigsResponse};

pub(super) async fn handle<'a>(context: &Context, request: AlterConfigsRequest<'a>) -> AlterConfigsResponse<'a> {
    let changed = change_resources(context, request.resources.into_iter().map(change), request.validate_only).await;
    let answer = |ResourceChanged { error_code, error_message, resource_type, resource_name }| AlterConfigsResourceResponse {
        error_code,
        error_message,
        resource_type,
        resource_name,
    };
    AlterConfigsResponse { responses: changed.into_iter().map(answer).collect(), ..AlterConfigsResponse::default() }
}

fn change(resource: AlterConfigsResource<'_>) -> ResourceChange<'_> {
    let entries = resource.configs.iter().map(entry).collect::<Result<Vec<_>, Refusal>>();
    let change = entries.map(|entries| ConfigChange { replaces: true, entries });
    ResourceChange { resource_type: resource.resource_type, resource_name: resource.resource_name, change }
}

fn entry(config: &AlterableConfig<'_>) -> Result<(String, EntryChange), Refusal> {
    match &config.value {
        Some(value) => Ok((config.name.to_string(), EntryChange::Set(value.to_string()))),
        None => Err(Refusal::invalid(format!("Null value not supported for : {}", config.name))),
    }
}
