//! What happens to a record that cannot be handled, and how long a failed call is repeated (Kafka's `RetryWithToleranceOperator`).

use crate::config::DEAD_LETTER_TOPIC;
use crate::error::TaskError;
use crate::metrics::TaskShared;
use bytes::Bytes;
use connect_api::{Config, SourceOffset, SourcePartition};
use log_env::{Env, Mono};
use log_model::{Offset, Timestamp, TopicName, TopicPartition};
use log_record::{Header, Record};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A message may quote the record: more of it than this would crowd out the record itself.
const MESSAGE_BYTES_MAX: usize = 4096;

/// Where a record was when it failed; the names are Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Kafka's")]
pub enum Stage {
    TaskPoll,
    TaskPut,
    KeyConverter,
    ValueConverter,
    HeaderConverter,
    KafkaProduce,
    KafkaConsume,
}

impl Stage {
    /// Kafka's name, as in the header `__connect.errors.stage`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::TaskPoll => "TASK_POLL",
            Stage::TaskPut => "TASK_PUT",
            Stage::KeyConverter => "KEY_CONVERTER",
            Stage::ValueConverter => "VALUE_CONVERTER",
            Stage::HeaderConverter => "HEADER_CONVERTER",
            Stage::KafkaProduce => "KAFKA_PRODUCE",
            Stage::KafkaConsume => "KAFKA_CONSUME",
        }
    }
}

/// A record that failed, as much of it as is known.
#[derive(Debug)]
pub(crate) struct Failed<'a> {
    pub(crate) stage: Stage,
    /// The class that was at work.
    pub(crate) class: &'a str,
    pub(crate) error: &'a connect_api::Error,
    pub(crate) key: Option<Bytes>,
    pub(crate) value: Option<Bytes>,
    pub(crate) headers: Vec<Header>,
    pub(crate) timestamp: Timestamp,
    pub(crate) from: Origin<'a>,
}

/// Where a failed record is from.
#[derive(Debug)]
pub(crate) enum Origin<'a> {
    Source { topic: &'a TopicName, position: Option<(&'a SourcePartition, &'a SourceOffset)> },
    Sink { partition: &'a TopicPartition, offset: Offset },
}

/// What to do with a failed record.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Count it and go on.
    Skip,
    /// Write this to the dead-letter topic and go on.
    DeadLetter(Record),
}

/// The error options of a connector.
#[derive(Clone, Debug)]
pub(crate) struct ErrorPolicy {
    connector: String,
    task: usize,
    tolerate: bool,
    retry_timeout: Option<Duration>,
    retry_delay_max: Duration,
    log: bool,
    log_messages: bool,
    pub(crate) dead_letter_topic: Option<TopicName>,
    dead_letter_headers: bool,
}

impl ErrorPolicy {
    pub(crate) fn new(connector: &str, task: usize, config: &Config) -> connect_api::Result<ErrorPolicy> {
        Ok(ErrorPolicy {
            connector: connector.to_string(),
            task,
            tolerate: config.string("errors.tolerance")?.eq_ignore_ascii_case("all"),
            retry_timeout: config.optional_ms("errors.retry.timeout")?.filter(|timeout| !timeout.is_zero()),
            retry_delay_max: Duration::from_millis(config.count("errors.retry.delay.max.ms")? as u64),
            log: config.boolean("errors.log.enable")?,
            log_messages: config.boolean("errors.log.include.messages")?,
            dead_letter_topic: config.optional_string(DEAD_LETTER_TOPIC)?.map(|_| config.topic(DEAD_LETTER_TOPIC)).transpose()?,
            dead_letter_headers: config.boolean("errors.deadletterqueue.context.headers.enable")?,
        })
    }

