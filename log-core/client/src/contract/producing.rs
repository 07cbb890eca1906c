//! Cases about sending batches outside transactions.

use super::harness::*;
use crate::{Error, FetchLimit, Log};
use bytes::Bytes;
use log_model::{CompressionType, ErrorKind, Offset, Timestamp, TimestampType};
use log_record::{BatchBuilder, Header, Record};
use std::sync::Arc;

pub async fn offsets_count_up_from_zero_and_deliveries_tell_them(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    assert_eq!(send(&producer, &partition, &["a", "b", "c"]).await, Offset(0));
    assert_eq!(send(&producer, &partition, &["d"]).await, Offset(3));
    let seen = read(&mut reader(&log, std::slice::from_ref(&partition)).await, 4).await;
    let expected: Vec<Seen> =
        ["a", "b", "c", "d"].iter().enumerate().map(|(n, v)| (partition.clone(), Offset(n as i64), v.to_string())).collect();
    assert_eq!(seen, expected);
}

pub async fn batches_of_one_producer_keep_the_order_of_their_sends(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    let texts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let mut deliveries = Vec::new();
    for text in &texts {
        deliveries.push(producer.send(&partition, batch(&[text])).await.unwrap());
    }
    for (n, delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.await.unwrap(), Offset(n as i64));
    }
    assert_eq!(values_of(&log, &partition, 100).await, texts);
}

pub async fn every_batch_carries_its_producer_and_an_unbroken_sequence(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    for values in [&["a", "b"][..], &["c"], &["d", "e", "f"]] {
        send(&producer, &partition, values).await;
    }
    let poll = reader(&log, &[partition]).await.poll(FetchLimit::default()).await.unwrap();
    let first = &poll.batches[0].batch;
    assert!(first.producer_id().0 >= 0 && first.producer_epoch().0 >= 0);
    let mut next = 0;
    for fetched in &poll.batches {
        assert_eq!(fetched.batch.producer_id(), first.producer_id());
        assert_eq!(fetched.batch.base_sequence().0, next);
        next += fetched.batch.record_count();
    }
    assert_eq!(next, 6);
}

pub async fn two_producers_have_two_ids(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    send(&producer(&log).await, &partition, &["a"]).await;
    send(&producer(&log).await, &partition, &["b"]).await;
    let poll = reader(&log, &[partition]).await.poll(FetchLimit::default()).await.unwrap();
    assert_ne!(poll.batches[0].batch.producer_id(), poll.batches[1].batch.producer_id());
}

pub async fn unknown_topics_and_partitions_are_missing(log: Arc<dyn Log>) {
    let known = topic(&log, "t", 2).await;
    let producer = producer(&log).await;
    for partition in [name("nowhere").partition(0), known.partition(2), known.partition(-1)] {
        let refused = producer.send(&partition, batch(&["a"])).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Missing, "{partition}: {refused}");
        let refused = log.consumer(Default::default()).await.unwrap().assign(&[(partition, crate::Position::Earliest)]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Missing, "{refused}");
    }
}

pub async fn a_batch_beyond_the_limit_is_refused_and_leaves_no_gap(log: Arc<dyn Log>) {
    let partition = topic_with(&log, "t", &[("max.message.bytes", "200")]).await.partition(0);
    let producer = producer(&log).await;
    send(&producer, &partition, &["small"]).await;
    let refused = producer.send(&partition, batch(&[&"x".repeat(500)])).await.err().unwrap();
    assert!(matches!(refused, Error::TooLarge { limit_bytes: 200, .. }), "{refused}");
    assert_eq!(send(&producer, &partition, &["small too"]).await, Offset(1));
}

