//! What an operator may ask about the producers of a partition. Source: Kafka's `DescribeProducers` (KIP-664).

use super::log::PartitionLog;
use log_model::{Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};

/// What a partition knows of one idempotent or transactional producer: Kafka's `DescribeProducers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerInfo {
    /// Its id.
    pub producer_id: ProducerId,
    /// Its newest epoch.
    pub producer_epoch: ProducerEpoch,
    /// The sequence of its last record; [`Sequence::NONE`] if only markers are known.
    pub last_sequence: Sequence,
    /// The largest timestamp of its last batch.
    pub last_timestamp: Timestamp,
    /// The epoch of the coordinator that wrote its last marker; -1 if none did.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins, if one is open.
    pub transaction_first_offset: Option<Offset>,
}

impl PartitionLog {
    /// The idempotent and transactional producers it remembers, by id.
    pub fn producers(&self) -> impl Iterator<Item = ProducerInfo> {
        self.producers.iter().map(|(producer_id, producer)| ProducerInfo {
            producer_id,
            producer_epoch: producer.epoch,
            last_sequence: producer.batches.last().map_or(Sequence::NONE, |mark| mark.last_sequence),
            last_timestamp: producer.last_timestamp,
            coordinator_epoch: producer.coordinator_epoch,
            transaction_first_offset: producer.transaction_first_offset,
        })
    }
}
