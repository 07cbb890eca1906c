//! DescribeProducers (61), version 0: the idempotent and transactional producers that partitions remember (KIP-664). A partition is answered once,
//! however often it is named.

use crate::handlers::Context;
use crate::handlers::refusal::{Refusal, error_fields};
use crate::handlers::topic_ref::allowed_topic;
use log_model::acl::AclOperation;
use log_storage::partition::ProducerInfo;
use log_wire::messages::describe_producers_request::DescribeProducersRequest;
use log_wire::messages::describe_producers_response::{DescribeProducersResponse, PartitionResponse, ProducerState, TopicResponse};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: DescribeProducersRequest<'a>) -> DescribeProducersResponse<'a> {
    let answer = |topic: &str, index: i32| {
        let outcome = producers(context, topic, index);
        let (error_code, error_message) = error_fields(&outcome);
        let active_producers = outcome.unwrap_or_default().into_iter().map(state).collect();
        PartitionResponse { partition_index: index, error_code, error_message, active_producers }
    };
    let mut named = BTreeSet::new();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partition_indexes.into_iter().filter(|index| named.insert((topic.name.clone(), *index)));
        TopicResponse { partitions: partitions.map(|index| answer(&topic.name, index)).collect(), name: topic.name }
    });
    DescribeProducersResponse { topics: topics.collect(), ..DescribeProducersResponse::default() }
}

fn producers(context: &Context, topic: &str, index: i32) -> Result<Vec<ProducerInfo>, Refusal> {
    let core = context.core();
    let partition = allowed_topic(context, AclOperation::Read, topic, Uuid::nil())?.partition(index)?;
    Ok(core.directory()?.producers(&partition).map_err(|error| core.error(error))?)
}

fn state(producer: ProducerInfo) -> ProducerState {
    ProducerState {
        producer_id: producer.producer_id.0,
        producer_epoch: i32::from(producer.producer_epoch.0),
        last_sequence: producer.last_sequence.0,
        last_timestamp: producer.last_timestamp.0,
        coordinator_epoch: producer.coordinator_epoch,
        current_txn_start_offset: producer.transaction_first_offset.map_or(-1, |offset| offset.0),
    }
}
