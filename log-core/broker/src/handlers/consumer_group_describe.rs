//! ConsumerGroupDescribe (69), versions 0 and 1: groups of KIP-848 with what their members have and shall have.

use crate::handlers::once::once;
use crate::handlers::{Context, operations};
use log_coordination::groups::{ConsumerDescription, ConsumerMemberDescription, Groups, Partitions};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::consumer_group_describe_request::ConsumerGroupDescribeRequest;
use log_wire::messages::consumer_group_describe_response::{
    Assignment, ConsumerGroupDescribeResponse, DescribedGroup, Member, TopicPartitions,
};

/// A member that speaks the classic protocol, in a group under way from it.
const CLASSIC: i8 = 0;
/// A member that speaks the consumer protocol.
const CONSUMER: i8 = 1;

pub(super) async fn handle<'a>(
    context: &Context,
    request: ConsumerGroupDescribeRequest<'a>,
) -> ConsumerGroupDescribeResponse<'a> {
    let groups = context.core().group_coordinator.machine();
    let described = once(request.group_ids, Clone::clone).map(|group_id| {
        let allowed = context.serves_consumer_groups().and_then(|()| context.authorize(AclOperation::Describe, ResourceType::Group, &group_id));
        if let Err(code) = allowed {
            return DescribedGroup { group_id, error_code: code.as_i16(), ..DescribedGroup::default() };
        }
        let authorized_operations = match request.include_authorized_operations {
            true => operations::allowed(context, ResourceType::Group, &group_id),
            false => operations::UNKNOWN,
        };
        match groups.describe_consumer(&group_id) {
            Some(group) => {
                let group = without_hidden_topics(context, describe(&groups, group));
                DescribedGroup { group_id, authorized_operations, ..group }
            }
            None => DescribedGroup {
                error_code: KafkaCode::GroupIdNotFound.as_i16(),
                error_message: Some(format!("there is no consumer group {group_id}").into()),
                group_id,
                authorized_operations,
                ..DescribedGroup::default()
            },
        }
    });
    let described = described.collect();
    ConsumerGroupDescribeResponse { groups: described, ..ConsumerGroupDescribeResponse::default() }
}

/// Who must not see a topic of the group must not see its members either.
fn without_hidden_topics<'a>(context: &Context, group: DescribedGroup<'a>) -> DescribedGroup<'a> {
    let assignments = group.members.iter().flat_map(|member| [&member.assignment, &member.target_assignment]);
    let mut topics = assignments.flat_map(|assignment| &assignment.topic_partitions);
    let allowed = topics.try_for_each(|topic| context.authorize(AclOperation::Describe, ResourceType::Topic, &topic.topic_name));
    drop(topics);
    match allowed {
        Ok(()) => group,
        Err(code) => DescribedGroup {
            error_code: code.as_i16(),
            error_message: Some("The group has described topic(s) that the client is not authorized to describe.".into()),
            members: Vec::new(),
            ..group
        },
    }
}

fn describe(groups: &Groups, group: ConsumerDescription) -> DescribedGroup<'static> {
    DescribedGroup {
        group_state: group.state.into(),
        group_epoch: group.group_epoch,
        assignment_epoch: group.assignment_epoch,
        assignor_name: group.assignor.into(),
        members: group.members.into_iter().map(|of| member(groups, of)).collect(),
        ..DescribedGroup::default()
    }
}

fn member(groups: &Groups, member: ConsumerMemberDescription) -> Member<'static> {
    Member {
        member_id: member.member_id.to_string().into(),
        instance_id: member.instance_id.map(|id| id.to_string().into()),
        rack_id: member.rack_id.map(Into::into),
        member_epoch: member.member_epoch,
        client_id: member.client_id.into(),
        client_host: member.client_host.into(),
        subscribed_topic_names: member.topic_names.iter().map(|name| name.to_string().into()).collect(),
        subscribed_topic_regex: (!member.topic_regex.is_empty()).then(|| member.topic_regex.into()),
        assignment: assignment(groups, member.assignment),
        target_assignment: assignment(groups, member.target),
        member_type: if member.uses_classic { CLASSIC } else { CONSUMER },
    }
}

/// Partitions of topics that are gone have no name any more and are left out.
fn assignment(groups: &Groups, partitions: Partitions) -> Assignment<'static> {
    let topics = partitions.into_iter().filter_map(|(topic_id, partitions)| {
        let topic_name = groups.topic_name(&topic_id)?.to_string().into();
        Some(TopicPartitions { topic_id, topic_name, partitions: partitions.into_iter().collect() })
    });
    Assignment { topic_partitions: topics.collect() }
}
