//! DescribeConfigs (32), versions 1 to 4: configurations with the sources of their values. Source: `ConfigHelper`.

use crate::handlers::Context;
use crate::handlers::client_metrics_config;
use crate::handlers::config_resource::{ConfigResource, resource_type};
use crate::handlers::config_store::{CLIENT_METRICS, Entries};
use crate::handlers::config_view::{Described, TopicView, describe_broker, describe_cluster_default, describe_group};
use crate::handlers::once::once;
use crate::handlers::refusal::{Refusal, error_fields};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use log_wire::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many entries one answer shows of what needs not exist to be shown: groups, client metrics, and nodes under other spellings of a number.
const INVENTED_ENTRIES_MAX: usize = 100_000;

pub(super) async fn handle<'a>(context: &Context, request: DescribeConfigsRequest<'a>) -> DescribeConfigsResponse<'a> {
    let (with_synonyms, with_documentation) = (request.include_synonyms, request.include_documentation);
    let mut room = INVENTED_ENTRIES_MAX;
    let answer = |resource: DescribeConfigsResource<'a>| {
        let outcome = describe(context, &resource, &mut room);
        let (error_code, error_message) = error_fields(&outcome);
        let configs = outcome.unwrap_or_default().into_iter().map(|entry| config(entry, with_synonyms, with_documentation));
        DescribeConfigsResult {
            error_code,
            error_message,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name,
            configs: configs.collect(),
        }
    };
    let resources = once(request.resources, |resource| (resource.resource_type, resource.resource_name.clone()));
    DescribeConfigsResponse { results: resources.map(answer).collect(), ..DescribeConfigsResponse::default() }
}

fn describe(context: &Context, resource: &DescribeConfigsResource<'_>, room: &mut usize) -> Result<Vec<Described>, Refusal> {
    let broker = context.broker();
    if *room == 0 {
        return Err(Refusal::new(KafkaCode::PolicyViolation, "The answer would be too large; ask for fewer resources at once."));
    }
    let mut entries = match ConfigResource::find(context, AclOperation::DescribeConfigs, resource.resource_type, &resource.resource_name)? {
        ConfigResource::Topic(name) => TopicView::new(broker, &context.core().topics.topic(&name)?.config).describe(),
        ConfigResource::Broker => describe_broker(broker),
        ConfigResource::AllBrokers => describe_cluster_default(broker),
        ConfigResource::BrokerLogger => Vec::new(),
        ConfigResource::Group(name) => describe_group(broker, &name),
        ConfigResource::ClientMetrics(name) => {
            let entries: Entries = context.core().settings.get(&format!("{CLIENT_METRICS}{name}")).unwrap_or_default();
            client_metrics_config::describe(&entries)
        }
    };
    if let Some(keys) = resource.configuration_keys.as_ref().filter(|keys| !keys.is_empty()) {
        let keys: BTreeSet<&str> = keys.iter().map(|key| &**key).collect();
        entries.retain(|entry| keys.contains(entry.name.as_str()));
    }
    if resource.resource_type != resource_type::TOPIC {
        *room = room.saturating_sub(entries.len());
    }
    Ok(entries)
}

fn config(entry: Described, with_synonyms: bool, with_documentation: bool) -> DescribeConfigsResourceResult<'static> {
    let config_source = entry.source();
    let synonyms = entry.synonyms.into_iter().filter(|_| with_synonyms).map(|synonym| DescribeConfigsSynonym {
        name: synonym.name.into(),
        value: synonym.value.map(Cow::Owned),
        source: synonym.source,
    });
    DescribeConfigsResourceResult {
        name: entry.name.into(),
        value: entry.value.map(Cow::Owned),
        read_only: entry.read_only,
        config_source,
        is_sensitive: entry.is_sensitive,
        synonyms: synonyms.collect(),
        config_type: entry.config_type,
        documentation: with_documentation.then(|| entry.documentation.into()),
    }
}
