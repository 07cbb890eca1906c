//! Metadata (3), versions 0 to 13: brokers, topics and who leads their partitions. Makes missing topics if both sides want it.

use crate::handlers::partition_view::{PartitionView, partition_views};
use crate::handlers::topic_ref::allowed_topic;
use crate::handlers::{Context, code_of, operations};
use crate::node::topic_changes::create;
use crate::node::topics::{TopicEntry, is_internal};
use log_client::{Error, NewTopic};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, TopicConfig, TopicName};
use log_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use log_wire::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) async fn handle(context: &Context, request: MetadataRequest<'_>) -> MetadataResponse<'static> {
    let broker = context.broker();
    let mut topics = Vec::new();
    match request.topics.filter(|topics| context.version > 0 || !topics.is_empty()) {
        None => {
            let names = context.core().topics.names();
            let visible = names.iter().filter(|name| context.allows(AclOperation::Describe, ResourceType::Topic, name.as_str()));
            topics.extend(visible.filter_map(|name| described(context, name)));
        }
        Some(wanted) => {
            // As in Kafka a topic is answered once, however often it is named.
            let mut seen = BTreeSet::new();
            for topic in wanted.into_iter().filter(|topic| seen.insert((topic.name.clone(), topic.topic_id))) {
                topics.push(answer(context, topic, request.allow_auto_topic_creation || context.version < 4).await);
            }
        }
    }
    for topic in &mut topics {
        let asked = request.include_topic_authorized_operations && topic.error_code == 0;
        topic.topic_authorized_operations = match &topic.name {
            Some(name) if asked => operations::allowed(context, ResourceType::Topic, name),
            _ => operations::UNKNOWN,
        };
    }
    let node = MetadataResponseBroker {
        node_id: broker.node_id,
        host: broker.advertised.host.clone().into(),
        port: i32::from(broker.advertised.port),
        rack: broker.config().broker_rack.clone().map(Cow::Owned),
    };
    MetadataResponse {
        brokers: vec![node],
        cluster_id: Some(broker.cluster_id.clone().into()),
        controller_id: broker.node_id,
        topics,
        cluster_authorized_operations: match request.include_cluster_authorized_operations {
            true => operations::of_cluster(context),
            false => operations::UNKNOWN,
        },
        ..MetadataResponse::default()
    }
}

async fn answer(context: &Context, wanted: MetadataRequestTopic<'_>, may_create: bool) -> MetadataResponseTopic<'static> {
    // Versions 10 and 11 carry an id that has no meaning yet.
    let id = if context.version >= 12 { wanted.topic_id } else { Uuid::nil() };
    let text = wanted.name.as_deref().unwrap_or_default();
    if id.is_nil()
        && let Ok(name) = TopicName::new(text)
    {
        return by_name(context, name, may_create).await;
    }
    if id.is_nil() {
        return refused(KafkaCode::InvalidTopic, Some(text), id);
    }
    match allowed_topic(context, AclOperation::Describe, "", id) {
        Ok(topic) => describe(context, &topic.name, &topic.entry),
        Err(code) => refused(code, None, id),
    }
}

async fn by_name(context: &Context, name: TopicName, may_create: bool) -> MetadataResponseTopic<'static> {
    if let Err(code) = context.authorize(AclOperation::Describe, ResourceType::Topic, name.as_str()) {
        return refused(code, Some(name.as_str()), Uuid::nil());
    }
    if let Some(topic) = described(context, &name) {
        return topic;
    }
    let config = context.broker().config();
    if !may_create || !config.auto_create_topics_enable {
        return refused(KafkaCode::UnknownTopicOrPartition, Some(name.as_str()), Uuid::nil());
    }
    if let Err(code) = context.authorize_creation(name.as_str()) {
        return refused(code, Some(name.as_str()), Uuid::nil());
    }
    let topic = NewTopic { name: name.clone(), partition_count: config.num_partitions, config: TopicConfig::default() };
    match context.core().blocking("auto-create-topic", move |core| create(core, topic)).await {
        // Another client may have been quicker.
        Ok(_) | Err(Error::TopicExists { .. }) => described(context, &name)
            .unwrap_or_else(|| refused(KafkaCode::UnknownTopicOrPartition, Some(name.as_str()), Uuid::nil())),
        Err(error) => {
            tracing::warn!(topic = %name, %error, "a missing topic could not be made");
            refused(code_of(&error), Some(name.as_str()), Uuid::nil())
        }
    }
}

fn described(context: &Context, name: &TopicName) -> Option<MetadataResponseTopic<'static>> {
    let entry = context.core().topics.topic(name).ok()?;
    Some(describe(context, name, &entry))
}

fn describe(context: &Context, name: &TopicName, entry: &TopicEntry) -> MetadataResponseTopic<'static> {
    let partition = |view: PartitionView| MetadataResponsePartition {
        partition_index: view.index,
        leader_id: view.leader_id,
        leader_epoch: view.leader_epoch,
        replica_nodes: view.replicas(),
        isr_nodes: view.replicas(),
        ..MetadataResponsePartition::default()
    };
    MetadataResponseTopic {
        name: Some(name.as_str().to_owned().into()),
        topic_id: entry.id.0,
        is_internal: is_internal(name),
        partitions: partition_views(context, name, 0..entry.partition_count).map(partition).collect(),
        ..MetadataResponseTopic::default()
    }
}

fn refused(code: KafkaCode, name: Option<&str>, id: Uuid) -> MetadataResponseTopic<'static> {
    MetadataResponseTopic {
        error_code: code.as_i16(),
        name: name.map(|name| name.to_owned().into()),
        topic_id: id,
        ..MetadataResponseTopic::default()
    }
}
