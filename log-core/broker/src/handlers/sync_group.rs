//! SyncGroup (14), versions 0 to 5: the leader's assignments go in, each member's own comes out.

use crate::handlers::Context;
use crate::handlers::group_call::ask_groups;
use bytes::Bytes;
use log_coordination::groups::{Event, Response, SyncGroup, SyncGroupResponse as Synced};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::sync_group_request::SyncGroupRequest;
use log_wire::messages::sync_group_response::SyncGroupResponse;

pub(super) async fn handle(context: &Context, request: SyncGroupRequest<'_>) -> SyncGroupResponse<'static> {
    let allowed = context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id);
    let assignments = request.assignments.into_iter();
    let request = SyncGroup {
        group: (&*request.group_id).into(),
        member_id: (&*request.member_id).into(),
        instance_id: request.group_instance_id.as_deref().map(Into::into),
        generation: request.generation_id,
        protocol_type: request.protocol_type.map(|text| text.into_owned()),
        protocol_name: request.protocol_name.map(|text| text.into_owned()),
        assignments: assignments.map(|one| ((&*one.member_id).into(), Bytes::from(one.assignment.into_owned()))).collect(),
    };
    let synced = match allowed {
        Err(code) => Synced::refused(code),
        Ok(()) => match ask_groups(context, |token| Event::SyncGroup { token, request }).await {
            Some(Response::SyncGroup(synced)) => synced,
            _ => Synced::refused(KafkaCode::CoordinatorNotAvailable),
        },
    };
    SyncGroupResponse {
        error_code: synced.error.as_i16(),
        protocol_type: synced.protocol_type.map(Into::into),
        protocol_name: synced.protocol_name.map(|name| name.to_string().into()),
        assignment: synced.assignment.to_vec().into(),
        ..SyncGroupResponse::default()
    }
}
