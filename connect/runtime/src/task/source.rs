//! A source task: polls, converts, and commits records and positions in one transaction.
//!
//! What always holds: the stored position of a source partition is the one after the last record in the log. The producer is opened, and thereby every
//! earlier run fenced, before the stored positions are read.

use super::supervisor::TaskContext;
use super::{Control, dead_letters, yield_now};
use crate::convert::{Converters, headers_to_log};
use crate::error::TaskError;
use crate::outbox::{Outbox, record_bytes};
use crate::policy::{Failed, Origin, Stage, Verdict};
use crate::state::{State, TargetState};
use crate::store::offset_record;
use crate::topics::{Topic, Topics};
use bytes::Bytes;
use connect_api::{
    Data, Error as ConnectError, SourceBatch, SourceContext, SourceOffset, SourcePartition, SourcePoll, SourceRecord, SourceTask, Value,
};
use log_client::{Producer, ProducerOptions};
use log_model::{ErrorKind, Timestamp, TopicPartition};
use log_record::{Record, RecordBatch};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Runs the task until it is told to stop (`Ok`) or fails.
pub(crate) async fn run(context: &TaskContext, control: &mut Control, task: Box<dyn SourceTask>) -> Result<(), TaskError> {
    let options = ProducerOptions { client_id: context.transactional_id(), transactional_id: Some(context.transactional_id()) };
    let producer = context.log.producer(options).await?;
    let stored = context.offsets.read(&context.connector).await?;
    let mut run = Run {
        context,
        converters: Converters::new(&context.setup)?,
        producer,
        topics: Topics::new(context.log.admin()),
        outbox: Outbox::default(),
        positions: BTreeMap::new(),
        count: 0,
        bytes: 0,
        dead_letters: 0,
        task,
    };
    run.task.start(&context.config, SourceContext::new(&context.connector, context.task, stored)).await?;
    let result = run.work(control).await;
    // The outcome of the work matters more than that of the stop.
    let stopped = run.task.stop().await;
    result.and(stopped.map_err(TaskError::from))
}

struct Run<'a> {
    context: &'a TaskContext,
    converters: Converters,
    producer: Arc<dyn Producer>,
    topics: Topics,
    outbox: Outbox,
    /// The positions of the transaction being collected, by the text of the partition.
    positions: BTreeMap<String, (SourcePartition, Option<SourceOffset>)>,
    count: u64,
    bytes: u64,
    /// Dead letters of the transaction being collected.
    dead_letters: u64,
    task: Box<dyn SourceTask>,
}

