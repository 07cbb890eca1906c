//! What the cases have in common: topics, batches of texts, and reading until a count is reached.

use crate::{
    Consumer, ConsumerOptions, FetchLimit, GroupMetadata, Log, NewTopic, OffsetAndMetadata, OffsetReset, Position, Producer,
    ProducerOptions, Rebalance,
};
use log_model::{CompressionType, GroupId, Offset, Timestamp, TopicConfig, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use std::sync::Arc;

/// A record as the cases see it.
pub(super) type Seen = (TopicPartition, Offset, String);

pub(super) fn name(topic: &str) -> TopicName {
    TopicName::new(topic).unwrap()
}

/// The records of cases are of 1970: kept whatever their age, or a log that looks now would delete them.
fn kept(entries: &[(&str, &str)]) -> TopicConfig {
    TopicConfig::from_entries([("retention.ms", "-1")].iter().chain(entries).copied()).unwrap()
}

pub(super) async fn topic(log: &Arc<dyn Log>, topic: &str, partitions: i32) -> TopicName {
    log.admin().create_topic(NewTopic::new(name(topic), partitions).with_config(kept(&[]))).await.unwrap();
    name(topic)
}

pub(super) async fn topic_with(log: &Arc<dyn Log>, topic: &str, entries: &[(&str, &str)]) -> TopicName {
    log.admin().create_topic(NewTopic::new(name(topic), 1).with_config(kept(entries))).await.unwrap();
    name(topic)
}

/// A batch of texts; the n-th record's timestamp is n.
pub(super) fn batch(values: &[&str]) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    for (index, value) in values.iter().enumerate() {
        builder.append_parts(Timestamp(index as i64), None, Some(value.as_bytes()), &[]).unwrap();
    }
    builder.build()
}

pub(super) async fn producer(log: &Arc<dyn Log>) -> Arc<dyn Producer> {
    log.producer(ProducerOptions::default()).await.unwrap()
}

pub(super) async fn transactional(log: &Arc<dyn Log>, id: &str) -> Arc<dyn Producer> {
    log.producer(ProducerOptions { client_id: "case".into(), transactional_id: Some(id.into()) }).await.unwrap()
}

/// Sends and waits for the acknowledgement.
pub(super) async fn send(producer: &Arc<dyn Producer>, partition: &TopicPartition, values: &[&str]) -> Offset {
    producer.send(partition, batch(values)).await.unwrap().await.unwrap()
}

pub(super) fn options(group: &str, reset: OffsetReset) -> ConsumerOptions {
    ConsumerOptions { client_id: "case".into(), group: Some(GroupId::new(group)), reset, ..ConsumerOptions::default() }
}

/// A consumer of these partitions, by itself, from their beginning.
pub(super) async fn reader(log: &Arc<dyn Log>, partitions: &[TopicPartition]) -> Box<dyn Consumer> {
    let mut consumer = log.consumer(ConsumerOptions::default()).await.unwrap();
    let wanted: Vec<_> = partitions.iter().map(|partition| (partition.clone(), Position::Earliest)).collect();
    consumer.assign(&wanted).await.unwrap();
    consumer
}

/// A member of a group, from the beginning where nothing is committed.
pub(super) async fn member(log: &Arc<dyn Log>, group: &str, topics: &[TopicName]) -> Box<dyn Consumer> {
    let mut consumer = log.consumer(options(group, OffsetReset::Earliest)).await.unwrap();
    consumer.subscribe(topics).await.unwrap();
    consumer
}

/// One poll: the records at or after each batch's `from`, and the rebalance.
pub(super) async fn poll(consumer: &mut Box<dyn Consumer>) -> (Vec<Seen>, Option<Rebalance>) {
    let poll = consumer.poll(FetchLimit::default()).await.unwrap();
    let mut seen = Vec::new();
    for fetched in poll.batches {
        for record in fetched.batch.records().unwrap() {
            let record = record.unwrap();
            if record.offset >= fetched.from {
                let text = String::from_utf8(record.value.clone().unwrap_or_default().to_vec()).unwrap();
                seen.push((fetched.partition.clone(), record.offset, text));
            }
        }
    }
    (seen, poll.rebalance)
}

/// Reads until `count` records were seen, and checks that no more are there.
pub(super) async fn read(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    while seen.len() < count {
        consumer.ready().await;
        seen.extend(poll(consumer).await.0);
    }
    assert_eq!(seen.len(), count, "more was read than expected: {seen:?}");
    assert_eq!(poll(consumer).await.0, [], "more is there than expected");
    seen
}

pub(super) async fn read_values(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<String> {
    read(consumer, count).await.into_iter().map(|(_, _, value)| value).collect()
}

/// All values of one partition, from its beginning.
pub(super) async fn values_of(log: &Arc<dyn Log>, partition: &TopicPartition, count: usize) -> Vec<String> {
    read_values(&mut reader(log, std::slice::from_ref(partition)).await, count).await
}

pub(super) fn at(offset: i64) -> OffsetAndMetadata {
    OffsetAndMetadata::at(Offset(offset))
}

pub(super) fn unmanaged(group: &str) -> GroupMetadata {
    GroupMetadata::unmanaged(GroupId::new(group))
}

pub(super) async fn committed(log: &Arc<dyn Log>, group: &str, partition: &TopicPartition) -> Option<Offset> {
    log.admin().committed(&GroupId::new(group)).await.unwrap().get(partition).map(|position| position.offset)
}
