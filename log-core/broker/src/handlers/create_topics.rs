//! CreateTopics (19), versions 2 to 7: new topics with their partitions and configuration. Source: `ReplicationControlManager.createTopic`.

use crate::handlers::config_view::{Described, TopicView};
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::replica_assignment::check_replicas;
use crate::handlers::{Context, code_of};
use crate::node::topic_changes::create;
use crate::node::topics::{CLUSTER_METADATA_TOPIC, is_internal};
use log_client::local::PARTITIONS_MAX;
use log_client::{Error, NewTopic};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{BrokerConfig, KafkaCode, TopicConfig, TopicName};
use log_wire::messages::create_topics_request::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use log_wire::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A topic that was made, or would have been.
struct Created {
    id: Uuid,
    partition_count: i32,
    configs: Vec<Described>,
}

pub(super) async fn handle<'a>(context: &Context, request: CreateTopicsRequest<'a>) -> CreateTopicsResponse<'a> {
    let repeated = repeated(request.topics.iter().map(|topic| topic.name.clone()));
    let is_excessive = has_excessive_partitions(&request.topics, context.broker().config().num_partitions);
    let mut answered = BTreeSet::new();
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        if !answered.insert(topic.name.clone()) {
            continue;
        }
        let outcome = match repeated.contains(&topic.name) {
            _ if is_excessive => Err(Refusal::new(KafkaCode::PolicyViolation, "Excessively large number of partitions per request.")),
            true => Err(Refusal::invalid("Duplicate topic name.")),
            false => create_one(context, &topic, request.validate_only).await,
        };
        let sees_configs = context.authorize(AclOperation::DescribeConfigs, ResourceType::Topic, &topic.name);
        topics.push(answer(topic.name, outcome, sees_configs));
    }
    CreateTopicsResponse { topics, ..CreateTopicsResponse::default() }
}

/// Whether a request asks for more partitions, over all its topics, than Kafka takes at once.
fn has_excessive_partitions(topics: &[CreatableTopic<'_>], default: i32) -> bool {
    let count = |topic: &CreatableTopic<'_>| match (topic.assignments.len(), topic.num_partitions) {
        (0, -1) => i64::from(default),
        (0, count) => i64::from(count.max(0)),
        (assigned, _) => i64::try_from(assigned).unwrap_or(i64::MAX),
    };
    topics.iter().map(count).fold(0, i64::saturating_add) > i64::from(PARTITIONS_MAX)
}

async fn create_one(context: &Context, topic: &CreatableTopic<'_>, validate_only: bool) -> Result<Created, Refusal> {
    let broker = context.broker();
    let defaults = broker.config();
    context.authorize_creation(&topic.name)?;
    let name = TopicName::new(&topic.name)?;
    check_name(context, &name)?;
    let own = own_config(&topic.configs)?;
    let partition_count = match topic.assignments.as_slice() {
        [] => partition_count(topic, &defaults)?,
        assignments => assigned_partitions(topic, assignments, broker.node_id)?,
    };
    let config = own.over(&context.core().topics.defaults());
    config.validate_kafka()?;
    if validate_only {
        return Ok(Created { id: Uuid::nil(), partition_count, configs: TopicView::new(broker, &config).describe() });
    }
    let new = NewTopic { name, partition_count, config: own };
    let created = context.core().blocking("create-topic", move |core| create(core, new)).await.map_err(|error| match &error {
        Error::TopicExists { topic } => exists(topic),
        _ => Refusal::new(code_of(&error), error.to_string()),
    })?;
    Ok(Created { id: created.id.0, partition_count, configs: TopicView::new(broker, &created.config).describe() })
}

fn exists(name: &TopicName) -> Refusal {
    Refusal::new(KafkaCode::TopicAlreadyExists, format!("Topic '{name}' already exists."))
}

/// Names that differ in points and underscores alone would be one in metrics.
fn check_name(context: &Context, name: &TopicName) -> Result<(), Refusal> {
    let topics = &context.core().topics;
    if is_internal(name) || topics.topic(name).is_ok() {
        return Err(exists(name));
    }
    if name.as_str() == CLUSTER_METADATA_TOPIC {
        return Err(Refusal::new(KafkaCode::TopicAuthorizationFailed, format!("Creation of internal topic {name} is prohibited.")));
    }
    let as_metric = |name: &TopicName| name.as_str().replace('.', "_");
    if !name.as_str().contains(['.', '_']) {
        return Ok(());
    }
    let wanted = as_metric(name);
    match topics.names().iter().find(|other| as_metric(other) == wanted) {
        Some(other) => Err(Refusal::new(KafkaCode::InvalidTopic, format!("Topic '{name}' collides with existing topic: {other}"))),
        None => Ok(()),
    }
}

