//! DescribeTransactions (65), version 0: where transactions stand and what they have written to (KIP-664).

use crate::handlers::Context;
use crate::handlers::once::once;
use log_coordination::transactions::Description;
use log_model::TopicName;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::describe_transactions_request::DescribeTransactionsRequest;
use log_wire::messages::describe_transactions_response::{DescribeTransactionsResponse, TopicData, TransactionState};
use std::collections::BTreeMap;

pub(super) async fn handle<'a>(
    context: &Context,
    request: DescribeTransactionsRequest<'a>,
) -> DescribeTransactionsResponse<'a> {
    let transactions = context.core().transactions.hold(context.core());
    let describe = |id: &str| {
        context.authorize(AclOperation::Describe, ResourceType::TransactionalId, id)?;
        transactions.machine().describe(id)
    };
    let states = once(request.transactional_ids, Clone::clone).map(|transactional_id| match describe(&transactional_id) {
        Ok(described) => TransactionState { transactional_id, ..state(context, described) },
        Err(code) => TransactionState { transactional_id, error_code: code.as_i16(), ..TransactionState::default() },
    });
    DescribeTransactionsResponse { transaction_states: states.collect(), ..DescribeTransactionsResponse::default() }
}

fn state(context: &Context, described: Description) -> TransactionState<'static> {
    let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
    for partition in described.partitions {
        topics.entry(partition.topic).or_default().push(partition.partition);
    }
    topics.retain(|topic, _| context.allows(AclOperation::Describe, ResourceType::Topic, topic.as_str()));
    let topic = |(name, partitions): (TopicName, Vec<i32>)| TopicData { topic: name.as_str().to_owned().into(), partitions };
    TransactionState {
        transaction_state: described.state.name().into(),
        transaction_timeout_ms: described.timeout_ms,
        transaction_start_time_ms: described.start_ms,
        producer_id: described.producer.id.0,
        producer_epoch: described.producer.epoch.0,
        topics: topics.into_iter().map(topic).collect(),
        ..TransactionState::default()
    }
}
