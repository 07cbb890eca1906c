//! InitProducerId (22), versions 0 to 5: who an idempotent or transactional producer is.

use crate::handlers::Context;
use crate::handlers::transaction_call::ask_transactions;
use log_coordination::transactions::{Event, InitProducerId, Origin, Response};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, ProducerEpoch, ProducerId};
use log_wire::messages::init_producer_id_request::InitProducerIdRequest;
use log_wire::messages::init_producer_id_response::InitProducerIdResponse;

pub(super) async fn handle(context: &Context, request: InitProducerIdRequest<'_>) -> InitProducerIdResponse {
    if let Err(code) = authorize(context, request.transactional_id.as_deref()) {
        return refused(code);
    }
    let version = context.version;
    let answer = ask_transactions(context, |token| {
        Event::InitProducerId(InitProducerId {
            token,
            version,
            transactional_id: request.transactional_id.map(|id| id.into_owned()),
            transaction_timeout_ms: request.transaction_timeout_ms,
            producer_id: ProducerId(request.producer_id),
            producer_epoch: ProducerEpoch(request.producer_epoch),
            origin: Origin::Client,
        })
    });
    match answer.await {
        Some(Response::ProducerId { code, producer_id, producer_epoch }) => InitProducerIdResponse {
            error_code: code.as_i16(),
            producer_id: producer_id.0,
            producer_epoch: producer_epoch.0,
            ..InitProducerIdResponse::default()
        },
        _ => refused(KafkaCode::CoordinatorNotAvailable),
    }
}

/// Whoever may write to some topic may be an idempotent producer (KIP-679).
fn authorize(context: &Context, transactional_id: Option<&str>) -> Result<(), KafkaCode> {
    match transactional_id {
        Some(id) => context.authorize(AclOperation::Write, ResourceType::TransactionalId, id),
        None if context.allows_any(AclOperation::Write, ResourceType::Topic) => Ok(()),
        None => context.authorize_cluster(AclOperation::IdempotentWrite),
    }
}

fn refused(code: KafkaCode) -> InitProducerIdResponse {
    InitProducerIdResponse { error_code: code.as_i16(), producer_epoch: -1, ..InitProducerIdResponse::default() }
}
