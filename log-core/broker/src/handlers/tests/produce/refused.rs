//! Batches that are not stored, and the code that says why. Which code is Kafka's was seen with `ProduceRequest.validateRecords` of its 4.3.1.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::wire::{PRODUCE, Who, batch, numbered, produce, tampered, transactional};
use bytes::Bytes;
use log_model::{CompressionType, KafkaCode, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType};
use log_record::control::{ControlType, end_marker};
use log_record::{BatchBuilder, RecordBatch};
use log_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use log_wire::messages::{ProduceRequest, ProduceResponse};
use uuid::Uuid;

const LENGTH: usize = 8;
const MAGIC: usize = 16;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const RECORD_COUNT: usize = 57;

/// The bytes of records that a topic must not take, and Kafka's code for them.
fn damaged() -> Vec<(&'static str, Bytes, KafkaCode)> {
    use KafkaCode::{CorruptMessage, InvalidRecord};
    let good = batch(&["a", "b"]);
    let bytes = good.as_bytes();
    let who = Who { id: 900, epoch: 0 };
    let unnumbered = good.clone().with_producer(ProducerId(900), ProducerEpoch(0), Sequence(-1), false);
    let marker = end_marker(ControlType::Commit, (ProducerId(900), ProducerEpoch(0)), Timestamp(1), 0);
    vec![
        ("a changed byte", tampered(&good, bytes.len() - 2, &[0xff], false), CorruptMessage),
        ("a changed attribute", tampered(&good, ATTRIBUTES, &[0, 8], false), CorruptMessage),
        ("a magic of the future", tampered(&good, MAGIC, &[3], false), CorruptMessage),
        ("magic 1", tampered(&good, MAGIC, &[1], false), InvalidRecord),
        ("magic 0", tampered(&good, MAGIC, &[0], false), InvalidRecord),
        ("no bytes", Bytes::new(), InvalidRecord),
        ("half a header", bytes.slice(..30), InvalidRecord),
        ("a batch that is cut off", bytes.slice(..bytes.len() - 1), InvalidRecord),
        ("a length beyond the bytes", tampered(&good, LENGTH, &[0, 1, 0, 0], false), InvalidRecord),
        ("a length of less than a header", tampered(&good, LENGTH, &[0, 0, 0, 48], false), CorruptMessage),
        ("a negative length", tampered(&good, LENGTH, &[0xff; 4], false), CorruptMessage),
        ("two batches", [&bytes[..], &bytes[..]].concat().into(), InvalidRecord),
        ("no records", BatchBuilder::new(CompressionType::None).build().into_bytes(), InvalidRecord),
        ("more offsets than records", tampered(&good, LAST_OFFSET_DELTA, &[0, 0, 0, 7], true), InvalidRecord),
        ("more records than offsets", tampered(&good, RECORD_COUNT, &[0, 0, 0, 9], true), InvalidRecord),
        ("fewer records than offsets", tampered(&good, RECORD_COUNT, &[0, 0, 0, 1], true), InvalidRecord),
        ("a record count of 0", tampered(&good, RECORD_COUNT, &[0; 4], true), InvalidRecord),
        ("a negative number of records", tampered(&good, RECORD_COUNT, &[0xff; 4], true), InvalidRecord),
        ("a codec that does not exist", tampered(&good, ATTRIBUTES, &[0, 7], true), InvalidRecord),
        ("a marker", marker.into_bytes(), InvalidRecord),
        (
            "log append time",
            good.clone().with_max_timestamp(TimestampType::LogAppendTime, Timestamp(5)).into_bytes(),
            KafkaCode::InvalidTimestamp,
        ),
        ("a producer without a sequence", unnumbered.into_bytes(), InvalidRecord),
        ("a transaction without its id", transactional(&["a"], who, 0).into_bytes(), KafkaCode::TransactionalIdAuthorizationFailed),
    ]
}

#[test]
fn a_batch_that_is_wrong_is_refused_with_kafkas_code_and_not_stored() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        assert_eq!(client.append("t", 0, &batch(&["first"])).await, (KafkaCode::None, 0));
        for (name, bytes, expected) in damaged() {
            for version in 3..=12 {
                let answers = client.produce(version, &produce(&[("t", 0, bytes.clone())])).await;
                assert_eq!((code(answers[0].error_code), answers[0].base_offset), (expected, -1), "{name}, version {version}");
                assert_eq!(answers[0].error_message.is_some(), version >= 8, "{name}, version {version}");
            }
        }
        assert_eq!(client.append("t", 0, &batch(&["second"])).await, (KafkaCode::None, 1), "no offset was used up");
        assert_eq!(client.stored("t", 0).await, ["first", "second"]);
    });
    let node = node.restarted();
    assert_eq!(node.run(async |client| client.stored("t", 0).await), ["first", "second"]);
}

#[test]
fn null_records_are_refused_like_none() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let mut request = produce(&[("t", 0, Bytes::new())]);
        request.topic_data[0].partition_data[0].records = None;
        let answers = client.produce(PRODUCE, &request).await;
        assert_eq!(code(answers[0].error_code), KafkaCode::InvalidRecord);
        assert_eq!(client.stored("t", 0).await, Vec::<String>::new());
    });
}

