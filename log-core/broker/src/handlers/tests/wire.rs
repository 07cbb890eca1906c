//! Batches, and the requests that write and read them, in few words.

use super::client::{Client, code};
use bytes::{Bytes, BytesMut};
use log_model::{CompressionType, KafkaCode, ProducerEpoch, ProducerId, Sequence, Timestamp};
use log_record::control::ControlType;
use log_record::{BatchBuilder, RecordBatch};
use log_wire::messages::delete_topics_request::DeleteTopicState;
use log_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use log_wire::messages::fetch_response::PartitionData;
use log_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use log_wire::messages::produce_response::PartitionProduceResponse;
use log_wire::messages::{
    DeleteTopicsRequest, DeleteTopicsResponse, FetchRequest, FetchResponse, InitProducerIdRequest, InitProducerIdResponse, ProduceRequest,
    ProduceResponse,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Versions in which topics have names and transactions are those of KIP-890.
pub(crate) const PRODUCE: i16 = 12;
/// The last version in which topics have names.
pub(crate) const FETCH: i16 = 12;
/// As many bytes as anybody may want.
pub(crate) const PLENTY_BYTES: i32 = 1 << 20;

/// Who sends batches: producer id and epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

impl Who {
    /// The incarnation after so many more.
    pub(crate) fn later(self, epochs: i16) -> Who {
        Who { epoch: self.epoch + epochs, ..self }
    }
}

/// A batch of values without keys, of a plain producer.
pub(crate) fn batch(values: &[&str]) -> RecordBatch {
    encoded(CompressionType::None, values)
}

/// As [`batch`], compressed.
pub(crate) fn encoded(codec: CompressionType, values: &[&str]) -> RecordBatch {
    let mut builder = BatchBuilder::new(codec);
    for value in values {
        builder.append_parts(Timestamp(1), None, Some(value.as_bytes()), &[]).unwrap();
    }
    builder.build()
}

/// As [`batch`], of an idempotent producer.
pub(crate) fn numbered(values: &[&str], who: Who, sequence: i32) -> RecordBatch {
    batch(values).with_producer(ProducerId(who.id), ProducerEpoch(who.epoch), Sequence(sequence), false)
}

/// As [`batch`], as part of a transaction.
pub(crate) fn transactional(values: &[&str], who: Who, sequence: i32) -> RecordBatch {
    batch(values).with_producer(ProducerId(who.id), ProducerEpoch(who.epoch), Sequence(sequence), true)
}

/// A batch with these bytes of its header or records changed and, if asked for, the checksum made to fit.
pub(crate) fn tampered(batch: &RecordBatch, at: usize, bytes: &[u8], is_sealed: bool) -> Bytes {
    const CRC: usize = 17;
    const ATTRIBUTES: usize = 21;
    let mut all = BytesMut::from(&batch.as_bytes()[..]);
    all[at..at + bytes.len()].copy_from_slice(bytes);
    if is_sealed {
        let crc = crc_fast::crc32_iscsi(&all[ATTRIBUTES..]);
        all[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
    }
    all.freeze()
}

/// A request to store a batch in each of these partitions, durably before the answer.
pub(crate) fn produce(parts: &[(&str, i32, Bytes)]) -> ProduceRequest<'static> {
    let mut topics: Vec<TopicProduceData<'static>> = Vec::new();
    for (topic, index, records) in parts {
        let data = PartitionProduceData { index: *index, records: Some(records.clone().into()) };
        match topics.last_mut().filter(|last| last.name == *topic) {
            Some(last) => last.partition_data.push(data),
            None => topics.push(TopicProduceData {
                name: (*topic).to_owned().into(),
                partition_data: vec![data],
                ..TopicProduceData::default()
            }),
        }
    }
    ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: topics, ..ProduceRequest::default() }
}

/// A request that reads these partitions from an offset on, and waits for nothing.
pub(crate) fn fetch(wanted: &[(&str, i32, i64)]) -> FetchRequest<'static> {
    let topic = |(topic, partition, offset): &(&str, i32, i64)| FetchTopic {
        topic: (*topic).to_owned().into(),
        partitions: vec![FetchPartition {
            partition: *partition,
            fetch_offset: *offset,
            partition_max_bytes: PLENTY_BYTES,
            ..FetchPartition::default()
        }],
        ..FetchTopic::default()
    };
    FetchRequest { topics: wanted.iter().map(topic).collect(), ..FetchRequest::default() }
}

/// As [`fetch`], of topics by their ids.
pub(crate) fn fetch_by_id(wanted: &[(Uuid, i32, i64)]) -> FetchRequest<'static> {
    let mut request = fetch(&wanted.iter().map(|(_, partition, offset)| ("", *partition, *offset)).collect::<Vec<_>>());
    for (topic, (id, ..)) in request.topics.iter_mut().zip(wanted) {
        topic.topic_id = *id;
    }
    request
}

/// The batches of a partition of an answer.
pub(crate) fn batches(data: &PartitionData) -> Vec<RecordBatch> {
    let mut bytes = data.records.clone().expect("records are never null").into_bytes();
    let mut batches = Vec::new();
    while let Some(batch) = RecordBatch::split(&mut bytes).unwrap() {
        batches.push(batch);
    }
    assert!(bytes.is_empty(), "batches are whole");
    batches
}

