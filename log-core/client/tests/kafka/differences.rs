//! What holds over a cluster where the contract's exact promise does not.

use crate::patient::Patient;
use crate::with_log;
use log_client::{
    Consumer, ConsumerOptions, Error, FetchLimit, FetchedBatch, Log, NewTopic, OffsetReset, OffsetSpec, Position, Producer, ProducerOptions,
};
use log_model::{CompressionType, ErrorKind, GroupId, Offset, Timestamp, TopicConfig, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use std::sync::Arc;

async fn topic(log: &Arc<dyn Log>, entries: &[(&str, &str)]) -> TopicPartition {
    let name = TopicName::new("t").unwrap();
    // The records are of 1970, older than any retention.
    let config = TopicConfig::from_entries([("retention.ms", "-1")].iter().chain(entries).copied()).unwrap();
    log.admin().create_topic(NewTopic::new(name.clone(), 1).with_config(config)).await.unwrap();
    name.partition(0)
}

fn batch(codec: CompressionType, values: &[&str]) -> RecordBatch {
    let mut builder = BatchBuilder::new(codec);
    values.iter().for_each(|value| builder.append_parts(Timestamp(1), None, Some(value.as_bytes()), &[]).unwrap());
    builder.build()
}

async fn send(producer: &Arc<dyn Producer>, partition: &TopicPartition, values: &[&str]) -> Offset {
    producer.send(partition, batch(CompressionType::None, values)).await.unwrap().await.unwrap()
}

async fn reader(log: &Arc<dyn Log>, partition: &TopicPartition) -> Box<dyn Consumer> {
    let mut consumer = Patient(log.clone()).consumer(ConsumerOptions::default()).await.unwrap();
    consumer.assign(&[(partition.clone(), Position::Earliest)]).await.unwrap();
    consumer
}

fn values(batches: &[FetchedBatch]) -> Vec<String> {
    let records = batches.iter().flat_map(|fetched| fetched.batch.records().unwrap());
    records.map(|record| String::from_utf8(record.unwrap().value.clone().unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn records_of_every_codec_arrive_expanded_and_in_order() {
    with_log("records_of_every_codec_arrive_expanded_and_in_order", async |log| {
        let partition = topic(&log, &[("compression.type", "lz4")]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let codecs = [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];
        let mut sent = Vec::new();
        for codec in codecs {
            let text = format!("{codec:?}").repeat(50);
            producer.send(&partition, batch(codec, &[&text, "next"])).await.unwrap().await.unwrap();
            sent.extend([text, "next".to_string()]);
        }
        let poll = reader(&log, &partition).await.poll(FetchLimit::default()).await.unwrap();
        assert_eq!(values(&poll.batches), sent);
        assert!(poll.batches.iter().all(|fetched| fetched.batch.compression() == CompressionType::None));
    });
}

#[test]
fn a_poll_cuts_batches_that_fit_its_limit() {
    with_log("a_poll_cuts_batches_that_fit_its_limit", async |log| {
        let partition = topic(&log, &[]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        for _ in 0..4 {
            send(&producer, &partition, &[&"x".repeat(1000)]).await;
        }
        let mut consumer = reader(&log, &partition).await;
        for (max_bytes, expected) in [(1, 1), (2500, 2), (9000, 1), (9000, 0)] {
            let poll = consumer.poll(FetchLimit { max_bytes, max_partition_bytes: max_bytes }).await.unwrap();
            assert_eq!(values(&poll.batches).len(), expected, "{max_bytes}");
        }
    });
}

#[test]
fn batches_follow_each_other_up_to_the_end_they_tell() {
    with_log("batches_follow_each_other_up_to_the_end_they_tell", async |log| {
        let partition = topic(&log, &[]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        for _ in 0..3 {
            send(&producer, &partition, &["x", "y"]).await;
        }
        let poll = reader(&log, &partition).await.poll(FetchLimit::default()).await.unwrap();
        let mut next = Offset(0);
        for fetched in &poll.batches {
            assert_eq!((fetched.from, fetched.batch.base_offset(), fetched.end), (next, next, Offset(6)));
            next = fetched.batch.next_offset();
        }
        assert_eq!(next, Offset(6));
    });
}

#[test]
fn the_position_and_the_end_pass_the_marker_of_a_transaction() {
    with_log("the_position_and_the_end_pass_the_marker_of_a_transaction", async |log| {
        let partition = topic(&log, &[]).await;
        let options = ProducerOptions { transactional_id: Some("app".into()), ..ProducerOptions::default() };
        let producer = log.producer(options).await.unwrap();
        producer.begin().await.unwrap();
        let first = producer.send(&partition, batch(CompressionType::None, &["a", "b"])).await.unwrap();
        producer.commit().await.unwrap();
        assert_eq!(first.await.unwrap(), Offset(0));
        let mut consumer = reader(&log, &partition).await;
        assert_eq!(values(&consumer.poll(FetchLimit::default()).await.unwrap().batches), ["a", "b"]);
        let quiet = consumer.poll(FetchLimit::default()).await.unwrap();
        assert_eq!((quiet.batches.len(), quiet.at_end), (0, vec![partition.clone()]));
        assert_eq!(consumer.position(&partition), Some(Offset(3)), "two records and a marker");
        assert_eq!(log.admin().find_offset(&partition, OffsetSpec::Latest).await.unwrap().unwrap().offset, Offset(3));
    });
}

#[test]
fn a_dropped_producer_leaves_no_open_transaction_behind() {
    with_log("a_dropped_producer_leaves_no_open_transaction_behind", async |log| {
        let partition = topic(&log, &[]).await;
        let options = ProducerOptions { transactional_id: Some("app".into()), ..ProducerOptions::default() };
        let producer = log.producer(options).await.unwrap();
        producer.begin().await.unwrap();
        let lost = producer.send(&partition, batch(CompressionType::None, &["never"])).await.unwrap();
        producer.flush().await.unwrap();
        drop(producer);
        assert!(lost.await.is_err());
        let plain = log.producer(ProducerOptions::default()).await.unwrap();
        send(&plain, &partition, &["alone"]).await;
        let poll = reader(&log, &partition).await.poll(FetchLimit::default()).await.unwrap();
        assert_eq!(values(&poll.batches), ["alone"], "readers did not wait for the transaction's timeout");
    });
}

/// A producer refreshes what it knows of its topics, and a cluster may create those that are asked for.
#[test]
fn a_producer_does_not_bring_a_deleted_topic_back() {
    with_log("a_producer_does_not_bring_a_deleted_topic_back", async |log| {
        let partition = topic(&log, &[]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        send(&producer, &partition, &["old"]).await;
        log.admin().delete_topic(&partition.topic).await.unwrap();
        // So many questions take longer than the 300 ms that the producer waits between two refreshes.
        for _ in 0..1500 {
            assert_eq!(log.admin().list_topics().await.unwrap(), []);
        }
        let refused = producer.send(&partition, batch(CompressionType::None, &["new"])).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Missing, "{refused}");
    });
}

#[test]
fn many_small_batches_keep_their_order_within_the_limit_of_the_queue() {
    with_log("many_small_batches_keep_their_order_within_the_limit_of_the_queue", async |log| {
        let partition = topic(&log, &[]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let texts: Vec<String> = (0..100).map(|index| index.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut last = None;
        // Twice as many records as may be on their way.
        for _ in 0..2000 {
            last = Some(producer.send(&partition, batch(CompressionType::None, &texts)).await.unwrap());
        }
        assert_eq!(last.unwrap().await.unwrap(), Offset(199_900));
        producer.flush().await.unwrap();
        let mut consumer = reader(&log, &partition).await;
        let mut next = 0;
        while next < 200_000 {
            for value in values(&consumer.poll(FetchLimit::default()).await.unwrap().batches) {
                assert_eq!(value, (next % 100).to_string());
                next += 1;
            }
        }
    });
}

#[test]
fn a_cluster_that_does_not_know_our_keys_refuses_them_by_name() {
    with_log("a_cluster_that_does_not_know_our_keys_refuses_them_by_name", async |log| {
        let config = TopicConfig::from_entries([("headwater.flush", "os")]).unwrap();
        let name = TopicName::new("t").unwrap();
        match log.admin().create_topic(NewTopic::new(name, 1).with_config(config)).await {
            // A cluster of Headwater's.
            Ok(created) => assert_eq!(created.config, TopicConfig::from_entries([("headwater.flush", "os")]).unwrap()),
            Err(refused) => {
                assert_eq!(refused.kind(), ErrorKind::Invalid);
                assert!(refused.to_string().contains("headwater.flush"), "{refused}");
            }
        }
    });
}

#[test]
fn a_position_that_is_gone_when_it_is_fetched_means_the_reset_rule() {
    with_log("a_position_that_is_gone_when_it_is_fetched_means_the_reset_rule", async |log| {
        let partition = topic(&log, &[]).await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        for text in ["a", "b", "c", "d"] {
            send(&producer, &partition, &[text]).await;
        }
        let mut consumers = Vec::new();
        for reset in [OffsetReset::Earliest, OffsetReset::Fail] {
            let options = ConsumerOptions { reset, ..ConsumerOptions::default() };
            let mut consumer = Patient(log.clone()).consumer(options).await.unwrap();
            consumer.assign(&[(partition.clone(), Position::At(Offset(1)))]).await.unwrap();
            // Nothing is read ahead of a pause.
            consumer.pause(std::slice::from_ref(&partition), true);
            assert_eq!(consumer.poll(FetchLimit::default()).await.unwrap().batches.len(), 0);
            consumers.push(consumer);
        }
        log.admin().delete_records(&partition, Offset(3)).await.unwrap();
        consumers.iter_mut().for_each(|consumer| consumer.pause(std::slice::from_ref(&partition), false));
        let [earliest, fail] = consumers.as_mut_slice() else { unreachable!("two were made") };
        assert_eq!(values(&earliest.poll(FetchLimit::default()).await.unwrap().batches), ["d"]);
        let failed = fail.poll(FetchLimit::default()).await.unwrap_err();
        assert!(matches!(failed, Error::OffsetOutOfRange { offset: Offset(1), log_start: Offset(3), .. }), "{failed}");
        fail.seek(&partition, Position::Earliest).await.unwrap();
        assert_eq!(values(&fail.poll(FetchLimit::default()).await.unwrap().batches), ["d"]);
    });
}

#[test]
fn the_poll_that_tells_what_the_group_takes_has_no_records() {
    with_log("the_poll_that_tells_what_the_group_takes_has_no_records", async |log| {
        let name = TopicName::new("t").unwrap();
        let config = TopicConfig::from_entries([("retention.ms", "-1")]).unwrap();
        log.admin().create_topic(NewTopic::new(name.clone(), 2).with_config(config)).await.unwrap();
        let options = || ConsumerOptions { group: Some(GroupId::new("g")), ..ConsumerOptions::default() };
        let mut first = log.consumer(options()).await.unwrap();
        first.subscribe(std::slice::from_ref(&name)).await.unwrap();
        while first.assignment().len() < 2 {
            first.ready().await;
            first.poll(FetchLimit::default()).await.unwrap();
        }
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        for index in 0..2 {
            send(&producer, &name.partition(index), &["a"]).await;
        }
        let mut second = log.consumer(options()).await.unwrap();
        second.subscribe(std::slice::from_ref(&name)).await.unwrap();
        let mut read = 0;
        loop {
            first.ready().await;
            let poll = first.poll(FetchLimit::default()).await.unwrap();
            read += poll.batches.len();
            if let Some(rebalance) = poll.rebalance {
                assert_eq!((rebalance.revoked.len(), rebalance.assigned.len(), poll.batches.len()), (1, 0, 0));
                break;
            }
        }
        assert!(first.assignment().len() == 1 && read <= 2);
    });
}
