//! Small operators and a world to run them in, for the tests of this crate.

use crate::topology::{NodeOutput, OperatorSpec, RepartitionSpec, SinkSpec, SourceSpec, StoreId, StoreKind, StoreSpec, TopologyBuilder};
use crate::{Chunk, ConsumedRecord, Context, Decoder, DropReason, Encoder, Error, Operator, RecordWriter, Result};
use bytes::Bytes;
use log_client::{ConsumerOptions, FetchLimit, Log, NewTopic, Position, ProducerOptions};
use log_model::{CompressionType, Offset, Timestamp, TopicName, TopicPartition};
use log_record::{BatchBuilder, Header};
use std::sync::Arc;
use streams_state::{Updated, window_key};

/// A row of the tests: key, value, time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) key: Option<String>,
    pub(crate) value: String,
    pub(crate) time: i64,
}

/// Text; the value `bad` does not decode.
struct Text;

impl Decoder for Text {
    fn decode(&mut self, partition: &TopicPartition, records: &[ConsumedRecord], context: &mut Context<'_>) -> Result<Chunk> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            let value = record.value.as_ref().map(text).unwrap_or_default();
            if value == "bad" {
                context.dead_letter(partition, record, "the value is bad")?;
                continue;
            }
            rows.push(Row { key: record.key.as_ref().map(text), value, time: record.timestamp.0 });
        }
        Ok(Chunk::new(rows))
    }
}

impl Encoder for Text {
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> Result<()> {
        for row in chunk.take::<Vec<Row>>()? {
            out.write(Timestamp(row.time), row.key.as_deref().map(str::as_bytes), Some(row.value.as_bytes()), &[], None)?;
        }
        Ok(())
    }
}

/// Rows to rows by a function.
struct Each(fn(Row) -> Vec<Row>);

impl Operator for Each {
    fn process(&mut self, _: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let rows: Vec<Row> = chunk.take::<Vec<Row>>()?.into_iter().flat_map(self.0).collect();
        context.forward(Chunk::new(rows));
        Ok(())
    }
}

/// Counts rows by key in store 0 and forwards each new count.
struct Count;

impl Operator for Count {
    fn process(&mut self, _: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let mut counted = Vec::new();
        for row in chunk.take::<Vec<Row>>()? {
            let Some(key) = row.key else {
                context.dropped(DropReason::NullKey, 1);
                continue;
            };
            let mut count = 0;
            context.store(0).update(key.as_bytes(), &mut |old, new| {
                count = old.map_or(0, |old| u64::from_be_bytes(old.try_into().unwrap())) + 1;
                new.extend_from_slice(&count.to_be_bytes());
                Ok(Updated::Put)
            })?;
            counted.push(Row { key: Some(key), value: count.to_string(), time: row.time });
        }
        context.forward(Chunk::new(counted));
        Ok(())
    }
}

/// The watermark trails the largest time by a fixed delay.
struct Watermark {
    delay: i64,
    newest: i64,
}

impl Operator for Watermark {
    fn process(&mut self, _: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let rows = chunk.take::<Vec<Row>>()?;
        self.newest = rows.iter().map(|row| row.time).max().unwrap_or(i64::MIN).max(self.newest);
        context.forward(Chunk::new(rows));
        Ok(())
    }

    fn watermark(&self, _: Timestamp) -> Timestamp {
        Timestamp(self.newest.saturating_sub(self.delay))
    }
}

/// Counts rows by key and window of 10 in store 0, ordered by time; forwards a window when the watermark passes its end, so many rows a call.
struct Windows {
    newest_end: Option<i64>,
    at_once: usize,
    closing: bool,
}

const WINDOW: i64 = 10;

