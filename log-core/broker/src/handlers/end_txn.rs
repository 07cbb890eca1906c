//! EndTxn (26), versions 0 to 5: commits or aborts a transaction, in all its partitions at once. Version 5 answers the epoch of the next (KIP-890).

use crate::handlers::Context;
use crate::handlers::transaction_call::{ask_transactions, producer};
use log_coordination::transactions::{EndTxn, Event, Response};
use log_model::KafkaCode;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::end_txn_request::EndTxnRequest;
use log_wire::messages::end_txn_response::EndTxnResponse;

pub(super) async fn handle(context: &Context, request: EndTxnRequest<'_>) -> EndTxnResponse {
    if let Err(code) = context.authorize(AclOperation::Write, ResourceType::TransactionalId, &request.transactional_id) {
        return EndTxnResponse { error_code: code.as_i16(), ..EndTxnResponse::default() };
    }
    let version = context.version;
    let ended = ask_transactions(context, |token| {
        Event::EndTxn(EndTxn {
            token,
            version,
            transactional_id: request.transactional_id.into_owned(),
            producer: producer(request.producer_id, request.producer_epoch),
            committed: request.committed,
        })
    });
    match ended.await {
        Some(Response::Ended { code, producer_id, producer_epoch }) => EndTxnResponse {
            error_code: code.as_i16(),
            producer_id: producer_id.0,
            producer_epoch: producer_epoch.0,
            ..EndTxnResponse::default()
        },
        _ => EndTxnResponse { error_code: KafkaCode::CoordinatorNotAvailable.as_i16(), ..EndTxnResponse::default() },
    }
}
