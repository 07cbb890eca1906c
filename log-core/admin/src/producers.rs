//! Producers that a partition knows (DescribeProducers).

use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_model::TopicPartition;
use log_wire::messages::DescribeProducersRequest;
use log_wire::messages::describe_producers_request::TopicRequest;

/// An idempotent or transactional producer that a partition remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveProducer {
    /// Its id.
    pub producer_id: i64,
    /// Its epoch.
    pub epoch: i32,
    /// The sequence of its last record; none before the first.
    pub last_sequence: Option<i32>,
    /// The timestamp of its last record, in milliseconds; none before the first.
    pub last_timestamp_ms: Option<i64>,
    /// The first offset of its open transaction; none if none is open.
    pub transaction_start: Option<i64>,
    /// The epoch of its transaction coordinator.
    pub coordinator_epoch: i32,
}

impl ClusterAdmin {
    /// The producers that the leader of a partition remembers, by id.
    pub async fn describe_producers(&self, partition: &TopicPartition) -> Result<Vec<ActiveProducer>> {
        let topic = TopicRequest { name: partition.topic.as_str().into(), partition_indexes: vec![partition.partition] };
        let call = self.call();
        let leader = call.leader(partition).await?;
        let answer = call.ask_node(&leader, &DescribeProducersRequest { topics: vec![topic] }).await?;
        let response = answer.read()?;
        let mut producers = Vec::new();
        for found in response.topics.iter().flat_map(|topic| &topic.partitions) {
            check(found.error_code, found.error_message.as_deref(), || format!("the producers of {partition} were not described"))?;
            producers.extend(found.active_producers.iter().map(|producer| ActiveProducer {
                producer_id: producer.producer_id,
                epoch: producer.producer_epoch,
                last_sequence: Some(producer.last_sequence).filter(|sequence| *sequence >= 0),
                last_timestamp_ms: Some(producer.last_timestamp).filter(|timestamp| *timestamp >= 0),
                transaction_start: Some(producer.current_txn_start_offset).filter(|offset| *offset >= 0),
                coordinator_epoch: producer.coordinator_epoch,
            }));
        }
        producers.sort_by_key(|producer| producer.producer_id);
        Ok(producers)
    }
}
