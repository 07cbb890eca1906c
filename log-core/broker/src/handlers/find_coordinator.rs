//! FindCoordinator (10), versions 0 to 6: which broker looks after a group or a transactional id. There is one broker.

use crate::handlers::Context;
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::find_coordinator_request::FindCoordinatorRequest;
use log_wire::messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

pub(super) async fn handle<'a>(context: &Context, request: FindCoordinatorRequest<'a>) -> FindCoordinatorResponse<'a> {
    let broker = context.broker();
    let allowed = |kind: ResourceType, key: &str| context.authorize(AclOperation::Describe, kind, key).err().unwrap_or(KafkaCode::None);
    let code = |key: &str| match request.key_type {
        // An empty group id is one of the oldest clients' names for none.
        GROUP => allowed(ResourceType::Group, key),
        TRANSACTION if key.is_empty() => KafkaCode::InvalidRequest,
        TRANSACTION => allowed(ResourceType::TransactionalId, key),
        _ => KafkaCode::InvalidRequest,
    };
    let place = |code: KafkaCode| match code.is_none() {
        true => (broker.node_id, broker.advertised.host.clone(), i32::from(broker.advertised.port)),
        false => (-1, String::new(), -1),
    };
    let message = |code: KafkaCode| (!code.is_none()).then(|| code.message().into());
    if context.version <= 3 {
        let code = code(&request.key);
        let (node_id, host, port) = place(code);
        let error_message = message(code);
        return FindCoordinatorResponse {
            error_code: code.as_i16(),
            error_message,
            node_id,
            host: host.into(),
            port,
            ..FindCoordinatorResponse::default()
        };
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        let code = code(&key);
        let (node_id, host, port) = place(code);
        Coordinator { key, node_id, host: host.into(), port, error_code: code.as_i16(), error_message: message(code) }
    });
    FindCoordinatorResponse { coordinators: coordinators.collect(), ..FindCoordinatorResponse::default() }
}