/// What was set for the topic itself.
fn own_config(entries: &[CreatableTopicConfig<'_>]) -> Result<TopicConfig, Refusal> {
    let mut config = TopicConfig::default();
    for entry in entries {
        let value = entry
            .value
            .as_deref()
            .ok_or_else(|| Refusal::new(KafkaCode::InvalidConfig, format!("Null value not supported for topic configs: {}", entry.name)))?;
        config.set(&entry.name, value)?;
    }
    Ok(config)
}

fn partition_count(topic: &CreatableTopic<'_>, defaults: &BrokerConfig) -> Result<i32, Refusal> {
    let factor = match topic.replication_factor {
        -1 => defaults.default_replication_factor,
        factor => i32::from(factor),
    };
    if topic.replication_factor < -1 || factor == 0 {
        let message = "Replication factor must be larger than 0, or -1 to use the default value.";
        return Err(Refusal::new(KafkaCode::InvalidReplicationFactor, message));
    }
    let count = match topic.num_partitions {
        -1 => defaults.num_partitions,
        count => count,
    };
    if count < 1 {
        return Err(Refusal::new(KafkaCode::InvalidPartitions, "Number of partitions was set to an invalid non-positive value."));
    }
    if count > PARTITIONS_MAX {
        return Err(Refusal::new(KafkaCode::InvalidPartitions, format!("A topic has at most {PARTITIONS_MAX} partitions.")));
    }
    if factor != 1 {
        let message = format!(
            "Unable to replicate the partition {factor} time(s): The target replication factor of {factor} cannot be reached because only 1 \
             broker(s) are registered."
        );
        return Err(Refusal::new(KafkaCode::InvalidReplicationFactor, message));
    }
    Ok(count)
}

fn assigned_partitions(topic: &CreatableTopic<'_>, assignments: &[CreatableReplicaAssignment], node_id: i32) -> Result<i32, Refusal> {
    if topic.replication_factor != -1 {
        return Err(Refusal::invalid("A manual partition assignment was specified, but replication factor was not set to -1."));
    }
    if topic.num_partitions != -1 {
        return Err(Refusal::invalid("A manual partition assignment was specified, but numPartitions was not set to -1."));
    }
    let refused = |message: String| Err(Refusal::new(KafkaCode::InvalidReplicaAssignment, message));
    if let Some(index) = repeated(assignments.iter().map(|assignment| assignment.partition_index)).first() {
        return refused(format!("Found multiple manual partition assignments for partition {index}"));
    }
    for assignment in assignments {
        check_replicas(node_id, &assignment.broker_ids)?;
    }
    let count = i32::try_from(assignments.len()).unwrap_or(i32::MAX);
    if !assignments.iter().all(|assignment| (0..count).contains(&assignment.partition_index)) {
        return refused("partitions should be a consecutive 0-based integer sequence".into());
    }
    match count {
        ..=PARTITIONS_MAX => Ok(count),
        _ => Err(Refusal::new(KafkaCode::InvalidPartitions, format!("A topic has at most {PARTITIONS_MAX} partitions."))),
    }
}

fn answer<'a>(name: Cow<'a, str>, outcome: Result<Created, Refusal>, sees_configs: Result<(), KafkaCode>) -> CreatableTopicResult<'a> {
    let (error_code, error_message) = error_fields(&outcome);
    let refused = CreatableTopicResult { name, error_code, error_message, ..CreatableTopicResult::default() };
    match (outcome, sees_configs) {
        (Err(_), _) => refused,
        (Ok(created), Err(code)) => CreatableTopicResult { topic_id: created.id, topic_config_error_code: code.as_i16(), ..refused },
        (Ok(created), Ok(())) => CreatableTopicResult {
            topic_id: created.id,
            num_partitions: created.partition_count,
            replication_factor: 1,
            configs: Some(created.configs.into_iter().map(config).collect()),
            ..refused
        },
    }
}

fn config(entry: Described) -> CreatableTopicConfigs<'static> {
    CreatableTopicConfigs {
        config_source: entry.source(),
        name: entry.name.into(),
        value: entry.value.map(Cow::Owned),
        read_only: entry.read_only,
        is_sensitive: entry.is_sensitive,
    }
}

#[cfg(test)]
mod tests {
    use crate::handlers::tests::client::{Node, code};
    use log_model::KafkaCode;
    use log_wire::messages::create_topics_request::CreatableTopic;
    use log_wire::messages::{CreateTopicsRequest, CreateTopicsResponse};

    #[test]
    fn a_request_is_not_for_more_partitions_than_kafka_takes_at_once() {
        let node = Node::start(&[("num.partitions", "5000")]);
        let topic = |name: &'static str, num_partitions: i32| CreatableTopic {
            name: name.into(),
            num_partitions,
            replication_factor: -1,
            ..CreatableTopic::default()
        };
        let cases = [
            (vec![topic("a", -1), topic("b", 5000)], KafkaCode::None),
            (vec![topic("a", -1), topic("b", 5001)], KafkaCode::PolicyViolation),
            (vec![topic("a", i32::MAX), topic("b", i32::MAX)], KafkaCode::PolicyViolation),
        ];
        node.run(async |client| {
            for (topics, expected) in cases {
                let request = CreateTopicsRequest { topics, validate_only: true, ..CreateTopicsRequest::default() };
                let answer: CreateTopicsResponse<'_> = client.ask(7, &request).await;
                assert!(answer.topics.iter().all(|topic| code(topic.error_code) == expected), "{answer:?}");
            }
        });
    }
}
