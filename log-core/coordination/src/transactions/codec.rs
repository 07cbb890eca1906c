//! Records of `__transaction_state`: Kafka's `TransactionLogKey` (type 0) and `TransactionLogValue` (version 1, read from 0).
//!
//! The epoch before the present one is not stored. `PreviousProducerId` tells it: absent for none; the present id for the epoch below; another
//! id, which the present one has replaced, for the last epoch a client may hold. Whoever wants to read a log that Kafka itself wrote
//! must know that Kafka stores the field also after fencing.
//!
//! [`Record::ProducerIds`] has no bytes here: Kafka keeps blocks of ids among the metadata, and so does the runtime.

use super::record::Record;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState, TransactionVersion};
use bytes::Bytes;
use log_model::{ErrorKind, InvalidTopicName, ProducerEpoch, ProducerId, TopicName, TopicPartition};
use log_wire::records::transaction_log_value::PartitionsSchema;
use log_wire::records::{self, RecordKey, TransactionLogKey, TransactionLogValue};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use thiserror::Error;

/// The version that values are written in.
const VALUE_VERSION: i16 = 1;

/// `ClientTransactionVersion` of protocol 2; Kafka writes 0 or 1 for protocol 1.
const CLIENT_V2: i16 = 2;

/// Why bytes are not a record, or a record has no bytes.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The bytes are not of Kafka's schema, or a text is too long for it.
    #[error("a record of transactions does not follow its schema")]
    Schema(#[from] log_wire::Error),
    /// There is no such state.
    #[error("a record of transactions names state {0}, which does not exist")]
    State(i8),
    /// A partition's topic cannot exist.
    #[error("a record of transactions names a topic that cannot exist")]
    Topic(#[from] InvalidTopicName),
}

impl RecordError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}

impl Record {
    /// Key and value for `__transaction_state`; a value of `None` is a tombstone. `None` for [`Record::ProducerIds`].
    pub fn encode(&self) -> Result<Option<(Bytes, Option<Bytes>)>, RecordError> {
        let Record::Transaction { transactional_id, transaction } = self else { return Ok(None) };
        let key = records::encode_key(&TransactionLogKey { transactional_id: Cow::Borrowed(transactional_id) })?;
        let value = transaction.as_ref().map(|transaction| records::encode_value(&value_of(transaction), VALUE_VERSION)).transpose()?;
        Ok(Some((key, value)))
    }

    /// The record of a key and value; `None` for a type of a later program.
    pub fn decode(key: &Bytes, value: Option<&Bytes>) -> Result<Option<Record>, RecordError> {
        if records::record_type(key)? != TransactionLogKey::RECORD_TYPE {
            return Ok(None);
        }
        let key: TransactionLogKey = records::decode_key(key)?;
        let transaction = value.map(|value| transaction_of(records::decode_value(value)?)).transpose()?;
        Ok(Some(Record::Transaction { transactional_id: Arc::from(key.transactional_id.as_ref()), transaction }))
    }
}

fn value_of(transaction: &Transaction) -> TransactionLogValue<'_> {
    let mut topics: Vec<PartitionsSchema> = Vec::new();
    for TopicPartition { topic, partition } in &transaction.partitions {
        match topics.last_mut().filter(|last| last.topic == topic.as_str()) {
            Some(last) => last.partition_ids.push(*partition),
            None => topics.push(PartitionsSchema { topic: Cow::Borrowed(topic.as_str()), partition_ids: vec![*partition] }),
        }
    }
    TransactionLogValue {
        producer_id: transaction.producer.id.0,
        producer_epoch: transaction.producer.epoch.0,
        previous_producer_id: transaction.previous.map_or(ProducerId::NONE, |previous| previous.id).0,
        next_producer_id: transaction.next_producer_id.unwrap_or(ProducerId::NONE).0,
        transaction_timeout_ms: transaction.timeout_ms,
        transaction_status: transaction.state as i8,
        transaction_partitions: (transaction.state != TransactionState::Empty).then_some(topics),
        transaction_last_update_timestamp_ms: transaction.last_update_ms,
        transaction_start_timestamp_ms: transaction.start_ms,
        client_transaction_version: match transaction.version {
            TransactionVersion::V1 => 0,
            TransactionVersion::V2 => CLIENT_V2,
        },
        ..TransactionLogValue::default()
    }
}