/// The values of records that are not control records.
pub(crate) fn values(batches: &[RecordBatch]) -> Vec<String> {
    let records = batches.iter().filter(|batch| !batch.is_control()).flat_map(|batch| batch.records().unwrap());
    records.map(|record| String::from_utf8(record.unwrap().record.value.unwrap().to_vec()).unwrap()).collect()
}

impl Client {
    /// Stores batches; gives the answers of the partitions in their order.
    pub(crate) async fn produce(&mut self, version: i16, request: &ProduceRequest<'static>) -> Vec<PartitionProduceResponse<'static>> {
        let answer: ProduceResponse<'_> = self.ask(version, request).await;
        answer.responses.into_iter().flat_map(|topic| topic.partition_responses).collect()
    }

    /// Stores one batch; gives the code and the offset.
    pub(crate) async fn append(&mut self, topic: &str, partition: i32, batch: &RecordBatch) -> (KafkaCode, i64) {
        let answers = self.produce(PRODUCE, &produce(&[(topic, partition, batch.as_bytes().clone())])).await;
        (code(answers[0].error_code), answers[0].base_offset)
    }

    /// The answers of the partitions in their order; the request itself must be accepted.
    pub(crate) async fn fetch(&mut self, version: i16, request: &FetchRequest<'static>) -> Vec<PartitionData> {
        let answer: FetchResponse<'_> = self.ask(version, request).await;
        assert_eq!(code(answer.error_code), KafkaCode::None);
        answer.responses.into_iter().flat_map(|topic| topic.partitions).collect()
    }

    /// Every batch of a partition that is durable, or of it what a reader of committed records is given, with what it is told of
    /// aborted transactions.
    async fn read_all(&mut self, topic: &str, partition: i32, isolation_level: i8) -> (Vec<RecordBatch>, Vec<(i64, i64)>) {
        let (mut all, mut aborted) = (Vec::new(), Vec::new());
        loop {
            let offset = all.last().map_or(0, |batch: &RecordBatch| batch.next_offset().0);
            let request = FetchRequest { isolation_level, ..fetch(&[(topic, partition, offset)]) };
            let data = self.fetch(FETCH, &request).await.remove(0);
            assert_eq!(code(data.error_code), KafkaCode::None);
            let found = batches(&data);
            if found.is_empty() {
                return (all, aborted);
            }
            all.extend(found);
            let told = data.aborted_transactions.unwrap_or_default();
            aborted.extend(told.into_iter().map(|told| (told.first_offset, told.producer_id)));
        }
    }

    /// The values of all records, whatever becomes of their transactions.
    pub(crate) async fn stored(&mut self, topic: &str, partition: i32) -> Vec<String> {
        values(&self.read_all(topic, partition, 0).await.0)
    }

    /// The values that a consumer of committed records delivers: it leaves out what a producer wrote between the first offset of an
    /// aborted transaction and its marker.
    pub(crate) async fn committed(&mut self, topic: &str, partition: i32) -> Vec<String> {
        let (all, mut told) = self.read_all(topic, partition, 1).await;
        told.sort_unstable();
        told.dedup();
        let mut aborting: BTreeSet<i64> = BTreeSet::new();
        let mut told = told.into_iter().peekable();
        let mut delivered = Vec::new();
        for batch in all {
            while let Some((_, producer)) = told.next_if(|(first_offset, _)| *first_offset <= batch.last_offset().0) {
                aborting.insert(producer);
            }
            let producer = batch.producer_id().0;
            if batch.is_control() {
                let record = batch.records().unwrap().next().unwrap().unwrap();
                if ControlType::from_key(record.key.as_deref().unwrap()).unwrap() == ControlType::Abort {
                    aborting.remove(&producer);
                }
            } else if !(batch.is_transactional() && aborting.contains(&producer)) {
                delivered.extend(values(&[batch]));
            }
        }
        delivered
    }

    /// Deletes a topic.
    pub(crate) async fn delete_topic(&mut self, topic: &'static str) {
        let topics = vec![DeleteTopicState { name: Some(topic.into()), ..DeleteTopicState::default() }];
        let request = DeleteTopicsRequest { topics, timeout_ms: 10_000, ..DeleteTopicsRequest::default() };
        let answer: DeleteTopicsResponse<'_> = self.ask(6, &request).await;
        assert_eq!(code(answer.responses[0].error_code), KafkaCode::None);
    }

    /// A new producer; with a transactional id the newest of it.
    pub(crate) async fn init_producer(&mut self, transactional_id: Option<&'static str>) -> Who {
        let request = InitProducerIdRequest {
            transactional_id: transactional_id.map(Into::into),
            transaction_timeout_ms: 60_000,
            producer_id: -1,
            producer_epoch: -1,
        };
        let answer: InitProducerIdResponse = self.ask(5, &request).await;
        assert_eq!(code(answer.error_code), KafkaCode::None);
        Who { id: answer.producer_id, epoch: answer.producer_epoch }
    }
}
