//! AddPartitionsToTxn (24), versions 0 to 5: partitions become part of a transaction. Clients send versions 0 to 3; from 4 on other brokers ask for
//! several transactions at once, or only whether a partition belongs to one (KIP-890).

use crate::handlers::Context;
use crate::handlers::transaction_call::{ask_transactions, producer, split_missing};
use log_coordination::transactions::{AddPartitions, AddedBy, Event, ProducerIdAndEpoch, Response};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, TopicPartition};
use log_wire::messages::add_partitions_to_txn_request::{AddPartitionsToTxnRequest, AddPartitionsToTxnTopic};
use log_wire::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResponse, AddPartitionsToTxnResult, AddPartitionsToTxnTopicResult,
};
use std::collections::BTreeMap;

pub(super) async fn handle<'a>(context: &Context, request: AddPartitionsToTxnRequest<'a>) -> AddPartitionsToTxnResponse<'a> {
    if context.version <= 3 {
        let by = producer(request.v3_and_below_producer_id, request.v3_and_below_producer_epoch);
        let id = request.v3_and_below_transactional_id;
        let results = add(context, &id, by, false, request.v3_and_below_topics).await;
        return AddPartitionsToTxnResponse { results_by_topic_v3_and_below: results, ..AddPartitionsToTxnResponse::default() };
    }
    if let Err(code) = context.authorize_cluster(AclOperation::ClusterAction) {
        return AddPartitionsToTxnResponse { error_code: code.as_i16(), ..AddPartitionsToTxnResponse::default() };
    }
    let mut results = Vec::with_capacity(request.transactions.len());
    for transaction in request.transactions {
        let by = producer(transaction.producer_id, transaction.producer_epoch);
        let topic_results = add(context, &transaction.transactional_id, by, transaction.verify_only, transaction.topics).await;
        results.push(AddPartitionsToTxnResult { transactional_id: transaction.transactional_id, topic_results });
    }
    AddPartitionsToTxnResponse { results_by_transaction: results, ..AddPartitionsToTxnResponse::default() }
}

async fn add<'a>(
    context: &Context,
    transactional_id: &str,
    by: ProducerIdAndEpoch,
    verify_only: bool,
    topics: Vec<AddPartitionsToTxnTopic<'a>>,
) -> Vec<AddPartitionsToTxnTopicResult<'a>> {
    let allowed = match context.version {
        ..=3 => context.authorize(AclOperation::Write, ResourceType::TransactionalId, transactional_id),
        _ => Ok(()),
    };
    if let Err(code) = allowed {
        return answers(topics, |_, _| code);
    }
    let mut partitions = Vec::new();
    // By the place of the topic in the request.
    let mut codes: BTreeMap<(usize, i32), KafkaCode> = BTreeMap::new();
    let mut places = Vec::new();
    for (place, topic) in topics.iter().enumerate() {
        if let Err(code) = authorize(context, &topic.name) {
            codes.extend(topic.partitions.iter().map(|index| ((place, *index), code)));
            continue;
        }
        let (there, missing) = split_missing(context, &topic.name, &topic.partitions);
        codes.extend(missing.into_iter().map(|(index, code)| ((place, index), code)));
        places.extend(there.iter().map(|partition| (place, partition.partition)));
        partitions.extend(there);
    }
    let outcome = match codes.is_empty() {
        // One that is missing or forbidden stops all the others.
        false => vec![KafkaCode::OperationNotAttempted; partitions.len()],
        true if verify_only => verify(context, transactional_id, by, partitions),
        true => add_all(context, transactional_id, by, partitions).await,
    };
    codes.extend(places.into_iter().zip(outcome));
    answers(topics, |place, index| codes.get(&(place, index)).copied().unwrap_or(KafkaCode::None))
}

/// From version 4 on other nodes ask, whose clients were asked already.
fn authorize(context: &Context, topic: &str) -> Result<(), KafkaCode> {
    match context.version {
        ..=3 => context.authorize(AclOperation::Write, ResourceType::Topic, topic),
        _ => Ok(()),
    }
}

fn answers<'a>(
    topics: Vec<AddPartitionsToTxnTopic<'a>>,
    code: impl Fn(usize, i32) -> KafkaCode,
) -> Vec<AddPartitionsToTxnTopicResult<'a>> {
    let result = |(place, topic): (usize, AddPartitionsToTxnTopic<'a>)| {
        let partition = |index: &i32| AddPartitionsToTxnPartitionResult {
            partition_index: *index,
            partition_error_code: code(place, *index).as_i16(),
        };
        let results_by_partition = topic.partitions.iter().map(partition).collect();
        AddPartitionsToTxnTopicResult { name: topic.name, results_by_partition }
    };
    topics.into_iter().enumerate().map(result).collect()
}

/// The code of each partition, in their order.
fn verify(context: &Context, transactional_id: &str, by: ProducerIdAndEpoch, partitions: Vec<TopicPartition>) -> Vec<KafkaCode> {
    let transactions = context.core().transactions.hold(context.core());
    partitions.iter().map(|partition| transactions.machine().verify(transactional_id, by, partition, context.version)).collect()
}

async fn add_all(context: &Context, transactional_id: &str, by: ProducerIdAndEpoch, partitions: Vec<TopicPartition>) -> Vec<KafkaCode> {
    let (version, count) = (context.version, partitions.len());
    let added = ask_transactions(context, |token| {
        Event::AddPartitions(AddPartitions {
            token,
            by: AddedBy::AddPartitionsToTxn(version),
            transactional_id: transactional_id.to_owned(),
            producer: by,
            partitions,
        })
    });
    let code = match added.await {
        Some(Response::Added(code)) => code,
        _ => KafkaCode::CoordinatorNotAvailable,
    };
    vec![code; count]
}