#[test]
fn a_batch_above_the_topics_limit_is_refused_and_one_at_it_is_not() {
    let node = Node::start(&[]);
    let fits = batch(&["x".repeat(500).as_str()]);
    let limit = fits.size_bytes().to_string();
    node.create_configured("small", &[("max.message.bytes", &limit)]);
    let too_large = batch(&["x".repeat(501).as_str()]);
    node.run(async |client| {
        assert_eq!(client.append("small", 0, &too_large).await, (KafkaCode::MessageTooLarge, -1));
        assert_eq!(client.append("small", 0, &fits).await, (KafkaCode::None, 0));
        assert_eq!(client.stored("small", 0).await.len(), 1);
    });
}

fn keyed(keys: &[Option<&str>]) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    for key in keys {
        builder.append_parts(Timestamp(1), key.map(str::as_bytes), Some(b"v"), &[]).unwrap();
    }
    builder.build()
}

#[test]
fn a_compacted_topic_names_the_records_that_lack_a_key() {
    let node = Node::start(&[]);
    node.create_configured("c", &[("cleanup.policy", "compact")]);
    node.run(async |client| {
        let mixed = keyed(&[Some("a"), None, Some("b"), None]);
        let answers = client.produce(PRODUCE, &produce(&[("c", 0, mixed.into_bytes())])).await;
        let blamed: Vec<_> = answers[0].record_errors.iter().map(|record| record.batch_index).collect();
        assert_eq!((code(answers[0].error_code), blamed), (KafkaCode::InvalidRecord, vec![1, 3]));
        assert_eq!(client.append("c", 0, &keyed(&[Some("a"), Some("b")])).await, (KafkaCode::None, 0));
        assert_eq!(client.stored("c", 0).await.len(), 2);
    });
}

#[test]
fn timestamps_beyond_the_topics_bounds_are_refused_and_those_at_them_are_not() {
    let node = Node::start(&[]);
    node.create_configured("t", &[("message.timestamp.before.max.ms", "1000"), ("message.timestamp.after.max.ms", "2000")]);
    let now_ms = node.env.clock.wall_ms();
    let stamped = |at_ms: &[i64]| {
        let mut builder = BatchBuilder::new(CompressionType::Gzip);
        at_ms.iter().for_each(|at_ms| builder.append_parts(Timestamp(*at_ms), None, Some(b"v"), &[]).unwrap());
        builder.build()
    };
    let cases: [(&[i64], &[i32]); 4] = [
        (&[now_ms - 1000, now_ms + 2000], &[]),
        (&[now_ms, now_ms - 1001, now_ms], &[1]),
        (&[now_ms, now_ms, now_ms + 2001], &[2]),
        (&[now_ms + 90_000, now_ms, now_ms - 90_000], &[0, 2]),
    ];
    node.run(async |client| {
        for (at_ms, expected) in cases {
            let answers = client.produce(PRODUCE, &produce(&[("t", 0, stamped(at_ms).into_bytes())])).await;
            let blamed: Vec<_> = answers[0].record_errors.iter().map(|record| record.batch_index).collect();
            assert_eq!(blamed, expected);
            assert_eq!(code(answers[0].error_code), if expected.is_empty() { KafkaCode::None } else { KafkaCode::InvalidTimestamp });
        }
        assert_eq!(client.stored("t", 0).await.len(), 2);
    });
}

#[test]
fn partitions_that_do_not_exist_and_topics_of_the_log_itself_take_nothing() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        let good = batch(&["a"]);
        for (topic, partition, expected) in [
            ("missing", 0, KafkaCode::UnknownTopicOrPartition),
            ("t", 2, KafkaCode::UnknownTopicOrPartition),
            ("t", -1, KafkaCode::UnknownTopicOrPartition),
            ("a b", 0, KafkaCode::UnknownTopicOrPartition),
            ("__consumer_offsets", 0, KafkaCode::InvalidTopic),
            ("__transaction_state", 0, KafkaCode::InvalidTopic),
        ] {
            assert_eq!(client.append(topic, partition, &good).await, (expected, -1), "{topic}-{partition}");
        }
        let by_id = |topic_id, index| {
            let partition_data = vec![PartitionProduceData { index, records: Some(good.as_bytes().clone().into()) }];
            let topic_data = vec![TopicProduceData { topic_id, partition_data, ..TopicProduceData::default() }];
            ProduceRequest { acks: -1, topic_data, ..ProduceRequest::default() }
        };
        let id = node.topic_id("t");
        for (topic_id, index, expected) in [
            (id, 1, KafkaCode::None),
            (id, 2, KafkaCode::UnknownTopicOrPartition),
            (Uuid::from_u128(7), 0, KafkaCode::UnknownTopicId),
            (Uuid::nil(), 0, KafkaCode::UnknownTopicId),
        ] {
            let answer: ProduceResponse<'_> = client.ask(13, &by_id(topic_id, index)).await;
            assert_eq!(answer.responses[0].topic_id, topic_id);
            assert_eq!(code(answer.responses[0].partition_responses[0].error_code), expected, "{topic_id}-{index}");
        }
        assert_eq!((client.stored("t", 0).await.len(), client.stored("t", 1).await.len()), (0, 1));
    });
}

#[test]
fn acks_that_do_not_exist_are_refused_and_nothing_is_stored() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for acks in [2, -2, i16::MAX] {
            let request = ProduceRequest { acks, ..produce(&[("t", 0, numbered(&["a"], Who { id: 5, epoch: 0 }, 0).into_bytes())]) };
            assert_eq!(code(client.produce(PRODUCE, &request).await[0].error_code), KafkaCode::InvalidRequiredAcks, "{acks}");
        }
        assert_eq!(client.stored("t", 0).await, Vec::<String>::new());
    });
}
