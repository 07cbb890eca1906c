//! ListTransactions (66), versions 0 to 2: transactional ids by state, producer, age and pattern (KIP-664, KIP-994, KIP-1152).

use crate::handlers::Context;
use log_coordination::transactions::Filter;
use log_model::ProducerId;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::list_transactions_request::ListTransactionsRequest;
use log_wire::messages::list_transactions_response::{ListTransactionsResponse, TransactionState};

pub(super) async fn handle(context: &Context, request: ListTransactionsRequest<'_>) -> ListTransactionsResponse<'static> {
    let filter = Filter {
        states: request.state_filters.into_iter().map(|state| state.into_owned()).collect(),
        producer_ids: request.producer_id_filters.into_iter().map(ProducerId).collect(),
        duration_ms: request.duration_filter,
        transactional_id_pattern: request.transactional_id_pattern.map(|pattern| pattern.into_owned()),
    };
    let listed = context.core().transactions.hold(context.core()).machine().list(&filter, context.now_ms());
    match listed {
        Err(code) => ListTransactionsResponse { error_code: code.as_i16(), ..ListTransactionsResponse::default() },
        Ok(listing) => {
            let all = listing.transactions.into_iter();
            let visible = all.filter(|one| context.allows(AclOperation::Describe, ResourceType::TransactionalId, &one.transactional_id));
            let states = visible.map(|one| TransactionState {
                transactional_id: one.transactional_id.into(),
                producer_id: one.producer_id.0,
                transaction_state: one.state.name().into(),
            });
            ListTransactionsResponse {
                unknown_state_filters: listing.unknown_states.into_iter().map(Into::into).collect(),
                transaction_states: states.collect(),
                ..ListTransactionsResponse::default()
            }
        }
    }
}
