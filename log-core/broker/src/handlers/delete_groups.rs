//! DeleteGroups (42), versions 0 to 2: groups without members, with their positions.

use crate::handlers::delete_positions::delete_positions;
use crate::handlers::group_call::ask_groups;
use crate::handlers::{Context, code_of};
use log_coordination::groups::{Event, Response};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{GroupId, KafkaCode};
use log_wire::messages::delete_groups_request::DeleteGroupsRequest;
use log_wire::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};

pub(super) async fn handle<'a>(context: &Context, request: DeleteGroupsRequest<'a>) -> DeleteGroupsResponse<'a> {
    let mut results = Vec::with_capacity(request.groups_names.len());
    for group_id in request.groups_names {
        let code = delete(context, &group_id).await;
        results.push(DeletableGroupResult { group_id, error_code: code.as_i16() });
    }
    DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
}

async fn delete(context: &Context, name: &str) -> KafkaCode {
    if let Err(code) = context.authorize(AclOperation::Delete, ResourceType::Group, name) {
        return code;
    }
    let core = context.core();
    let group = GroupId::new(name);
    if core.groups.with_members().contains(&group) {
        return KafkaCode::NonEmptyGroup;
    }
    match ask_groups(context, |token| Event::DeleteGroup { token, group: name.into() }).await {
        Some(Response::DeleteGroup(KafkaCode::None)) => {}
        Some(Response::DeleteGroup(code)) => return code,
        _ => return KafkaCode::CoordinatorNotAvailable,
    }
    match delete_positions(core, &group, |_| true).await {
        Ok(()) => KafkaCode::None,
        Err(error) => code_of(&error),
    }
}
