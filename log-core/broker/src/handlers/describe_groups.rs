//! DescribeGroups (15), versions 0 to 6: classic groups and their members.

use crate::handlers::once::once;
use crate::handlers::{Context, operations};
use log_coordination::groups::{ClassicDescription, ClassicMemberDescription};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::describe_groups_request::DescribeGroupsRequest;
use log_wire::messages::describe_groups_response::{DescribeGroupsResponse, DescribedGroup, DescribedGroupMember};

pub(super) async fn handle<'a>(context: &Context, request: DescribeGroupsRequest<'a>) -> DescribeGroupsResponse<'a> {
    let groups = once(request.groups, Clone::clone).map(|group_id| {
        if let Err(code) = context.authorize(AclOperation::Describe, ResourceType::Group, &group_id) {
            return DescribedGroup { group_id, error_code: code.as_i16(), ..DescribedGroup::default() };
        }
        let authorized_operations = match request.include_authorized_operations {
            true => operations::allowed(context, ResourceType::Group, &group_id),
            false => operations::UNKNOWN,
        };
        let described = context.core().group_coordinator.machine().describe(&group_id);
        match described {
            Some(group) => DescribedGroup { group_id, authorized_operations, ..describe(group) },
            None => DescribedGroup { group_id, authorized_operations, ..missing(context.version) },
        }
    });
    DescribeGroupsResponse { groups: groups.collect(), ..DescribeGroupsResponse::default() }
}

fn describe(group: ClassicDescription) -> DescribedGroup<'static> {
    DescribedGroup {
        group_state: group.state.into(),
        protocol_type: group.protocol_type.into(),
        protocol_data: group.protocol.into(),
        members: group.members.into_iter().map(member).collect(),
        ..DescribedGroup::default()
    }
}

fn member(member: ClassicMemberDescription) -> DescribedGroupMember<'static> {
    DescribedGroupMember {
        member_id: member.member_id.to_string().into(),
        group_instance_id: member.instance_id.map(|id| id.to_string().into()),
        client_id: member.client_id.into(),
        client_host: member.client_host.into(),
        member_metadata: member.metadata.to_vec().into(),
        member_assignment: member.assignment.to_vec().into(),
    }
}

/// Older versions know no error for it: the group is dead.
fn missing(version: i16) -> DescribedGroup<'static> {
    let group = DescribedGroup { group_state: "Dead".into(), ..DescribedGroup::default() };
    match version {
        ..=5 => group,
        _ => DescribedGroup {
            error_code: KafkaCode::GroupIdNotFound.as_i16(),
            error_message: Some("there is no classic group of this name".into()),
            ..group
        },
    }
}
