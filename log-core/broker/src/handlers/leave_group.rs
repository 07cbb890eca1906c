//! LeaveGroup (13), versions 0 to 5: one member, later several, leave a classic group.

use crate::handlers::Context;
use crate::handlers::group_call::ask_groups;
use log_coordination::groups::{Event, LeaveGroup, LeavingMember, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::leave_group_request::LeaveGroupRequest;
use log_wire::messages::leave_group_response::{LeaveGroupResponse, MemberResponse};

pub(super) async fn handle(context: &Context, request: LeaveGroupRequest<'_>) -> LeaveGroupResponse<'static> {
    if let Err(code) = context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id) {
        return LeaveGroupResponse { error_code: code.as_i16(), ..LeaveGroupResponse::default() };
    }
    let members = match context.version {
        ..=2 => vec![LeavingMember { member_id: (&*request.member_id).into(), ..LeavingMember::default() }],
        _ => request.members.into_iter().map(|member| LeavingMember {
            member_id: (&*member.member_id).into(),
            instance_id: member.group_instance_id.as_deref().map(Into::into),
            reason: member.reason.map(|reason| reason.into_owned()),
        }).collect(),
    };
    let request = LeaveGroup { group: (&*request.group_id).into(), members };
    let Some(Response::LeaveGroup(left)) = ask_groups(context, |token| Event::LeaveGroup { token, request }).await else {
        return LeaveGroupResponse { error_code: KafkaCode::CoordinatorNotAvailable.as_i16(), ..LeaveGroupResponse::default() };
    };
    let mut error = left.error;
    if context.version <= 2 && error.is_none() {
        error = left.members.first().map_or(KafkaCode::None, |member| member.error);
    }
    let members = left.members.into_iter().map(|member| MemberResponse {
        member_id: member.member_id.to_string().into(),
        group_instance_id: member.instance_id.map(|id| id.to_string().into()),
        error_code: member.error.as_i16(),
    });
    LeaveGroupResponse { error_code: error.as_i16(), members: members.collect(), ..LeaveGroupResponse::default() }
}
