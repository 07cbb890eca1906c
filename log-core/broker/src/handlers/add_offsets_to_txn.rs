//! AddOffsetsToTxn (25), versions 0 to 4: a group's positions become part of a transaction.

use crate::handlers::Context;
use crate::handlers::transaction_call::{ask_transactions, producer};
use crate::node::topics::offsets_partition;
use log_coordination::transactions::{AddPartitions, AddedBy, Event, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::add_offsets_to_txn_request::AddOffsetsToTxnRequest;
use log_wire::messages::add_offsets_to_txn_response::AddOffsetsToTxnResponse;

pub(super) async fn handle(context: &Context, request: AddOffsetsToTxnRequest<'_>) -> AddOffsetsToTxnResponse {
    let allowed = context.authorize(AclOperation::Write, ResourceType::TransactionalId, &request.transactional_id);
    if let Err(code) = allowed.and_then(|()| context.authorize(AclOperation::Read, ResourceType::Group, &request.group_id)) {
        return AddOffsetsToTxnResponse { error_code: code.as_i16(), ..AddOffsetsToTxnResponse::default() };
    }
    let version = context.version;
    let added = ask_transactions(context, |token| {
        Event::AddPartitions(AddPartitions {
            token,
            by: AddedBy::AddOffsetsToTxn(version),
            transactional_id: request.transactional_id.into_owned(),
            producer: producer(request.producer_id, request.producer_epoch),
            partitions: vec![offsets_partition()],
        })
    });
    let code = match added.await {
        Some(Response::Added(code)) => code,
        _ => KafkaCode::CoordinatorNotAvailable,
    };
    AddOffsetsToTxnResponse { error_code: code.as_i16(), ..AddOffsetsToTxnResponse::default() }
}
