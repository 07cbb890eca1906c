//! Cases about topics, their ends and offsets by time.

use super::harness::*;
use crate::{FetchLimit, Log, NewTopic, OffsetReset, OffsetSpec};
use log_model::{CompressionType, ErrorKind, GroupId, Offset, Timestamp, TopicConfig, TopicName, is_internal_topic};
use log_record::BatchBuilder;
use std::sync::Arc;

async fn listed(log: &Arc<dyn Log>) -> Vec<TopicName> {
    let mut topics = log.admin().list_topics().await.unwrap();
    topics.retain(|topic| !is_internal_topic(topic.as_str()));
    topics
}

pub async fn a_topic_is_created_described_and_listed(log: Arc<dyn Log>) {
    let config = TopicConfig::from_entries([("retention.ms", "1000")]).unwrap();
    let created = log.admin().create_topic(NewTopic::new(name("b"), 2).with_config(config.clone())).await.unwrap();
    topic(&log, "a", 1).await;
    assert_eq!(listed(&log).await, [name("a"), name("b")]);
    let described = log.admin().describe_topic(&name("b")).await.unwrap();
    assert_eq!((described.id, &described.config, described.partitions.len()), (created.id, &config, 2));
    send(&producer(&log).await, &name("b").partition(1), &["x", "y"]).await;
    let partitions = log.admin().describe_topic(&name("b")).await.unwrap().partitions;
    assert_eq!(partitions[0].high_watermark, Offset(0));
    let grown = &partitions[1];
    assert_eq!((grown.partition, grown.log_start, grown.last_stable, grown.high_watermark), (1, Offset(0), Offset(2), Offset(2)));
    assert_eq!(log.admin().describe_topic(&name("c")).await.unwrap_err().kind(), ErrorKind::Missing);
}

pub async fn a_topic_that_does_not_say_how_many_has_the_logs_own_number_of_partitions(log: Arc<dyn Log>) {
    let created = log.admin().create_topic(NewTopic::new(name("t"), NewTopic::DEFAULT_PARTITIONS)).await.unwrap();
    assert!(!created.partitions.is_empty());
    assert_eq!(log.admin().describe_topic(&name("t")).await.unwrap().partitions.len(), created.partitions.len());
}

pub async fn a_partition_tells_its_size(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    send(&producer(&log).await, &topic.partition(1), &["x", "y"]).await;
    let partitions = log.admin().describe_topic(&topic).await.unwrap().partitions;
    assert_eq!(partitions[0].size_bytes, 0);
    assert!(partitions[1].size_bytes > 0);
}

pub async fn a_topic_cannot_be_created_twice_or_without_partitions(log: Arc<dyn Log>) {
    topic(&log, "t", 1).await;
    for (topic, count) in [("t", 1), ("u", 0), ("u", -2), ("u", i32::MAX)] {
        let refused = log.admin().create_topic(NewTopic::new(name(topic), count)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{topic} with {count}: {refused}");
    }
    assert_eq!(listed(&log).await, [name("t")]);
}

pub async fn a_deleted_topic_is_gone_with_its_positions(log: Arc<dyn Log>) {
    let first = log.admin().create_topic(NewTopic::new(name("t"), 1)).await.unwrap();
    let partition = name("t").partition(0);
    let producer = producer(&log).await;
    send(&producer, &partition, &["old"]).await;
    let mut consumer = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    consumer.commit(vec![(partition.clone(), at(1))]).await.unwrap();
    log.admin().delete_topic(&name("t")).await.unwrap();
    assert_eq!(log.admin().delete_topic(&name("t")).await.unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(producer.send(&partition, batch(&["x"])).await.err().unwrap().kind(), ErrorKind::Missing);
    assert_eq!(listed(&log).await, []);
    let second = log.admin().create_topic(NewTopic::new(name("t"), 1)).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(committed(&log, "g", &partition).await, None);
    assert_eq!(send(&producer, &partition, &["new"]).await, Offset(0));
    assert_eq!(values_of(&log, &partition, 1).await, ["new"]);
}

pub async fn a_reader_of_a_deleted_topic_is_told(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    send(&producer(&log).await, &partition, &["a"]).await;
    let mut consumer = reader(&log, std::slice::from_ref(&partition)).await;
    read(&mut consumer, 1).await;
    log.admin().delete_topic(&partition.topic).await.unwrap();
    consumer.ready().await;
    assert_eq!(consumer.poll(FetchLimit::default()).await.unwrap_err().kind(), ErrorKind::Missing);
    topic(&log, "t", 1).await;
    let stale = consumer.poll(FetchLimit::default()).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Missing, "another topic of the same name is not read on: {stale}");
}

pub async fn a_group_loses_a_deleted_topic(log: Arc<dyn Log>) {
    let (kept, gone) = (topic(&log, "kept", 1).await, topic(&log, "gone", 1).await);
    let mut consumer = member(&log, "g", &[kept.clone(), gone.clone()]).await;
    poll(&mut consumer).await;
    log.admin().delete_topic(&gone).await.unwrap();
    assert_eq!(poll(&mut consumer).await.1.unwrap().revoked, [gone.partition(0)]);
    send(&producer(&log).await, &kept.partition(0), &["a"]).await;
    assert_eq!(read_values(&mut consumer, 1).await, ["a"]);
}

pub async fn a_changed_configuration_holds_from_then_on(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 1).await;
    let producer = producer(&log).await;
    let large = "x".repeat(1000);
    send(&producer, &topic.partition(0), &[&large]).await;
    let config = TopicConfig::from_entries([("max.message.bytes", "500")]).unwrap();
    log.admin().alter_topic(&topic, config.clone()).await.unwrap();
    assert_eq!(log.admin().describe_topic(&topic).await.unwrap().config, config);
    assert!(producer.send(&topic.partition(0), batch(&[&large])).await.is_err());
    assert_eq!(log.admin().alter_topic(&name("nowhere"), config).await.unwrap_err().kind(), ErrorKind::Missing);
}