fn transaction_of(value: TransactionLogValue<'_>) -> Result<Transaction, RecordError> {
    let status = value.transaction_status;
    let state = TransactionState::of_number(status).ok_or(RecordError::State(status))?;
    let producer = ProducerIdAndEpoch { id: ProducerId(value.producer_id), epoch: ProducerEpoch(value.producer_epoch) };
    let mut partitions = BTreeSet::new();
    for PartitionsSchema { topic, partition_ids } in value.transaction_partitions.unwrap_or_default() {
        let topic = TopicName::new(topic)?;
        partitions.extend(partition_ids.into_iter().map(|partition| topic.partition(partition)));
    }
    Ok(Transaction {
        producer,
        previous: previous_of(producer, value.previous_producer_id).filter(|_| state != TransactionState::Ongoing),
        next_producer_id: (value.next_producer_id >= 0).then_some(ProducerId(value.next_producer_id)),
        timeout_ms: value.transaction_timeout_ms,
        state,
        partitions,
        start_ms: value.transaction_start_timestamp_ms,
        last_update_ms: value.transaction_last_update_timestamp_ms,
        version: if value.client_transaction_version >= CLIENT_V2 { TransactionVersion::V2 } else { TransactionVersion::V1 },
    })
}

fn previous_of(producer: ProducerIdAndEpoch, previous_id: i64) -> Option<ProducerIdAndEpoch> {
    let id = ProducerId(previous_id);
    match producer.epoch.0 {
        _ if previous_id < 0 => None,
        epoch if id == producer.id => (epoch > 0).then(|| ProducerIdAndEpoch { id, epoch: ProducerEpoch(epoch - 1) }),
        epoch => (epoch == 0).then(|| ProducerIdAndEpoch::last(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transactions::test_world::{partition, producer};

    fn ongoing() -> Transaction {
        let mut transaction = Transaction::empty(producer(7, 3), 60_000, 2);
        transaction.state = TransactionState::Ongoing;
        transaction.partitions = [partition(0), partition(2), TopicName::new("a").unwrap().partition(1)].into();
        transaction.start_ms = 1;
        transaction
    }

    fn round_trip(transaction: Option<Transaction>) -> Record {
        let record = Record::Transaction { transactional_id: "äpp".into(), transaction };
        let (key, value) = record.encode().unwrap().unwrap();
        Record::decode(&key, value.as_ref()).unwrap().unwrap()
    }

    #[test]
    fn records_have_kafkas_bytes() {
        let record = Record::Transaction { transactional_id: "a".into(), transaction: Some(ongoing()) };
        let (key, value) = record.encode().unwrap().unwrap();
        assert_eq!(key[..], [0, 0, 0, 1, b'a']);
        let expected: &[u8] = &[
            &[0, 1][..],                  // Version
            &7i64.to_be_bytes(),          // ProducerId
            &3i16.to_be_bytes(),          // ProducerEpoch
            &60_000i32.to_be_bytes(),     // TransactionTimeoutMs
            &[1],                         // TransactionStatus
            &[3],                         // two topics
            &[2, b'a', 2, 0, 0, 0, 1, 0], // a: 1
            b"\x07orders\x03",            // orders: two partitions
            &[0, 0, 0, 0, 0, 0, 0, 2, 0], // 0, 2
            &2i64.to_be_bytes(),          // TransactionLastUpdateTimestampMs
            &1i64.to_be_bytes(),          // TransactionStartTimestampMs
            &[0],                         // no tags
        ]
        .concat();
        assert_eq!(value.unwrap()[..], *expected);
    }

    #[test]
    fn states_survive_their_record() {
        let mut cases = vec![ongoing(), Transaction::empty(producer(1, 0), 5, 9)];
        for (holds, previous) in [((7, 3), (7, 2)), ((8, 0), (7, i16::MAX - 1))] {
            for state in [TransactionState::Empty, TransactionState::CompleteCommit, TransactionState::PrepareAbort] {
                let mut transaction = Transaction::empty(producer(holds.0, holds.1), 5, 9);
                transaction.state = state;
                transaction.previous = Some(producer(previous.0, previous.1));
                transaction.next_producer_id = Some(ProducerId(44));
                transaction.version = TransactionVersion::V2;
                cases.push(transaction);
            }
        }
        for transaction in cases.into_iter().map(Some).chain([None]) {
            let expected = Record::Transaction { transactional_id: "äpp".into(), transaction: transaction.clone() };
            assert_eq!(round_trip(transaction), expected);
        }
        assert!(Record::ProducerIds { end: 3 }.encode().unwrap().is_none());
    }

    #[test]
    fn other_types_are_left_alone_and_damage_is_named() {
        assert!(Record::decode(&Bytes::from_static(&[0, 9, 1]), None).unwrap().is_none());
        let (key, value) = Record::Transaction { transactional_id: "a".into(), transaction: Some(ongoing()) }.encode().unwrap().unwrap();
        let value = value.unwrap();
        for end_position in 0..value.len() - 1 {
            let cut = Record::decode(&key, Some(&value.slice(..end_position)));
            assert_eq!(cut.unwrap_err().kind(), ErrorKind::Corrupt, "{end_position}");
        }
        let mut odd = value.to_vec();
        odd[16] = 8;
        assert!(matches!(Record::decode(&key, Some(&odd.into())), Err(RecordError::State(8))));
    }
}
