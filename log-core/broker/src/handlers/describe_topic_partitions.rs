//! DescribeTopicPartitions (75), version 0: topics by name, in pages of partitions (KIP-966).
//!
//! Topics are described in the order of their names. The page ends after as many partitions as client and node allow; the cursor says where the
//! next one begins.

use crate::handlers::partition_view::{PartitionView, partition_views};
use crate::handlers::topic_ref::{FoundTopic, allowed_topic};
use crate::handlers::{Context, operations};
use crate::node::topics::is_internal;
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, TopicName};
use log_wire::messages::describe_topic_partitions_request::{self as request, DescribeTopicPartitionsRequest, TopicRequest};
use log_wire::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use std::collections::BTreeSet;
use std::ops::Range;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: DescribeTopicPartitionsRequest<'a>) -> DescribeTopicPartitionsResponse<'static> {
    if request.cursor.as_ref().is_some_and(|cursor| !is_within(cursor, &request.topics)) {
        let topics = request.topics.into_iter().map(|topic| refused(KafkaCode::InvalidRequest, topic.name.into_owned()));
        return DescribeTopicPartitionsResponse { topics: topics.collect(), ..DescribeTopicPartitionsResponse::default() };
    }
    let (from, mut first) = request.cursor.map(|cursor| (cursor.topic_name.into_owned(), cursor.partition_index)).unwrap_or_default();
    let mut names: BTreeSet<String> = match request.topics.is_empty() {
        true => {
            let names = context.core().topics.names().into_iter().map(String::from);
            names.filter(|name| context.allows(AclOperation::Describe, ResourceType::Topic, name)).collect()
        }
        false => request.topics.into_iter().map(|topic| topic.name.into_owned()).collect(),
    };
    let names = names.split_off(&from);
    if names.first() != Some(&from) {
        // The topic of the cursor is gone.
        first = 0;
    }
    let limit = context.broker().config().max_request_partition_size_limit;
    let mut room = request.response_partition_limit.min(limit).max(1);
    let mut response = DescribeTopicPartitionsResponse::default();
    for name in names {
        let begin = std::mem::take(&mut first);
        let cursor = |partition_index| Some(Cursor { topic_name: name.clone().into(), partition_index });
        if room == 0 {
            response.next_cursor = cursor(0);
            break;
        }
        let topic = match find(context, &name) {
            Ok(topic) => topic,
            Err(code) => {
                response.topics.push(refused(code, name.clone()));
                continue;
            }
        };
        let end = begin.saturating_add(room).min(topic.entry.partition_count);
        room -= (end - begin).max(0);
        response.topics.push(describe(context, &topic, begin..end));
        if end < topic.entry.partition_count {
            response.next_cursor = cursor(end);
            break;
        }
    }
    response
}

/// Whether a cursor can be of an answer to this request: its topic is one of those named, if any are.
fn is_within(cursor: &request::Cursor<'_>, topics: &[TopicRequest<'_>]) -> bool {
    cursor.partition_index >= 0 && (topics.is_empty() || topics.iter().any(|topic| topic.name == cursor.topic_name))
}

fn find(context: &Context, name: &str) -> Result<FoundTopic, KafkaCode> {
    TopicName::new(name).map_err(|_| KafkaCode::InvalidTopic)?;
    allowed_topic(context, AclOperation::Describe, name, Uuid::nil())
}

fn refused(code: KafkaCode, name: String) -> DescribeTopicPartitionsResponseTopic<'static> {
    DescribeTopicPartitionsResponseTopic { error_code: code.as_i16(), name: Some(name.into()), ..Default::default() }
}

fn describe(context: &Context, topic: &FoundTopic, indexes: Range<i32>) -> DescribeTopicPartitionsResponseTopic<'static> {
    let partition = |view: PartitionView| DescribeTopicPartitionsResponsePartition {
        partition_index: view.index,
        leader_id: view.leader_id,
        leader_epoch: view.leader_epoch,
        replica_nodes: view.replicas(),
        isr_nodes: view.replicas(),
        eligible_leader_replicas: Some(Vec::new()),
        last_known_elr: Some(Vec::new()),
        ..Default::default()
    };
    DescribeTopicPartitionsResponseTopic {
        name: Some(topic.name.as_str().to_owned().into()),
        topic_id: topic.entry.id.0,
        is_internal: is_internal(&topic.name),
        partitions: partition_views(context, &topic.name, indexes).map(partition).collect(),
        topic_authorized_operations: operations::allowed(context, ResourceType::Topic, topic.name.as_str()),
        ..Default::default()
    }
}
