//! CreatePartitions (37), versions 0 to 3: more partitions for a topic. Source: `ReplicationControlManager.createPartitions`.

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::replica_assignment::check_replicas;
use crate::handlers::topic_ref::allowed_topic;
use crate::node::topic_changes::add_partitions;
use crate::node::topics::is_internal;
use log_client::local::PARTITIONS_MAX;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use log_wire::messages::create_partitions_response::{CreatePartitionsResponse, CreatePartitionsTopicResult};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: CreatePartitionsRequest<'a>) -> CreatePartitionsResponse<'a> {
    let repeated = repeated(request.topics.iter().map(|topic| topic.name.clone()));
    let mut answered = BTreeSet::new();
    let mut results = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        if !answered.insert(topic.name.clone()) {
            continue;
        }
        let outcome = match repeated.contains(&topic.name) {
            true => Err(Refusal::invalid("Duplicate topic name.")),
            false => add(context, &topic, request.validate_only).await,
        };
        let (error_code, error_message) = error_fields(&outcome);
        results.push(CreatePartitionsTopicResult { name: topic.name, error_code, error_message });
    }
    CreatePartitionsResponse { results, ..CreatePartitionsResponse::default() }
}

async fn add(context: &Context, topic: &CreatePartitionsTopic<'_>, validate_only: bool) -> Result<(), Refusal> {
    let found = allowed_topic(context, AclOperation::Alter, &topic.name, Uuid::nil())?;
    if is_internal(&found.name) {
        return Err(Refusal::new(KafkaCode::InvalidTopic, format!("Topic {} belongs to the log itself.", found.name)));
    }
    let (now, wanted) = (found.entry.partition_count, topic.count);
    let refused = |message: String| Err(Refusal::new(KafkaCode::InvalidPartitions, message));
    if wanted == now {
        return refused(format!("Topic already has {now} partition(s)."));
    }
    if wanted < now {
        return refused(format!("The topic {} currently has {now} partition(s); {wanted} would not be an increase.", topic.name));
    }
    if wanted > PARTITIONS_MAX {
        return refused(format!("A topic has at most {PARTITIONS_MAX} partitions."));
    }
    if let Some(assignments) = &topic.assignments {
        let additional = wanted - now;
        if usize::try_from(additional) != Ok(assignments.len()) {
            let given = assignments.len();
            let message = format!("Attempted to add {additional} additional partition(s), but only {given} assignment(s) were specified.");
            return Err(Refusal::new(KafkaCode::InvalidReplicaAssignment, message));
        }
        for assignment in assignments {
            check_replicas(context.broker().node_id, &assignment.broker_ids)?;
        }
    }
    if validate_only {
        return Ok(());
    }
    let name = found.name;
    context.core().blocking("create-partitions", move |core| add_partitions(core, &name, wanted)).await.map_err(Refusal::from)
}
