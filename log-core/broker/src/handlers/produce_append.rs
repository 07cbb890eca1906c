//! One partition's part of a produce request: checked, admitted by the topic's configuration, staged.

use crate::coordinators::TransactionalWrite;
use crate::handlers::topic_ref::{FoundTopic, allowed_topic};
use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use crate::node::staging::{StagedBatch, stage_batch};
use crate::node::topics::{TopicEntry, is_internal};
use bytes::Bytes;
use log_client::local::admit;
use log_client::{Delivery, Error};
use log_coordination::transactions::{AddedBy, ProducerIdAndEpoch};
use log_model::acl::AclOperation;
use log_model::{ErrorKind, FlushMode, KafkaCode, Offset, Timestamp, TimestampType, TopicPartition};
use log_record::RecordBatch;
use std::sync::Arc;
use uuid::Uuid;

/// A batch on its way to stable storage.
pub(super) struct Appended {
    pub(super) stored: Stored,
    pub(super) delivery: Delivery,
}

/// Where it is.
pub(super) struct Stored {
    pub(super) base_offset: Offset,
    pub(super) log_start: Offset,
    pub(super) timestamp_type: TimestampType,
    pub(super) append_time_ms: i64,
}

/// A batch that was not stored.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: KafkaCode,
    pub(super) message: String,
    /// The records that are to blame.
    pub(super) records: Vec<Fault>,
}

/// One record that is to blame.
#[derive(Debug)]
pub(super) struct Fault {
    /// Its place in the batch, from 0.
    pub(super) index: i32,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn with(code: KafkaCode, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into(), records: Vec::new() }
    }
}

impl From<KafkaCode> for Refused {
    fn from(code: KafkaCode) -> Refused {
        Refused::with(code, code.message())
    }
}

impl From<&Error> for Refused {
    fn from(error: &Error) -> Refused {
        let code = match error.kind() {
            // What is wrong with a produced batch is the batch.
            ErrorKind::Invalid if code_of(error) == KafkaCode::InvalidRequest => KafkaCode::InvalidRecord,
            _ => code_of(error),
        };
        Refused::with(code, error.to_string())
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::from(&error)
    }
}

/// Checks and stages what a client sent for one partition.
pub(super) async fn append(
    context: &Context,
    (name, id, index): (&str, Uuid, i32),
    transactional_id: Option<&str>,
    records: Option<Bytes>,
) -> Result<Appended, Refused> {
    let core = context.core();
    let topic = allowed_topic(context, AclOperation::Write, name, id)?;
    let partition = topic.partition(index)?;
    if is_internal(&topic.name) {
        return Err(Refused::with(KafkaCode::InvalidTopic, format!("topic {} belongs to the log itself", topic.name)));
    }
    let now_ms = core.now_ms();
    let batch = checked(records, &topic.entry, now_ms)?;
    let (permit, units) = core.commits.reserve(batch.size_bytes()).await?;
    let staged = stage(core, (&topic, &partition), transactional_id, (batch, units), context.version)?;
    // The waiter gives the room back.
    permit.forget();
    let log_start = core.directory()?.offsets(&partition).map(|offsets| offsets.log_start).unwrap_or_default();
    let timestamp_type = topic.entry.config.message_timestamp_type;
    let stored = Stored { base_offset: staged.base_offset, log_start, timestamp_type, append_time_ms: now_ms };
    Ok(Appended { stored, delivery: staged.delivery })
}