pub async fn partitions_are_added_and_never_removed(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let producer = producer(&log).await;
    send(&producer, &topic.partition(1), &["kept"]).await;
    log.admin().add_partitions(&topic, 4).await.unwrap();
    assert_eq!(send(&producer, &topic.partition(3), &["new"]).await, Offset(0));
    assert_eq!(values_of(&log, &topic.partition(1), 1).await, ["kept"]);
    assert_eq!(log.admin().add_partitions(&topic, 3).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(log.admin().describe_topic(&topic).await.unwrap().partitions.len(), 4);
    assert_eq!(log.admin().add_partitions(&name("nowhere"), 3).await.unwrap_err().kind(), ErrorKind::Missing);
}

pub async fn deleted_records_are_gone_and_offsets_stay(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    send(&producer, &partition, &["a", "b", "c"]).await;
    send(&producer, &partition, &["d"]).await;
    assert_eq!(log.admin().delete_records(&partition, Offset(2)).await.unwrap(), Offset(2));
    let seen = read(&mut reader(&log, std::slice::from_ref(&partition)).await, 2).await;
    assert_eq!(seen, [(partition.clone(), Offset(2), "c".to_string()), (partition.clone(), Offset(3), "d".to_string())]);
    assert_eq!(log.admin().delete_records(&partition, Offset(4)).await.unwrap(), Offset(4));
    assert_eq!(values_of(&log, &partition, 0).await, [""; 0]);
    assert_eq!(send(&producer, &partition, &["e"]).await, Offset(4));
    assert_eq!(values_of(&log, &partition, 1).await, ["e"]);
}

pub async fn delete_records_checks_its_range(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    send(&producer(&log).await, &partition, &["a", "b", "c"]).await;
    for offset in [-1, 4] {
        assert_eq!(log.admin().delete_records(&partition, Offset(offset)).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(log.admin().delete_records(&partition, Offset(2)).await.unwrap(), Offset(2));
    assert_eq!(log.admin().delete_records(&partition, Offset(1)).await.unwrap(), Offset(2));
    assert_eq!(log.admin().delete_records(&name("nowhere").partition(0), Offset(0)).await.unwrap_err().kind(), ErrorKind::Missing);
}

pub async fn offsets_are_found_by_time(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    // Offsets:        0   1   2     3   4     5
    let timestamps = [&[10, 30, 20][..], &[50, 40], &[5]];
    for times in timestamps {
        let mut builder = BatchBuilder::new(CompressionType::None);
        times.iter().for_each(|time| builder.append_parts(Timestamp(*time), None, Some(b"x"), &[]).unwrap());
        producer.send(&partition, builder.build()).await.unwrap().await.unwrap();
    }
    let admin = log.admin();
    let find = async |spec| admin.find_offset(&partition, spec).await.unwrap().map(|found| (found.offset.0, found.timestamp.0));
    assert_eq!(find(OffsetSpec::Earliest).await, Some((0, -1)));
    assert_eq!(find(OffsetSpec::Latest).await, Some((6, -1)));
    for (time, expected) in [(0, Some((0, 10))), (11, Some((1, 30))), (31, Some((3, 50))), (50, Some((3, 50))), (51, None)] {
        assert_eq!(find(OffsetSpec::AtOrAfter(Timestamp(time))).await, expected, "{time}");
    }
    assert_eq!(find(OffsetSpec::MaxTimestamp).await, Some((3, 50)));
    admin.delete_records(&partition, Offset(1)).await.unwrap();
    assert_eq!(find(OffsetSpec::Earliest).await, Some((1, -1)));
    assert_eq!(find(OffsetSpec::AtOrAfter(Timestamp(0))).await, Some((1, 30)));
}

pub async fn an_empty_partition_has_no_offset_for_a_time(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let admin = log.admin();
    assert_eq!(admin.find_offset(&partition, OffsetSpec::AtOrAfter(Timestamp(0))).await.unwrap(), None);
    assert_eq!(admin.find_offset(&partition, OffsetSpec::MaxTimestamp).await.unwrap(), None);
    assert_eq!(admin.find_offset(&partition, OffsetSpec::Latest).await.unwrap().unwrap().offset, Offset(0));
    assert_eq!(admin.find_offset(&name("nowhere").partition(0), OffsetSpec::Latest).await.unwrap_err().kind(), ErrorKind::Missing);
    assert!(admin.committed(&GroupId::new("g")).await.unwrap().is_empty());
}
