//! Whether a transactional write may go into a partition: asked before it is appended, in the critical section that also stages it, so that
//! no marker comes between. A write that is not part of an open transaction would be read as committed, or hold readers back for ever.
//!
//! Source: KIP-890; Kafka's `handleVerifyPartitionsInTransaction`.

use super::codes;
use super::entry::Entry;
use super::machine::Transactions;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState};
use log_model::{KafkaCode, TopicPartition};

/// What to do with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteCheck {
    /// Append it.
    Ready,
    /// Add the partition with [`Event::AddPartitions`](super::Event::AddPartitions), and check again once that is answered.
    AddFirst,
    /// Refuse it.
    Refused(KafkaCode),
}

impl Transactions {
    /// Checks a transactional batch of a `Produce` request of `version`.
    pub fn check_produce(
        &self,
        transactional_id: &str,
        producer: ProducerIdAndEpoch,
        partition: &TopicPartition,
        version: i16,
    ) -> WriteCheck {
        let found = self.is_part(transactional_id, producer, partition);
        judge(found, version >= codes::PRODUCE_ADDS, |code| codes::for_produce(version, code))
    }

    /// Checks a `TxnOffsetCommit` request of `version`; `partition` is the one of `__consumer_offsets` that keeps the group's offsets.
    pub fn check_offset_commit(
        &self,
        transactional_id: &str,
        producer: ProducerIdAndEpoch,
        partition: &TopicPartition,
        version: i16,
    ) -> WriteCheck {
        let found = self.is_part(transactional_id, producer, partition);
        judge(found, version >= codes::OFFSET_COMMIT_ADDS, |code| codes::for_offset_commit(version, code))
    }

    /// Answers for one partition of an `AddPartitionsToTxn` request of `version` 4 or later that only verifies.
    pub fn verify(&self, transactional_id: &str, producer: ProducerIdAndEpoch, partition: &TopicPartition, version: i16) -> KafkaCode {
        let code = match self.is_part(transactional_id, producer, partition) {
            Ok(true) => KafkaCode::None,
            Ok(false) => KafkaCode::TransactionAbortable,
            Err(code) => code,
        };
        codes::for_verify(version, code)
    }

    /// The entry and state of a transactional id, for its newest producer only.
    pub(super) fn settled_of(&self, transactional_id: &str, producer: ProducerIdAndEpoch) -> Result<(&Entry, &Transaction), KafkaCode> {
        let entry = self.entries.get(transactional_id).ok_or(KafkaCode::InvalidProducerIdMapping)?;
        let settled = entry.settled.as_ref().ok_or(KafkaCode::InvalidProducerIdMapping)?;
        settled.check(producer)?;
        Ok((entry, settled))
    }

    fn is_part(&self, transactional_id: &str, producer: ProducerIdAndEpoch, partition: &TopicPartition) -> Result<bool, KafkaCode> {
        if transactional_id.is_empty() {
            return Err(KafkaCode::InvalidRequest);
        }
        let (entry, settled) = self.settled_of(transactional_id, producer)?;
        // The end may have its place in the log already: what is written now would come after the marker.
        if entry.is_blocked() {
            return Err(KafkaCode::ConcurrentTransactions);
        }
        match settled.state {
            TransactionState::PrepareCommit | TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => {
                Err(KafkaCode::ConcurrentTransactions)
            }
            TransactionState::Ongoing => Ok(settled.partitions.contains(partition)),
            TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort | TransactionState::Dead => {
                Ok(false)
            }
        }
    }
}

fn judge(found: Result<bool, KafkaCode>, adds: bool, code: impl Fn(KafkaCode) -> KafkaCode) -> WriteCheck {
    match found {
        Ok(true) => WriteCheck::Ready,
        Ok(false) if adds => WriteCheck::AddFirst,
        Ok(false) => WriteCheck::Refused(code(KafkaCode::TransactionAbortable)),
        Err(refusal) => WriteCheck::Refused(code(refusal)),
    }
}
