//! OffsetFetch (9), versions 1 to 10: a group's positions; from version 8 on of several groups. A partition of a group is
//! answered once, however often it is named.

use crate::handlers::Context;
use crate::handlers::once::once;
use crate::handlers::topic_ref::allowed_topic;
use log_client::OffsetAndMetadata;
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode, TopicName, TopicPartition};
use log_wire::messages::offset_fetch_request::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use log_wire::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: OffsetFetchRequest<'a>) -> OffsetFetchResponse<'a> {
    let require_stable = request.require_stable;
    if context.version >= 8 {
        let groups = once(request.groups, |group| group.group_id.clone()).map(|group| answer(context, group, require_stable));
        return OffsetFetchResponse { groups: groups.collect(), ..OffsetFetchResponse::default() };
    }
    let topics = request.topics.map(|topics| {
        let topic = |topic: log_wire::messages::offset_fetch_request::OffsetFetchRequestTopic<'a>| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..OffsetFetchRequestTopics::default()
        };
        topics.into_iter().map(topic).collect()
    });
    let group = OffsetFetchRequestGroup { group_id: request.group_id, topics, member_epoch: -1, ..OffsetFetchRequestGroup::default() };
    let answered = answer(context, group, require_stable);
    OffsetFetchResponse {
        topics: answered.topics.into_iter().map(older).collect(),
        error_code: answered.error_code,
        ..OffsetFetchResponse::default()
    }
}

fn older(topic: OffsetFetchResponseTopics<'_>) -> OffsetFetchResponseTopic<'_> {
    let partition = |of: OffsetFetchResponsePartitions<'static>| OffsetFetchResponsePartition {
        partition_index: of.partition_index,
        committed_offset: of.committed_offset,
        committed_leader_epoch: of.committed_leader_epoch,
        metadata: of.metadata,
        error_code: of.error_code,
    };
    let partitions = topic.partitions.into_iter();
    let partitions = partitions.map(|of| partition(OffsetFetchResponsePartitions { metadata: of.metadata.map(|text| text.into_owned().into()), ..of }));
    OffsetFetchResponseTopic { name: topic.name, partitions: partitions.collect() }
}

fn answer<'a>(context: &Context, wanted: OffsetFetchRequestGroup<'a>, require_stable: bool) -> OffsetFetchResponseGroup<'a> {
    let allowed = context.authorize(AclOperation::Describe, ResourceType::Group, &wanted.group_id).and_then(|()| {
        let groups = context.core().group_coordinator.machine();
        groups.check_fetch(&wanted.group_id, wanted.member_id.as_deref(), wanted.member_epoch)
    });
    let group = GroupId::new(&*wanted.group_id);
    let topics = match (allowed, wanted.topics) {
        (Err(code), _) => {
            return OffsetFetchResponseGroup { group_id: wanted.group_id, error_code: code.as_i16(), ..Default::default() };
        }
        (Ok(()), Some(topics)) => {
            let mut named = BTreeSet::new();
            let topics = topics.into_iter().map(|mut topic| {
                topic.partition_indexes.retain(|index| named.insert((topic.name.clone(), topic.topic_id, *index)));
                of_topic(context, &group, topic, require_stable)
            });
            topics.collect()
        }
        (Ok(()), None) => all(context, &group, require_stable),
    };
    OffsetFetchResponseGroup { group_id: wanted.group_id, topics, error_code: KafkaCode::None.as_i16() }
}

fn of_topic<'a>(context: &Context, group: &GroupId, wanted: OffsetFetchRequestTopics<'a>, require_stable: bool) -> OffsetFetchResponseTopics<'a> {
    let name = match context.version {
        10.. => allowed_topic(context, AclOperation::Describe, "", wanted.topic_id).map(|topic| topic.name),
        // Older versions know no error for a topic that is missing: nothing was stored for it.
        _ => context
            .authorize(AclOperation::Describe, ResourceType::Topic, &wanted.name)
            .and_then(|()| TopicName::new(&wanted.name).map_err(|_| KafkaCode::None)),
    };
    let partition = |index: i32| match &name {
        Err(code) => absent(index, *code),
        Ok(name) => of_partition(context, group, &name.partition(index), require_stable),
    };
    let partitions = wanted.partition_indexes.iter().map(|index| partition(*index)).collect();
    OffsetFetchResponseTopics { name: wanted.name, topic_id: wanted.topic_id, partitions }
}

fn of_partition(context: &Context, group: &GroupId, at: &TopicPartition, require_stable: bool) -> OffsetFetchResponsePartitions<'static> {
    let offsets = &context.core().offsets;
    if require_stable && offsets.is_undecided(group, at) {
        return absent(at.partition, KafkaCode::UnstableOffsetCommit);
    }
    match offsets.get(group, at) {
        None => absent(at.partition, KafkaCode::None),
        Some(position) => present(at.partition, position),
    }
}

fn absent(partition_index: i32, code: KafkaCode) -> OffsetFetchResponsePartitions<'static> {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some("".into()),
        error_code: code.as_i16(),
    }
}

fn present(partition_index: i32, position: OffsetAndMetadata) -> OffsetFetchResponsePartitions<'static> {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: position.offset.0,
        committed_leader_epoch: position.leader_epoch.0,
        metadata: Some(position.metadata.into()),
        error_code: KafkaCode::None.as_i16(),
    }
}

fn all(context: &Context, group: &GroupId, require_stable: bool) -> Vec<OffsetFetchResponseTopics<'static>> {
    let mut topics: BTreeMap<TopicName, Vec<OffsetFetchResponsePartitions<'static>>> = BTreeMap::new();
    let stored = context.core().offsets.of_group(group).into_keys();
    for at in stored.filter(|at| context.allows(AclOperation::Describe, ResourceType::Topic, at.topic.as_str())) {
        topics.entry(at.topic.clone()).or_default().push(of_partition(context, group, &at, require_stable));
    }
    let topic = |(name, partitions): (TopicName, _)| OffsetFetchResponseTopics {
        topic_id: context.core().topics.topic(&name).map_or(Uuid::nil(), |topic| topic.id.0),
        name: name.as_str().to_owned().into(),
        partitions,
    };
    topics.into_iter().map(topic).collect()
}
