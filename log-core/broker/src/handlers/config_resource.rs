//! What can be configured: topics, nodes, groups, subscriptions of client metrics (Kafka's `ConfigResource`).

use crate::handlers::Context;
use crate::handlers::refusal::Refusal;
use crate::handlers::topic_ref::find_topic;
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, TopicName};
use uuid::Uuid;

/// The numbers of the types on the wire.
pub(super) mod resource_type {
    pub(in crate::handlers) const TOPIC: i8 = 2;
    pub(in crate::handlers) const BROKER: i8 = 4;
    pub(in crate::handlers) const BROKER_LOGGER: i8 = 8;
    pub(in crate::handlers) const CLIENT_METRICS: i8 = 16;
    pub(in crate::handlers) const GROUP: i8 = 32;
}

/// Something that can be configured here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConfigResource {
    Topic(TopicName),
    /// This node.
    Broker,
    /// All nodes of the cluster.
    AllBrokers,
    /// The loggers of this node, of which clients can change none.
    BrokerLogger,
    Group(String),
    ClientMetrics(String),
}

impl ConfigResource {
    /// What a request names, if its client may. Errors: it may not, an unknown type, another node, a missing name, a topic that does not exist.
    pub(super) fn find(context: &Context, operation: AclOperation, kind: i8, name: &str) -> Result<ConfigResource, Refusal> {
        authorize(context, operation, kind, name)?;
        let named = |what: &str| match name {
            "" => Err(Refusal::invalid(format!("{what} must not be empty."))),
            _ => Ok(name.to_owned()),
        };
        match kind {
            resource_type::TOPIC => {
                let name = TopicName::new(name)?;
                match find_topic(context.core(), name.as_str(), Uuid::nil()) {
                    Ok(topic) => Ok(ConfigResource::Topic(topic.name)),
                    Err(code) => Err(Refusal::new(code, format!("The topic '{name}' does not exist."))),
                }
            }
            resource_type::BROKER if name.is_empty() => Ok(ConfigResource::AllBrokers),
            resource_type::BROKER => check_node(context, name).map(|()| ConfigResource::Broker),
            resource_type::BROKER_LOGGER => check_node(context, name).map(|()| ConfigResource::BrokerLogger),
            resource_type::GROUP => named("Group name").map(ConfigResource::Group),
            resource_type::CLIENT_METRICS => named("Client metrics subscription name").map(ConfigResource::ClientMetrics),
            _ => Err(Refusal::invalid(format!("Unsupported resource type: {kind}"))),
        }
    }
}

fn authorize(context: &Context, operation: AclOperation, kind: i8, name: &str) -> Result<(), KafkaCode> {
    match kind {
        resource_type::TOPIC => context.authorize(operation, ResourceType::Topic, name),
        resource_type::GROUP => context.authorize(operation, ResourceType::Group, name),
        resource_type::BROKER | resource_type::BROKER_LOGGER | resource_type::CLIENT_METRICS => context.authorize_cluster(operation),
        _ => Ok(()),
    }
}

fn check_node(context: &Context, name: &str) -> Result<(), Refusal> {
    let expected = context.broker().node_id;
    match name.parse::<i32>() {
        Ok(id) if id == expected => Ok(()),
        Ok(id) => Err(Refusal::invalid(format!("Unexpected broker id, expected {expected} or empty string, but received {id}"))),
        Err(_) => Err(Refusal::new(KafkaCode::InvalidRequest, format!("Broker id must be an integer, but it is: {name}"))),
    }
}
