//! How requests name topics: by name in older versions, by id in newer ones (KIP-516).

use crate::handlers::Context;
use crate::node::core::Core;
use crate::node::topics::TopicEntry;
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, LeaderEpoch, TopicId, TopicName, TopicPartition};
use std::sync::Arc;
use uuid::Uuid;

/// A topic that exists.
#[derive(Clone, Debug)]
pub(super) struct FoundTopic {
    pub(super) name: TopicName,
    pub(super) entry: Arc<TopicEntry>,
}

/// The topic of a request. Errors: `UnknownTopicId`, `UnknownTopicOrPartition`.
pub(super) fn find_topic(core: &Core, name: &str, id: Uuid) -> Result<FoundTopic, KafkaCode> {
    if id.is_nil() {
        let name = TopicName::new(name).map_err(|_| KafkaCode::UnknownTopicOrPartition)?;
        let entry = core.topics.topic(&name).map_err(|_| KafkaCode::UnknownTopicOrPartition)?;
        return Ok(FoundTopic { name, entry });
    }
    let name = core.topics.name_of(TopicId(id)).ok_or(KafkaCode::UnknownTopicId)?;
    let entry = core.topics.topic(&name).map_err(|_| KafkaCode::UnknownTopicId)?;
    Ok(FoundTopic { name, entry })
}

/// The topic of a request to whose client the operation is allowed. Errors: `TopicAuthorizationFailed`, for a name also where there is no such
/// topic, so that nobody learns of topics by asking; `UnknownTopicId`, `UnknownTopicOrPartition`.
pub(super) fn allowed_topic(context: &Context, operation: AclOperation, name: &str, id: Uuid) -> Result<FoundTopic, KafkaCode> {
    if id.is_nil() {
        // Neither: the request is of a version with ids.
        if name.is_empty() {
            return Err(KafkaCode::UnknownTopicId);
        }
        context.authorize(operation, ResourceType::Topic, name)?;
        return find_topic(context.core(), name, id);
    }
    let topic = find_topic(context.core(), name, id)?;
    context.authorize(operation, ResourceType::Topic, topic.name.as_str())?;
    Ok(topic)
}

impl FoundTopic {
    /// One of its partitions. Errors: `UnknownTopicOrPartition`.
    pub(super) fn partition(&self, index: i32) -> Result<TopicPartition, KafkaCode> {
        match (0..self.entry.partition_count).contains(&index) {
            true => Ok(self.name.partition(index)),
            false => Err(KafkaCode::UnknownTopicOrPartition),
        }
    }
}

/// Refuses a client that knows an older or a newer leader than this one (KIP-320). -1 is no claim.
pub(super) fn check_leader_epoch(claimed: i32, current: LeaderEpoch) -> Result<(), KafkaCode> {
    match claimed {
        ..0 => Ok(()),
        _ if claimed < current.0 => Err(KafkaCode::FencedLeaderEpoch),
        _ if claimed > current.0 => Err(KafkaCode::UnknownLeaderEpoch),
        _ => Ok(()),
    }
}