/// The one batch of a request's partition, as its topic takes it.
fn checked(records: Option<Bytes>, topic: &TopicEntry, now_ms: i64) -> Result<RecordBatch, Refused> {
    let records = records.ok_or_else(|| Refused::with(KafkaCode::InvalidRecord, "the partition has no records"))?;
    let batch = RecordBatch::parse(records).map_err(|error| match error {
        log_record::Error::Checksum { .. } => Refused::with(KafkaCode::CorruptMessage, error.to_string()),
        // 0 and 1 are older formats, which are refused; anything else is none.
        log_record::Error::Magic { found } if !(0..=1).contains(&found) => Refused::with(KafkaCode::CorruptMessage, error.to_string()),
        // One that is cut off is no batch to Kafka, and to send it again would not help.
        _ => Refused::with(KafkaCode::InvalidRecord, format!("{error}; a partition takes exactly one batch of format v2")),
    })?;
    let config = &topic.config;
    if config.message_timestamp_type == TimestampType::CreateTime {
        check_timestamps(&batch, config.message_timestamp_before_max_ms, config.message_timestamp_after_max_ms, now_ms)?;
    }
    let whole = config.cleanup_policy.compacts().then(|| batch.clone());
    admit(batch, config, || Timestamp(now_ms)).map_err(|error| {
        // Which records are to blame is only looked for once some are.
        whole.and_then(|batch| check_keys(&batch).err()).unwrap_or_else(|| Refused::from(&error))
    })
}

fn check_timestamps(batch: &RecordBatch, before_max_ms: i64, after_max_ms: i64, now_ms: i64) -> Result<(), Refused> {
    let latest_ms = now_ms.saturating_add(after_max_ms);
    let earliest_ms = now_ms.saturating_sub(before_max_ms);
    // The header knows the largest; only a bound on the smallest asks for every record.
    if batch.max_timestamp().0 <= latest_ms && before_max_ms == i64::MAX {
        return Ok(());
    }
    blame(batch, KafkaCode::InvalidTimestamp, |record| {
        let at_ms = record.timestamp.0;
        let is_outside = at_ms >= 0 && !(earliest_ms..=latest_ms).contains(&at_ms);
        is_outside.then(|| format!("timestamp {at_ms} is not between {earliest_ms} and {latest_ms}, the bounds that the topic sets"))
    })
}

fn check_keys(batch: &RecordBatch) -> Result<(), Refused> {
    blame(batch, KafkaCode::InvalidRecord, |record| {
        record.key.is_none().then(|| "a compacted topic takes no record without a key".to_owned())
    })
}

/// Refuses the batch with `code` if `fault` finds something in a record.
fn blame(batch: &RecordBatch, code: KafkaCode, fault: impl Fn(&log_record::RecordView<'_>) -> Option<String>) -> Result<(), Refused> {
    let unreadable = |error: log_record::Error| Refused::with(KafkaCode::CorruptMessage, error.to_string());
    let mut records = batch.records().map_err(unreadable)?;
    let mut faults = Vec::new();
    let mut index = 0;
    while let Some(record) = records.next_view() {
        if let Some(message) = fault(&record.map_err(unreadable)?) {
            faults.push(Fault { index, message });
        }
        index += 1;
    }
    match faults.first() {
        None => Ok(()),
        Some(first) => Err(Refused { code, message: first.message.clone(), records: faults }),
    }
}

/// Stages the batch; one of a transaction while the coordinator is held, so that no end of the transaction comes in between.
fn stage(
    core: &Arc<Core>,
    (topic, partition): (&FoundTopic, &TopicPartition),
    transactional_id: Option<&str>,
    (batch, units): (RecordBatch, u32),
    version: i16,
) -> Result<StagedBatch, Refused> {
    let flush = topic.entry.config.flush;
    if !batch.is_transactional() {
        return Ok(stage_batch(core, partition, flush, batch, units)?);
    }
    let Some(transactional_id) = transactional_id else {
        // Kafka's code: nobody may write in a transaction without a name.
        let message = "the batch is transactional, but the request names no transactional id";
        return Err(Refused::with(KafkaCode::TransactionalIdAuthorizationFailed, message));
    };
    let producer = ProducerIdAndEpoch { id: batch.producer_id(), epoch: batch.producer_epoch() };
    let mut transactions = core.transactions.hold(core);
    transactions.admit_write(&TransactionalWrite { by: AddedBy::Produce(version), transactional_id, producer, partition })?;
    // Through the journal, whatever the topic wants: it must not outlive the record that makes it part of the transaction.
    Ok(stage_batch(core, partition, FlushMode::Sync, batch, units)?)
}
