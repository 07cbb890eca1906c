//! ConsumerGroupHeartbeat (68), versions 0 and 1: membership and assignment of a group whose partitions the coordinator assigns (KIP-848).

use crate::handlers::Context;
use crate::handlers::group_call::{ask_groups, fresh_id, partitions_of};
use log_coordination::groups::{ConsumerGroupHeartbeat, ConsumerGroupHeartbeatResponse as Beat, Event, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest;
use log_wire::messages::consumer_group_heartbeat_response::{Assignment, ConsumerGroupHeartbeatResponse, TopicPartitions};

pub(super) async fn handle(
    context: &Context,
    request: ConsumerGroupHeartbeatRequest<'_>,
) -> ConsumerGroupHeartbeatResponse<'static> {
    let beat = match authorize(context, &request) {
        Err(code) => Beat::refused(code, code.message()),
        Ok(()) => {
            let request = owned(context, request);
            match ask_groups(context, |token| Event::ConsumerGroupHeartbeat { token, request }).await {
                Some(Response::ConsumerGroupHeartbeat(beat)) => beat,
                _ => Beat::refused(KafkaCode::CoordinatorNotAvailable, "the coordinator stops"),
            }
        }
    };
    let assignment = beat.assignment.map(|partitions| {
        let topic = |(topic_id, partitions): (_, std::collections::BTreeSet<i32>)| TopicPartitions {
            topic_id,
            partitions: partitions.into_iter().collect(),
        };
        Assignment { topic_partitions: partitions.into_iter().map(topic).collect() }
    });
    ConsumerGroupHeartbeatResponse {
        error_code: beat.error.as_i16(),
        error_message: beat.error_message.map(Into::into),
        member_id: beat.member_id.map(|id| id.to_string().into()),
        member_epoch: beat.member_epoch,
        heartbeat_interval_ms: beat.heartbeat_interval_ms,
        assignment,
        ..ConsumerGroupHeartbeatResponse::default()
    }
}

/// One topic that must not be seen refuses the whole subscription.
fn authorize(context: &Context, request: &ConsumerGroupHeartbeatRequest<'_>) -> Result<(), KafkaCode> {
    context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id)?;
    let mut names = request.subscribed_topic_names.iter().flatten();
    names.try_for_each(|name| context.authorize(AclOperation::Describe, ResourceType::Topic, name))
}

fn owned(context: &Context, request: ConsumerGroupHeartbeatRequest<'_>) -> ConsumerGroupHeartbeat {
    let owned = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.into_owned());
    ConsumerGroupHeartbeat {
        group: (&*request.group_id).into(),
        member_id: (&*request.member_id).into(),
        member_epoch: request.member_epoch,
        instance_id: request.instance_id.as_deref().map(Into::into),
        rack_id: owned(request.rack_id),
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        subscribed_topic_names: request.subscribed_topic_names.map(|names| names.iter().map(|name| (&**name).into()).collect()),
        subscribed_topic_regex: owned(request.subscribed_topic_regex),
        server_assignor: owned(request.server_assignor),
        topic_partitions: request.topic_partitions.map(|topics| partitions_of(topics.into_iter().map(|of| (of.topic_id, of.partitions)))),
        client_id: context.client_id.clone(),
        client_host: context.session.client_host(),
        version: context.version,
        fresh_id: fresh_id(context),
    }
}
