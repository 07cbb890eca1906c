//! Configurations with their origin (DescribeConfigs, IncrementalAlterConfigs).

use crate::call::Call;
use crate::error::check;
use crate::nodes::Node;
use crate::{ClusterAdmin, Result};
use log_wire::messages::describe_configs_request::DescribeConfigsResource;
use log_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use log_wire::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use std::fmt;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const GROUP: i8 = 32;
const SET: i8 = 0;
const DELETE: i8 = 1;

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigResource {
    /// A topic.
    Topic(String),
    /// A node, by id.
    Broker(i32),
    /// All nodes, where they do not say otherwise themselves.
    BrokerDefault,
    /// A group.
    Group(String),
}

impl ConfigResource {
    fn parts(&self) -> (i8, String) {
        match self {
            ConfigResource::Topic(name) => (TOPIC, name.clone()),
            ConfigResource::Broker(id) => (BROKER, id.to_string()),
            ConfigResource::BrokerDefault => (BROKER, String::new()),
            ConfigResource::Group(name) => (GROUP, name.clone()),
        }
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigResource::Topic(name) => write!(f, "topic {name}"),
            ConfigResource::Broker(id) => write!(f, "node {id}"),
            ConfigResource::BrokerDefault => f.write_str("the nodes' default"),
            ConfigResource::Group(name) => write!(f, "group {name}"),
        }
    }
}

/// Where a value comes from: Kafka's numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigSource(i8);

impl ConfigSource {
    /// The names in the order of the numbers.
    const NAMES: [&str; 9] = [
        "UNKNOWN",
        "DYNAMIC_TOPIC_CONFIG",
        "DYNAMIC_BROKER_CONFIG",
        "DYNAMIC_DEFAULT_BROKER_CONFIG",
        "STATIC_BROKER_CONFIG",
        "DEFAULT_CONFIG",
        "DYNAMIC_BROKER_LOGGER_CONFIG",
        "DYNAMIC_CLIENT_METRICS_CONFIG",
        "DYNAMIC_GROUP_CONFIG",
    ];

    /// Kafka's name.
    pub fn name(self) -> &'static str {
        usize::try_from(self.0).ok().and_then(|number| Self::NAMES.get(number).copied()).unwrap_or(Self::NAMES[0])
    }

    /// Whether it was set for the resource itself while the cluster ran.
    pub fn is_own_of(self, resource: &ConfigResource) -> bool {
        self.name()
            == match resource {
                ConfigResource::Topic(_) => "DYNAMIC_TOPIC_CONFIG",
                ConfigResource::Broker(_) => "DYNAMIC_BROKER_CONFIG",
                ConfigResource::BrokerDefault => "DYNAMIC_DEFAULT_BROKER_CONFIG",
                ConfigResource::Group(_) => "DYNAMIC_GROUP_CONFIG",
            }
    }
}

/// An entry of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its key.
    pub name: String,
    /// Its value; none if it has none or is not shown.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// It is a secret.
    pub is_sensitive: bool,
    /// Where else a value is, the strongest first: source, key there, value.
    pub synonyms: Vec<(ConfigSource, String, Option<String>)>,
}

/// A change of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its key.
    pub name: String,
    /// Its value; none takes back what was set.
    pub value: Option<String>,
}

impl ClusterAdmin {
    /// All entries of a configuration, in the server's order.
    pub async fn describe_config(&self, resource: &ConfigResource) -> Result<Vec<ConfigEntry>> {
        let (resource_type, name) = resource.parts();
        let asked = DescribeConfigsResource { resource_type, resource_name: name.into(), configuration_keys: None };
        let request = DescribeConfigsRequest { resources: vec![asked], include_synonyms: true, ..Default::default() };
        let call = self.call();
        // Only the node itself knows what it was started with.
        let answer = match resource {
            ConfigResource::Broker(id) => call.ask_node(&call.node(*id).await?, &request).await?,
            _ => call.ask_any(&request).await?,
        };
        let response = answer.read()?;
        let mut entries = Vec::new();
        for result in &response.results {
            check(result.error_code, result.error_message.as_deref(), || format!("the configuration of {resource} was not described"))?;
            entries.extend(result.configs.iter().map(|entry| {
                ConfigEntry {
                    name: entry.name.to_string(),
                    value: entry.value.as_ref().map(ToString::to_string),
                    source: ConfigSource(entry.config_source),
                    is_sensitive: entry.is_sensitive,
                    synonyms: entry
                        .synonyms
                        .iter()
                        .map(|one| (ConfigSource(one.source), one.name.to_string(), one.value.as_ref().map(ToString::to_string)))
                        .collect(),
                }
            }));
        }
        Ok(entries)
    }

    /// Changes entries of a configuration: all of them or none.
    pub async fn alter_config(&self, resource: &ConfigResource, changes: &[ConfigChange]) -> Result<()> {
        let (resource_type, name) = resource.parts();
        let change = |change: &ConfigChange| AlterableConfig {
            name: change.name.clone().into(),
            config_operation: if change.value.is_some() { SET } else { DELETE },
            value: change.value.clone().map(Into::into),
        };
        let configs = changes.iter().map(change).collect();
        let altered = AlterConfigsResource { resource_type, resource_name: name.into(), configs };
        let request = IncrementalAlterConfigsRequest { resources: vec![altered], ..Default::default() };
        let call = self.call();
        let answer = match resource {
            ConfigResource::Broker(id) => call.ask_node(&call.node(*id).await?, &request).await?,
            _ => call.ask_any(&request).await?,
        };
        let response = answer.read()?;
        response.responses.iter().try_for_each(|result| {
            let what = || format!("the configuration of {resource} was not changed");
            check(result.error_code, result.error_message.as_deref(), what)
        })
    }
}

impl Call<'_> {
    async fn node(&self, id: i32) -> Result<Node> {
        let found = self.describe_cluster().await?.nodes.into_iter().find(|node| node.id == id);
        found.ok_or_else(|| crate::Error::Invalid { reason: format!("the cluster has no node {id}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_kafkas_names() {
        for (number, name) in
            [(1, "DYNAMIC_TOPIC_CONFIG"), (5, "DEFAULT_CONFIG"), (8, "DYNAMIC_GROUP_CONFIG"), (9, "UNKNOWN"), (-1, "UNKNOWN")]
        {
            assert_eq!(ConfigSource(number).name(), name);
        }
        let topic = ConfigResource::Topic("t".into());
        assert!(ConfigSource(1).is_own_of(&topic) && !ConfigSource(5).is_own_of(&topic) && !ConfigSource(8).is_own_of(&topic));
    }
}