impl Run<'_> {
    async fn work(&mut self, control: &mut Control) -> Result<(), TaskError> {
        let shared = self.context.shared.clone();
        loop {
            let target = control.target();
            match target.state {
                TargetState::Stopped => return Ok(()),
                TargetState::Paused => {
                    self.context.report(State::Paused, None).await;
                    control.changed(target).await;
                    continue;
                }
                TargetState::Running => self.context.report(State::Running, None).await,
            }
            let draining = target.drain > shared.drained.load(Ordering::SeqCst);
            self.task.set_draining(draining);
            let Some(poll) = self.poll(control).await? else { continue };
            shared.set_lag(self.task.remaining());
            match poll {
                SourcePoll::Records(batch) => {
                    shared.at_end.store(false, Ordering::Relaxed);
                    shared.set_waiting_for(None);
                    self.deliver(batch, control).await?;
                    yield_now().await;
                }
                SourcePoll::Idle { retry_after, waiting_for } => {
                    let is_stuck = draining && waiting_for.is_some();
                    shared.set_waiting_for(waiting_for);
                    if is_stuck {
                        shared.stuck.fetch_max(target.drain, Ordering::SeqCst);
                        shared.notify();
                    }
                    control.wait(&self.context.env, target, at_least(retry_after), std::future::pending()).await;
                }
                SourcePoll::EndOfInput { retry_after } => {
                    shared.set_waiting_for(None);
                    shared.failures.store(0, Ordering::Relaxed);
                    shared.at_end.store(true, Ordering::Relaxed);
                    if draining {
                        shared.finish_drain(target.drain);
                    }
                    control.wait(&self.context.env, target, at_least(retry_after), std::future::pending()).await;
                }
            }
        }
    }

    /// One poll, repeated while it fails for a passing reason; `None` if the task is to stop meanwhile.
    async fn poll(&mut self, control: &mut Control) -> Result<Option<SourcePoll>, TaskError> {
        let mut retry = self.context.policy.retry(&self.context.env);
        loop {
            let error = match self.task.poll().await {
                Ok(poll) => return Ok(Some(poll)),
                Err(error) => TaskError::from(error).at(Stage::TaskPoll.name()),
            };
            if !self.wait_to_repeat(error, &mut retry, control).await? {
                return Ok(None);
            }
        }
    }

    /// Waits before a repetition; false if the task is to stop. Errors: the error itself, if the call is not to be repeated.
    async fn wait_to_repeat(
        &mut self,
        error: TaskError,
        retry: &mut crate::policy::Retry,
        control: &mut Control,
    ) -> Result<bool, TaskError> {
        let Some(pause) = retry.next(&error, &self.context.env) else { return Err(error) };
        self.context.shared.retries.fetch_add(1, Ordering::Relaxed);
        self.context.shared.set_cause(Some(error.cause));
        let go_on = control.pause(&self.context.env, pause).await;
        self.context.shared.set_cause(None);
        Ok(go_on)
    }

    /// Converts and commits a batch.
    async fn deliver(&mut self, batch: SourceBatch, control: &mut Control) -> Result<(), TaskError> {
        for record in batch.records {
            self.add(&record).await?;
            if let (Some(partition), Some(offset)) = (record.source_partition, record.source_offset) {
                self.keep_position(partition, Some(offset));
            }
            if self.outbox.size_bytes() >= self.context.options.transaction_bytes_max && !self.commit(control).await? {
                return Ok(());
            }
        }
        for (partition, offset) in batch.offsets {
            self.keep_position(partition, offset);
        }
        self.commit(control).await?;
        Ok(())
    }

    fn keep_position(&mut self, partition: SourcePartition, offset: Option<SourceOffset>) {
        // Most records of a batch are of the partition of the record before: its text need not be made again.
        if let Some((_, last)) = self.positions.values_mut().next_back().filter(|(known, _)| *known == partition) {
            *last = offset;
            return;
        }
        self.positions.insert(partition.to_string(), (partition, offset));
    }

    /// Converts a record into the transaction, or judges what is wrong with it.
    async fn add(&mut self, record: &SourceRecord) -> Result<(), TaskError> {
        if let Some(error) = &record.error {
            return self.judge(record, Stage::TaskPoll, self.context.setup.plugin.class, error).await;
        }
        let topic_name = record.topic.as_str();
        let key = match self.converters.key.to_bytes(topic_name, &record.key) {
            Ok(key) => key,
            Err(error) => return self.judge(record, Stage::KeyConverter, self.converters.key_class, &error).await,
        };
        let value = match self.converters.value.to_bytes(topic_name, &record.value) {
            Ok(value) => value,
            Err(error) => return self.judge(record, Stage::ValueConverter, self.converters.value_class, &error).await,
        };
        let headers = match headers_to_log(&record.headers) {
            Ok(headers) => headers,
            Err(error) => {
                return self.judge(record, Stage::HeaderConverter, "org.apache.kafka.connect.storage.SimpleHeaderConverter", &error).await;
            }
        };
        let timestamp = record.timestamp.unwrap_or(Timestamp(self.context.now_ms()));
        let converted = Record { timestamp, key, value, headers };
        let topic = self.topic(record).await?;
        if let Err(error) = check_fits(record, topic, &converted) {
            return self.judge(record, Stage::KafkaProduce, "org.apache.kafka.clients.producer.KafkaProducer", &error).await;
        }
        self.count += 1;
        self.bytes += (converted.key.as_ref().map_or(0, Bytes::len) + converted.value.as_ref().map_or(0, Bytes::len)) as u64;
        self.outbox.add(&record.topic, topic, record.partition, &converted)?;
        Ok(())
    }

    async fn topic(&mut self, record: &SourceRecord) -> Result<Topic, TaskError> {
        if let Some(topic) = self.topics.known(&record.topic) {
            return Ok(topic);
        }
        // The configuration was checked, but a source may take its topics from what it reads.
        if let Some(keeper) = self.context.options.topic_keeper(record.topic.as_str()) {
            let place = match (&record.source_partition, &record.source_offset) {
                (Some(partition), Some(offset)) => format!("source position {partition} {offset}: "),
                _ => String::new(),
            };
            let cause =
                format!("{place}a record is for topic {}, which belongs to {keeper}; let the source write to another topic", record.topic);
            return Err(TaskError::new(ErrorKind::Invalid, "org.apache.kafka.connect.errors.ConnectException", cause));
        }
        let new = &self.context.setup.new_topics;
        Ok(self.topics.ensure(&record.topic, new.partition_count, &new.config).await?)
    }

    async fn judge(&mut self, record: &SourceRecord, stage: Stage, class: &str, error: &ConnectError) -> Result<(), TaskError> {
        let failed = Failed {
            stage,
            class,
            error,
            key: raw(&record.key),
            value: raw(&record.value),
            headers: headers_to_log(&record.headers).unwrap_or_default(),
            timestamp: record.timestamp.unwrap_or(Timestamp(self.context.now_ms())),
            from: Origin::Source { topic: &record.topic, position: record.source_partition.as_ref().zip(record.source_offset.as_ref()) },
        };
        let verdict = self.context.policy.judge(failed, &self.context.shared)?;
        if let (Verdict::DeadLetter(letter), Some(name)) = (verdict, &self.context.policy.dead_letter_topic) {
            dead_letters::add(&mut self.outbox, &mut self.topics, name, &letter).await?;
            self.dead_letters += 1;
        }
        Ok(())
    }

    /// Commits what was collected; repeated while the log is full or asks for it. False if the task is to stop first.
    async fn commit(&mut self, control: &mut Control) -> Result<bool, TaskError> {
        let now = Timestamp(self.context.now_ms());
        let store = &self.context.offsets.topic;
        let topic = Topic { partition_count: store.partition_count(), batch_bytes_max: usize::MAX };
        for (partition, offset) in std::mem::take(&mut self.positions).into_values() {
            let record = offset_record(&self.context.connector, &partition, offset.as_ref(), now);
            self.outbox.add(store.name(), topic, None, &record)?;
        }
        let batches = self.outbox.take();
        if !batches.is_empty() {
            let mut retry = self.context.policy.retry(&self.context.env);
            while let Err(error) = transact(self.producer.as_ref(), &batches).await {
                let error = TaskError::from(error).at(Stage::KafkaProduce.name());
                if !self.wait_to_repeat(error, &mut retry, control).await? {
                    return Ok(false);
                }
            }
        }
        let (count, bytes) = (std::mem::take(&mut self.count), std::mem::take(&mut self.bytes));
        self.context.shared.dead_lettered.fetch_add(std::mem::take(&mut self.dead_letters), Ordering::Relaxed);
        self.context.shared.note_records(count, bytes, now.0);
        self.task.commit().await?;
        Ok(true)
    }
}

