//! OffsetDelete (47), version 0: positions in topics that the group does not read any more (KIP-496).

use crate::handlers::Context;
use crate::handlers::codes::coordinator_code;
use crate::handlers::once::once;
use crate::handlers::topic_ref::allowed_topic;
use crate::node::core::COORDINATOR_ENTRY_BYTES;
use crate::node::position_tombstones::delete_positions;
use crate::node::staging::Durable;
use log_client::Error;
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
    context.core().make_room(COORDINATOR_ENTRY_BYTES).await;
    let (topics, deleted) = match delete(context, &group, request.topics) {
        Ok(begun) => begun,
        Err(code) => return refused(code),
    };
    let deleted = match deleted {
        Ok(durable) => durable.await,
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => OffsetDeleteResponse { topics, ..OffsetDeleteResponse::default() },
        Err(error) => refused(coordinator_code(&error)),
    }
}

type Begun<'a> = (Vec<OffsetDeleteResponseTopic<'a>>, Result<Durable, Error>);

/// Judges and deletes with the machine held, so that nobody subscribes or commits in between. Errors: the group as a whole is refused.
fn delete<'a>(context: &Context, group: &GroupId, topics: Vec<OffsetDeleteRequestTopic<'a>>) -> Result<Begun<'a>, KafkaCode> {
    let core = context.core();
    let groups = core.group_coordinator.machine();
    let _order = core.offsets.order.lock();
    if core.groups.with_members().contains(group) {
        return Err(KafkaCode::NonEmptyGroup);
    }
    groups.check_offset_delete(group.as_str())?;
    let mut meant: BTreeSet<TopicPartition> = BTreeSet::new();
    let topics = once(topics, |topic| topic.name.clone()).map(|topic| {
        let is_subscribed = groups.is_subscribed(group.as_str(), &topic.name);
        judge(context, topic, is_subscribed, &mut meant)
    });
    let topics = topics.collect();
    Ok((topics, delete_positions(core, group, |partition| meant.contains(partition))))
}

fn judge<'a>(
    context: &Context,
    topic: OffsetDeleteRequestTopic<'a>,
    is_subscribed: bool,
    meant: &mut BTreeSet<TopicPartition>,
) -> OffsetDeleteResponseTopic<'a> {
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