pub async fn an_empty_batch_is_refused(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let refused = producer(&log).await.send(&partition, batch(&[])).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

pub async fn flush_returns_once_everything_sent_is_readable(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    producer.flush().await.unwrap();
    for _ in 0..10 {
        drop(producer.send(&partition, batch(&["x"])).await.unwrap());
    }
    producer.flush().await.unwrap();
    let mut consumer = reader(&log, &[partition]).await;
    assert_eq!(poll(&mut consumer).await.0.len(), 10);
}

pub async fn a_dropped_delivery_does_not_take_the_batch_back(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    drop(producer.send(&partition, batch(&["kept"])).await.unwrap());
    assert_eq!(send(&producer, &partition, &["after"]).await, Offset(1));
    assert_eq!(values_of(&log, &partition, 2).await, ["kept", "after"]);
}

pub async fn headers_keys_and_nulls_come_back_as_they_were(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let twice = |value: &'static [u8]| Header { key: Bytes::from_static(b"same"), value: Some(Bytes::from_static(value)) };
    let headers = vec![twice(b"1"), twice(b"2"), Header { key: Bytes::from_static(b""), value: None }, twice(b"")];
    let records = [
        Record { timestamp: Timestamp(5), key: Some(Bytes::from_static(b"k")), value: None, headers },
        Record { timestamp: Timestamp(-7), key: None, value: Some(Bytes::new()), headers: vec![] },
        Record { timestamp: Timestamp(4), key: Some(Bytes::new()), value: Some(Bytes::from_static(b"v")), headers: vec![] },
    ];
    let mut builder = BatchBuilder::new(CompressionType::None);
    records.iter().for_each(|record| builder.append(record).unwrap());
    producer(&log).await.send(&partition, builder.build()).await.unwrap().await.unwrap();
    let poll = reader(&log, &[partition]).await.poll(FetchLimit::default()).await.unwrap();
    let read: Vec<Record> = poll.batches[0].batch.records().unwrap().map(|record| record.unwrap().record).collect();
    assert_eq!(read, records);
}

pub async fn every_codec_is_read_back(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    let codecs = [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];
    for codec in codecs {
        let mut builder = BatchBuilder::new(codec);
        builder.append_parts(Timestamp(1), None, Some(format!("{codec:?}").repeat(50).as_bytes()), &[]).unwrap();
        producer.send(&partition, builder.build()).await.unwrap().await.unwrap();
    }
    let poll = reader(&log, std::slice::from_ref(&partition)).await.poll(FetchLimit::default()).await.unwrap();
    assert!(poll.batches.iter().map(|fetched| fetched.batch.compression()).eq(codecs));
    let expected: Vec<String> = codecs.iter().map(|codec| format!("{codec:?}").repeat(50)).collect();
    assert_eq!(values_of(&log, &partition, codecs.len()).await, expected);
}

pub async fn a_large_batch_comes_back_whole(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let large = "0123456789".repeat(100_000);
    send(&producer(&log).await, &partition, &[&large]).await;
    assert_eq!(values_of(&log, &partition, 1).await, [large]);
}

pub async fn a_topic_may_stamp_append_time(log: Arc<dyn Log>) {
    let partition = topic_with(&log, "t", &[("message.timestamp.type", "LogAppendTime")]).await.partition(0);
    send(&producer(&log).await, &partition, &["a", "b", "c"]).await;
    let poll = reader(&log, &[partition]).await.poll(FetchLimit::default()).await.unwrap();
    let batch = &poll.batches[0].batch;
    assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
    assert!(batch.records().unwrap().all(|record| record.unwrap().timestamp == batch.max_timestamp()));
}

pub async fn a_topic_may_choose_the_codec(log: Arc<dyn Log>) {
    let partition = topic_with(&log, "t", &[("compression.type", "lz4")]).await.partition(0);
    send(&producer(&log).await, &partition, &["a", "b"]).await;
    let poll = reader(&log, std::slice::from_ref(&partition)).await.poll(FetchLimit::default()).await.unwrap();
    assert_eq!(poll.batches[0].batch.compression(), CompressionType::Lz4);
    assert_eq!(values_of(&log, &partition, 2).await, ["a", "b"]);
}

pub async fn a_topic_that_flushes_by_the_system_keeps_order_too(log: Arc<dyn Log>) {
    let partition = topic_with(&log, "t", &[("headwater.flush", "os")]).await.partition(0);
    let producer = producer(&log).await;
    assert_eq!(send(&producer, &partition, &["a", "b"]).await, Offset(0));
    assert_eq!(send(&producer, &partition, &["c"]).await, Offset(2));
    assert_eq!(values_of(&log, &partition, 3).await, ["a", "b", "c"]);
}
