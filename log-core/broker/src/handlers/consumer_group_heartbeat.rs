//! ConsumerGroupHeartbeat (68), versions 0 and 1: membership and assignment of a group whose partitions the coordinator assigns (KIP-848).

use crate::handlers::Context;
use crate::handlers::group_call::{answer_of, ask_groups_with, fresh_id, partitions_of};
use log_coordination::groups::{ConsumerGroupHeartbeat, ConsumerGroupHeartbeatResponse as Beat, Event, Groups, Id, Response, Token};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest;
use log_wire::messages::consumer_group_heartbeat_response::{Assignment, ConsumerGroupHeartbeatResponse, TopicPartitions};
use std::collections::BTreeSet;

pub(super) async fn handle(
    context: &Context,
    request: ConsumerGroupHeartbeatRequest<'_>,
) -> ConsumerGroupHeartbeatResponse<'static> {
    let beat = match authorize(context, &request) {
        Err(code) => Beat::refused(code, code.message()),
        Ok(()) => match ask(context, owned(context, request)).await {
            Some(Response::ConsumerGroupHeartbeat(beat)) => beat,
            _ => Beat::refused(KafkaCode::CoordinatorNotAvailable, "the coordinator stops"),
        },
    };
    let assignment = beat.assignment.map(|partitions| {
        let topic = |(topic_id, partitions): (_, BTreeSet<i32>)| TopicPartitions {
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

async fn ask(context: &Context, mut request: ConsumerGroupHeartbeat) -> Option<Response> {
    let is_sign_of_life = is_sign_of_life(&request);
    let event = |groups: &Groups, token: Token| {
        if groups.matches_regexes(&request, context.now_ms()) {
            request.hidden_topics = hidden_topics(context);
        }
        Event::ConsumerGroupHeartbeat { token, request }
    };
    match is_sign_of_life {
        true => answer_of(context, context.core().group_coordinator.call(context.core(), event)).await,
        false => ask_groups_with(context, event).await,
    }
}

/// Whether a member only says that it lives. As a rule that stores nothing, and so it waits for no room in the journal: its session would end.
fn is_sign_of_life(request: &ConsumerGroupHeartbeat) -> bool {
    request.member_epoch > 0
        && request.subscribed_topic_names.is_none()
        && request.subscribed_topic_regex.is_none()
        && request.topic_partitions.is_none()
}

/// One topic that must not be seen refuses the whole subscription.
fn authorize(context: &Context, request: &ConsumerGroupHeartbeatRequest<'_>) -> Result<(), KafkaCode> {
    context.serves_consumer_groups()?;
    context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id)?;
    let mut names = request.subscribed_topic_names.iter().flatten();
    names.try_for_each(|name| context.authorize(AclOperation::Describe, ResourceType::Topic, name))
}

/// The topics that the client may not see.
fn hidden_topics(context: &Context) -> BTreeSet<Id> {
    if context.allows_everything() {
        return BTreeSet::new();
    }
    let names = context.core().topics.names().into_iter();
    let hidden = names.filter(|name| !context.allows(AclOperation::Describe, ResourceType::Topic, name.as_str()));
    hidden.map(|name| name.as_str().into()).collect()
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
        hidden_topics: BTreeSet::new(),
        server_assignor: owned(request.server_assignor),
        topic_partitions: request.topic_partitions.map(|topics| partitions_of(topics.into_iter().map(|of| (of.topic_id, of.partitions)))),
        client_id: context.client_id.clone(),
        client_host: context.session.client_host(),
        version: context.version,
        fresh_id: fresh_id(context),
    }
}

#[cfg(test)]
mod tests {
    use crate::handlers::tests::client::{Client, Node, code};
    use log_model::KafkaCode;
    use log_model::acl::{AclOperation, AclPermissionType, PatternType, ResourceType};
    use log_wire::messages::create_acls_request::AclCreation;
    use log_wire::messages::metadata_request::MetadataRequestTopic;
    use log_wire::messages::{
        ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, CreateAclsRequest, CreateAclsResponse, MetadataRequest, MetadataResponse,
    };
    use uuid::Uuid;

    async fn join(client: &mut Client, group: &'static str) -> ConsumerGroupHeartbeatResponse<'static> {
        let request = ConsumerGroupHeartbeatRequest {
            group_id: group.into(),
            member_id: "m".into(),
            rebalance_timeout_ms: 10_000,
            subscribed_topic_regex: Some("t-.*".into()),
            topic_partitions: Some(Vec::new()),
            ..ConsumerGroupHeartbeatRequest::default()
        };
        client.ask(1, &request).await
    }

    async fn id_of(client: &mut Client, topic: &'static str) -> Uuid {
        let wanted = MetadataRequestTopic { name: Some(topic.into()), ..MetadataRequestTopic::default() };
        let answer: MetadataResponse<'_> =
            client.ask(12, &MetadataRequest { topics: Some(vec![wanted]), ..MetadataRequest::default() }).await;
        answer.topics[0].topic_id
    }

    #[test]
    fn an_expression_matches_no_topic_that_its_client_may_not_describe() {
        let node = Node::start(&[]);
        node.create_topics(&[("t-1", 1), ("t-2", 1)]);
        node.run(async |client| {
            let topics = |answer: &ConsumerGroupHeartbeatResponse<'_>| -> Vec<Uuid> {
                answer.assignment.iter().flat_map(|given| &given.topic_partitions).map(|topic| topic.topic_id).collect()
            };
            let seen = id_of(client, "t-1").await;
            assert_eq!(topics(&join(client, "before").await).len(), 2);
            let creation = AclCreation {
                resource_type: ResourceType::Topic.as_i8(),
                resource_name: "t-2".into(),
                resource_pattern_type: PatternType::Literal.as_i8(),
                principal: "User:ANONYMOUS".into(),
                host: "*".into(),
                operation: AclOperation::Describe.as_i8(),
                permission_type: AclPermissionType::Deny.as_i8(),
            };
            let answer: CreateAclsResponse<'_> = client.ask(3, &CreateAclsRequest { creations: vec![creation] }).await;
            assert_eq!(answer.results[0].error_code, 0);
            assert_eq!(topics(&join(client, "after").await), [seen]);
        });
    }

    #[test]
    fn a_node_may_leave_the_consumer_protocol_out() {
        for (protocols, expected) in [("classic", KafkaCode::UnsupportedVersion), ("classic,consumer", KafkaCode::None)] {
            let node = Node::start(&[("group.coordinator.rebalance.protocols", protocols)]);
            let answered = node.run(async |client| join(client, "g").await.error_code);
            assert_eq!(code(answered), expected, "{protocols}");
        }
    }
}
