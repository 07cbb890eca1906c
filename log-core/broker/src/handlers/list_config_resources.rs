//! ListConfigResources (74), versions 0 and 1: what can be configured, by type (KIP-1142). Version 0 lists subscriptions of client metrics alone.

use crate::handlers::Context;
use crate::handlers::config_resource::resource_type::{BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC};
use crate::handlers::config_store::{self, Entries};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::list_config_resources_request::ListConfigResourcesRequest;
use log_wire::messages::list_config_resources_response::{ConfigResource, ListConfigResourcesResponse};

pub(super) async fn handle(context: &Context, request: ListConfigResourcesRequest) -> ListConfigResourcesResponse<'static> {
    if let Err(code) = context.authorize_cluster(AclOperation::DescribeConfigs) {
        return ListConfigResourcesResponse { error_code: code.as_i16(), ..ListConfigResourcesResponse::default() };
    }
    let known: &[i8] = if context.version == 0 { &[CLIENT_METRICS] } else { &[TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] };
    if !request.resource_types.iter().all(|kind| known.contains(kind)) {
        return ListConfigResourcesResponse {
            error_code: KafkaCode::UnsupportedVersion.as_i16(),
            ..ListConfigResourcesResponse::default()
        };
    }
    let wanted = known.iter().filter(|kind| request.resource_types.is_empty() || request.resource_types.contains(kind));
    let named = |kind: i8| {
        let resource = move |name: String| ConfigResource { resource_name: name.into(), resource_type: kind };
        names(context, kind).into_iter().map(resource)
    };
    let config_resources = wanted.flat_map(|kind| named(*kind)).collect();
    ListConfigResourcesResponse { config_resources, ..ListConfigResourcesResponse::default() }
}

fn names(context: &Context, kind: i8) -> Vec<String> {
    let core = context.core();
    match kind {
        TOPIC => core.topics.names().into_iter().map(String::from).collect(),
        BROKER | BROKER_LOGGER => vec![context.broker().node_id.to_string()],
        GROUP => core.settings.under::<Entries>(config_store::GROUP).into_keys().collect(),
        _ => core.settings.under::<Entries>(config_store::CLIENT_METRICS).into_keys().collect(),
    }
}