/// One transaction: all or nothing.
async fn transact(producer: &dyn Producer, batches: &[(TopicPartition, RecordBatch)]) -> log_client::Result<()> {
    producer.begin().await?;
    let result = async {
        for (partition, batch) in batches {
            // The commit answers for all deliveries.
            drop(producer.send(partition, batch.clone()).await?);
        }
        producer.commit().await
    };
    let result = result.await;
    if result.is_err() {
        // The first error is the one to tell; a producer that is fenced or closed has nothing to abort.
        let _ = producer.abort().await;
    }
    result
}

fn check_fits(record: &SourceRecord, topic: Topic, converted: &Record) -> Result<(), ConnectError> {
    if let Some(partition) = record.partition.filter(|partition| !(0..topic.partition_count).contains(partition)) {
        let count = topic.partition_count;
        return Err(ConnectError::data(format!("partition {partition} of topic {}, which has {count} partitions", record.topic)));
    }
    let size_bytes = record_bytes(converted);
    if size_bytes > topic.batch_bytes_max {
        let (name, most) = (&record.topic, topic.batch_bytes_max);
        return Err(ConnectError::data(format!(
            "a record of {size_bytes} bytes where topic {name} takes {most}; raise its max.message.bytes"
        )));
    }
    Ok(())
}

/// What there is of a value that could not be converted: its bytes or text, else a description.
fn raw(data: &Data) -> Option<Bytes> {
    match &data.value {
        Value::Null => None,
        Value::Bytes(bytes) => Some(bytes.clone()),
        Value::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        other => Some(Bytes::from(format!("{other:?}"))),
    }
}

/// A source that says "at once" is still asked only a thousand times a second.
fn at_least(pause: Duration) -> Duration {
    pause.max(Duration::from_millis(1))
}
