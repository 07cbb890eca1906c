//! OffsetDelete (47), version 0: positions in topics that the group does not read any more (KIP-496).

use crate::handlers::delete_positions::delete_positions;
use crate::handlers::topic_ref::allowed_topic;
use crate::handlers::{Context, code_of};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode, TopicPartition};
use log_wire::messages::offset_delete_request::{OffsetDeleteRequest, OffsetDeleteRequestTopic};
use log_wire::messages::offset_delete_response::{OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: OffsetDeleteRequest<'a>) -> OffsetDeleteResponse<'a> {
    let refused = |code: KafkaCode| OffsetDeleteResponse { error_code: code.as_i16(), ..OffsetDeleteResponse::default() };
    if let Err(code) = context.authorize(AclOperation::Delete, ResourceType::Group, &request.group_id) {
        return refused(code);
    }
    let group = GroupId::new(&*request.group_id);
    if context.core().groups.with_members().contains(&group) {
        return refused(KafkaCode::NonEmptyGroup);
    }
    if let Err(code) = context.core().group_coordinator.machine().check_offset_delete(group.as_str()) {
        return refused(code);
    }
    let mut meant: BTreeSet<TopicPartition> = BTreeSet::new();
    let topics: Vec<_> = request.topics.into_iter().map(|topic| judge(context, &group, topic, &mut meant)).collect();
    match delete_positions(context.core(), &group, |partition| meant.contains(partition)).await {
        Ok(()) => OffsetDeleteResponse { topics, ..OffsetDeleteResponse::default() },
        Err(error) => refused(code_of(&error)),
    }
}

fn judge<'a>(
    context: &Context,
    group: &GroupId,
    topic: OffsetDeleteRequestTopic<'a>,
    meant: &mut BTreeSet<TopicPartition>,
) -> OffsetDeleteResponseTopic<'a> {
    let is_subscribed = context.core().group_coordinator.machine().is_subscribed(group.as_str(), &topic.name);
    let found = allowed_topic(context, AclOperation::Read, &topic.name, Uuid::nil());
    let partitions = topic.partitions.iter().map(|wanted| {
        let partition = found.as_ref().map_err(|code| *code).and_then(|topic| topic.partition(wanted.partition_index));
        let code = match partition {
            Err(code) => code,
            Ok(_) if is_subscribed => KafkaCode::GroupSubscribedToTopic,
            Ok(partition) => {
                meant.insert(partition);
                KafkaCode::None
            }
        };
        OffsetDeleteResponsePartition { partition_index: wanted.partition_index, error_code: code.as_i16() }
    });
    let partitions = partitions.collect();
    OffsetDeleteResponseTopic { name: topic.name, partitions }
}