impl Operator for Windows {
    fn open(&mut self, context: &mut Context<'_>) -> Result<()> {
        let mut newest = None;
        let watermark = context.watermark();
        context.store(0).scan(&[], None, &mut |key, _| {
            let end = window_key::decode_by_time(key)?.1.0 + WINDOW;
            self.closing |= end <= watermark.0;
            newest = Some(end);
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        self.newest_end = newest;
        Ok(())
    }

    fn process(&mut self, _: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()> {
        let watermark = context.watermark();
        let mut bytes = Vec::new();
        for row in chunk.take::<Vec<Row>>()? {
            let start = row.time.div_euclid(WINDOW) * WINDOW;
            if start + WINDOW <= watermark.0 {
                context.dropped(DropReason::Late, 1);
                continue;
            }
            self.newest_end = self.newest_end.max(Some(start + WINDOW));
            window_key::encode_by_time(row.key.unwrap_or_default().as_bytes(), Timestamp(start), &mut bytes);
            context.store(0).update(&bytes, &mut |old, new| {
                let count = old.map_or(0, |old| u64::from_be_bytes(old.try_into().unwrap())) + 1;
                new.extend_from_slice(&count.to_be_bytes());
                Ok(Updated::Put)
            })?;
        }
        Ok(())
    }

    fn advance(&mut self, watermark: Timestamp, context: &mut Context<'_>) -> Result<()> {
        let (from, to) = window_key::range_of_time(Timestamp::MIN, Timestamp(watermark.0.saturating_sub(WINDOW - 1)));
        let mut closed = Vec::new();
        let mut rows = Vec::new();
        self.closing = false;
        context.store(0).scan(&from, Some(&to), &mut |bytes, count| {
            if rows.len() == self.at_once {
                self.closing = true;
                return Ok(std::ops::ControlFlow::Break(()));
            }
            let (key, start) = window_key::decode_by_time(bytes)?;
            let count = u64::from_be_bytes(count.try_into().unwrap());
            rows.push(Row { key: Some(String::from_utf8_lossy(key).into_owned()), value: format!("{}={count}", start.0), time: start.0 });
            closed.push(bytes.to_vec());
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        for key in closed {
            context.store(0).put(&key, None)?;
        }
        context.forward(Chunk::new(rows));
        Ok(())
    }

    fn is_closing(&self) -> bool {
        self.closing
    }

    fn open_until(&self) -> Option<Timestamp> {
        self.newest_end.map(Timestamp)
    }
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

/// A builder with the steps of this module.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) TopologyBuilder);

impl Steps {
    pub(crate) fn source(&mut self, name: &str, topics: &[&str], dead_letter: Option<&str>) -> NodeOutput {
        let spec = SourceSpec {
            name: (!name.is_empty()).then(|| name.to_string()),
            topics: topics.iter().map(|name| topic(name)).collect(),
            decoder: Arc::new(|| Box::new(Text)),
            dead_letter: dead_letter.map(topic),
            describe: "text".into(),
        };
        self.0.source(spec).into()
    }

    pub(crate) fn operator(&mut self, kind: &'static str, describe: &str, stores: &[StoreId], inputs: &[NodeOutput]) -> NodeOutput {
        let words: fn(Row) -> Vec<Row> = |row| {
            let word = |word: &str| Row { key: Some(word.to_string()), value: word.to_string(), time: row.time };
            row.value.split_whitespace().map(word).collect()
        };
        let same: fn(Row) -> Vec<Row> = |row| vec![row];
        let delay = describe.parse().unwrap_or(0);
        let spec = OperatorSpec {
            name: None,
            kind,
            describe: describe.into(),
            factory: Arc::new(move || match kind {
                "words" => Box::new(Each(words)),
                "count" => Box::new(Count),
                "watermark" => Box::new(Watermark { delay, newest: i64::MIN }),
                "windows" => Box::new(Windows { newest_end: None, at_once: usize::MAX, closing: false }),
                "windows-slowly" => Box::new(Windows { newest_end: None, at_once: 3, closing: false }),
                _ => Box::new(Each(same)),
            }),
            stores: stores.to_vec(),
            outputs: 1,
        };
        self.0.operator(spec, inputs).into()
    }

    pub(crate) fn store(&mut self, name: &str, kind: StoreKind) -> StoreId {
        let name = (!name.is_empty()).then(|| name.to_string());
        self.0.store(StoreSpec { name, describe: "counts".into(), kind, changelog: true, changelog_config: vec![] })
    }

    pub(crate) fn repartition(&mut self, name: &str, partition_count: Option<i32>, input: NodeOutput) -> NodeOutput {
        let spec = RepartitionSpec {
            name: (!name.is_empty()).then(|| name.to_string()),
            partition_count,
            encoder: Arc::new(|| Box::new(Text)),
            decoder: Arc::new(|| Box::new(Text)),
            describe: "text".into(),
        };
        self.0.repartition(spec, input).into()
    }

    pub(crate) fn sink(&mut self, to: &str, input: NodeOutput) {
        self.0.sink(SinkSpec { name: None, topic: topic(to), encoder: Arc::new(|| Box::new(Text)), describe: "text".into() }, input);
    }
}

/// Creates topics.
pub(crate) async fn create(log: &dyn Log, topics: &[(&str, i32)]) {
    for (name, partitions) in topics {
        log.admin().create_topic(NewTopic::new(topic(name), *partitions)).await.unwrap();
    }
}

/// Appends rows to a partition, `batch` of them in each batch.
pub(crate) async fn produce(log: &dyn Log, name: &str, partition: i32, rows: &[(Option<&str>, &str, i64)], batch: usize) {
    let producer = log.producer(ProducerOptions::default()).await.unwrap();
    for rows in rows.chunks(batch) {
        let mut builder = BatchBuilder::new(CompressionType::None);
        for (key, value, time) in rows {
            builder.append_parts(Timestamp(*time), key.map(str::as_bytes), Some(value.as_bytes()), &[]).unwrap();
        }
        producer.send(&topic(name).partition(partition), builder.build()).await.unwrap().await.unwrap();
    }
}

/// All records of a topic, by partition and offset.
pub(crate) async fn records(log: &dyn Log, name: &str) -> Vec<(i32, ConsumedRecord)> {
    let described = log.admin().describe_topic(&topic(name)).await.unwrap();
    let mut found = Vec::new();
    for info in described.partitions {
        let partition = topic(name).partition(info.partition);
        let mut consumer = log.consumer(ConsumerOptions::default()).await.unwrap();
        consumer.assign(&[(partition.clone(), Position::At(info.log_start))]).await.unwrap();
        while consumer.position(&partition).unwrap_or(Offset::ZERO) < info.last_stable {
            for fetched in consumer.poll(FetchLimit::default()).await.unwrap().batches {
                for record in fetched.batch.records().unwrap() {
                    let record = record.unwrap();
                    let log_record::Record { timestamp, key, value, headers } = record.record;
                    found.push((info.partition, ConsumedRecord { offset: record.offset, timestamp, key, value, headers }));
                }
            }
        }
    }
    found
}

/// The rows of a topic, by partition and offset.
pub(crate) async fn rows(log: &dyn Log, name: &str) -> Vec<Row> {
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let row = |(_, record): (i32, ConsumedRecord)| Row {
        key: record.key.map(text),
        value: record.value.map(text).unwrap_or_default(),
        time: record.timestamp.0,
    };
    records(log, name).await.into_iter().map(row).collect()
}

/// A header's value as text.
pub(crate) fn header(record: &ConsumedRecord, name: &str) -> Option<String> {
    let found = record.headers.iter().find(|header: &&Header| header.key == name.as_bytes())?;
    Some(String::from_utf8(found.value.as_ref()?.to_vec()).unwrap())
}

/// The error inside an [`Error::AtNode`].
pub(crate) fn cause(error: &Error) -> &Error {
    if let Error::AtNode { error, .. } = error { cause(error) } else { error }
}
