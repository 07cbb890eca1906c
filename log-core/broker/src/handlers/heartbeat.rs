//! Heartbeat (12), versions 0 to 4: a member of a classic group is alive, and learns of rebalances.

use crate::handlers::Context;
use crate::handlers::group_call::answer_of;
use log_coordination::groups::{Event, Heartbeat, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::heartbeat_request::HeartbeatRequest;
use log_wire::messages::heartbeat_response::HeartbeatResponse;

pub(super) async fn handle(context: &Context, request: HeartbeatRequest<'_>) -> HeartbeatResponse {
    if let Err(code) = context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id) {
        return HeartbeatResponse { error_code: code.as_i16(), ..HeartbeatResponse::default() };
    }
    let request = Heartbeat {
        group: (&*request.group_id).into(),
        member_id: (&*request.member_id).into(),
        instance_id: request.group_instance_id.as_deref().map(Into::into),
        generation: request.generation_id,
    };
    // It stores nothing, and so waits for no room in the journal.
    let core = context.core();
    let answer = core.group_coordinator.call(core, |_, token| Event::Heartbeat { token, request });
    let code = match answer_of(context, answer).await {
        Some(Response::Heartbeat(code)) => code,
        _ => KafkaCode::CoordinatorNotAvailable,
    };
    HeartbeatResponse { error_code: code.as_i16(), ..HeartbeatResponse::default() }
}
