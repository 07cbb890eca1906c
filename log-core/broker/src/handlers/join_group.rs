//! JoinGroup (11), versions 0 to 9: become or stay a member of a classic group. Answered when the group's members have gathered.

use crate::handlers::Context;
use crate::handlers::group_call::{ask_groups, fresh_id};
use bytes::Bytes;
use log_coordination::groups::{Event, JoinGroup, JoinGroupResponse as Joined, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::join_group_request::JoinGroupRequest;
use log_wire::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};

pub(super) async fn handle(context: &Context, request: JoinGroupRequest<'_>) -> JoinGroupResponse<'static> {
    let member_id = request.member_id.to_string();
    let joined = match context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id) {
        Err(code) => Joined::refused(code, "".into()),
        Ok(()) => match ask_groups(context, |token| Event::JoinGroup { token, request: owned(context, request) }).await {
            Some(Response::JoinGroup(joined)) => joined,
            _ => Joined::refused(KafkaCode::CoordinatorNotAvailable, member_id.into()),
        },
    };
    // Null from version 7 on, empty before.
    let text = |text: Option<String>| text.or_else(|| (context.version < 7).then(String::new)).map(Into::into);
    let members = joined.members.into_iter().map(|member| JoinGroupResponseMember {
        member_id: member.member_id.to_string().into(),
        group_instance_id: member.instance_id.map(|id| id.to_string().into()),
        metadata: member.metadata.to_vec().into(),
    });
    JoinGroupResponse {
        error_code: joined.error.as_i16(),
        generation_id: joined.generation,
        protocol_type: text(joined.protocol_type),
        protocol_name: text(joined.protocol_name.map(|name| name.to_string())),
        leader: joined.leader.to_string().into(),
        skip_assignment: joined.skip_assignment,
        member_id: joined.member_id.to_string().into(),
        members: members.collect(),
        ..JoinGroupResponse::default()
    }
}

fn owned(context: &Context, request: JoinGroupRequest<'_>) -> JoinGroup {
    let protocols = request.protocols.into_iter();
    JoinGroup {
        group: (&*request.group_id).into(),
        member_id: (&*request.member_id).into(),
        instance_id: request.group_instance_id.as_deref().map(Into::into),
        protocol_type: request.protocol_type.into_owned(),
        protocols: protocols.map(|protocol| ((&*protocol.name).into(), Bytes::from(protocol.metadata.into_owned()))).collect(),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        reason: request.reason.map(|reason| reason.into_owned()),
        client_id: context.client_id.clone(),
        client_host: context.session.client_host(),
        version: context.version,
        fresh_id: fresh_id(context),
    }
}