    /// What happens to this record. Errors: nothing is tolerated, so the task ends.
    pub(crate) fn judge(&self, failed: Failed<'_>, shared: &TaskShared) -> Result<Verdict, TaskError> {
        let place = match &failed.from {
            Origin::Source { position: Some((partition, offset)), .. } => format!("source position {partition} {offset}"),
            Origin::Source { topic, .. } => format!("a record for topic {topic}"),
            Origin::Sink { partition, offset } => format!("{partition} offset {offset}"),
        };
        let (stage, error) = (failed.stage.name(), failed.error);
        shared.note_error(format!("{place}: {error}"));
        if self.log || !self.tolerate {
            let value =
                failed.value.as_deref().filter(|_| self.log_messages).map(|value| String::from_utf8_lossy(&value[..value.len().min(1024)]));
            tracing::error!(connector = self.connector, task = self.task, stage, place, value = value.as_deref(), "{error}");
        }
        if !self.tolerate {
            let cause = format!("{place}: {error} (errors.tolerance=all passes over such records)");
            let trace = format!("{} of {}", failed.stage.name(), failed.class);
            return Err(TaskError::new(error.kind(), "org.apache.kafka.connect.errors.ConnectException", cause).at(&trace));
        }
        match self.dead_letter_topic {
            // Counted when its transaction has committed.
            Some(_) => Ok(Verdict::DeadLetter(self.dead_letter(failed))),
            None => {
                shared.skipped.fetch_add(1, Ordering::Relaxed);
                Ok(Verdict::Skip)
            }
        }
    }

    /// The record for the dead-letter topic, with Kafka's headers.
    fn dead_letter(&self, failed: Failed<'_>) -> Record {
        let mut headers = failed.headers;
        let mut add = |name: &str, value: String| headers.push(Header::new(format!("__connect.errors.{name}"), value));
        if self.dead_letter_headers {
            match failed.from {
                Origin::Source { topic, position } => {
                    add("topic", topic.to_string());
                    if let Some((partition, offset)) = position {
                        add("source.partition", partition.to_string());
                        add("source.offset", offset.to_string());
                    }
                }
                Origin::Sink { partition, offset } => {
                    add("topic", partition.topic.to_string());
                    add("partition", partition.partition.to_string());
                    add("offset", offset.to_string());
                }
            }
            add("connector.name", self.connector.clone());
            add("task.id", self.task.to_string());
            add("stage", failed.stage.name().to_string());
            add("class.name", failed.class.to_string());
            add("exception.class.name", failed.error.kafka_class().to_string());
            let message = failed.error.to_string();
            let message = &message[..message.floor_char_boundary(MESSAGE_BYTES_MAX)];
            add("exception.message", message.to_string());
            let trace = format!("{}: {message}\n\tat {} of {}", failed.error.kafka_class(), failed.stage.name(), failed.class);
            add("exception.stacktrace", trace);
        }
        Record { timestamp: failed.timestamp, key: failed.key, value: failed.value, headers }
    }

    /// The pauses between repeated calls: 300 ms, doubling up to `errors.retry.delay.max.ms`.
    pub(crate) fn retry(&self, env: &Env) -> Retry {
        let backoff = Backoff::new(Duration::from_millis(300).min(self.retry_delay_max), self.retry_delay_max);
        Retry { backoff, started: env.clock.now(), timeout: self.retry_timeout }
    }
}

/// A call being repeated. Without `errors.retry.timeout` it is repeated until it succeeds, as Kafka repeats a call that failed with a retriable error.
#[derive(Debug)]
pub(crate) struct Retry {
    backoff: Backoff,
    started: Mono,
    timeout: Option<Duration>,
}

impl Retry {
    /// How long to wait before the next attempt; `None` if it is not to be repeated.
    pub(crate) fn next(&mut self, error: &TaskError, env: &Env) -> Option<Duration> {
        let in_time = self.timeout.is_none_or(|timeout| env.clock.now().since(self.started) < timeout);
        (error.is_passing() && in_time).then(|| self.backoff.next(env))
    }
}

/// Pauses that double, with up to a fifth of jitter so that many do not come back at once.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Backoff {
        Backoff { first, most, attempts: 0 }
    }

    pub(crate) fn next(&mut self, env: &Env) -> Duration {
        let pause = self.first.saturating_mul(1 << self.attempts.min(20)).min(self.most);
        self.attempts += 1;
        pause + Duration::from_nanos(env.random.below(u64::try_from(pause.as_nanos() / 5).unwrap_or(u64::MAX)))
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}
