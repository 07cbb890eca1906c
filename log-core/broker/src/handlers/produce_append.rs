//! One partition's part of a produce request: checked, admitted by the topic's configuration, staged.

use crate::coordinators::TransactionalWrite;
use crate::handlers::produced_batch::{Carrier, sole_batch};
use crate::handlers::topic_ref::{FoundTopic, allowed_topic};
use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use crate::node::record_rules::{Fault, keyless, untimely};
use crate::node::staging::{StagedBatch, stage_batch};
use crate::node::topics::{TopicEntry, is_internal};
use bytes::Bytes;
use futures::future::{Either, select};
use log_client::local::admit;
use log_client::{Delivery, Error};
use log_coordination::transactions::{AddedBy, ProducerIdAndEpoch};
use log_env::{Clock, Mono};
use log_model::acl::AclOperation;
use log_model::{ErrorKind, FlushMode, KafkaCode, Offset, Timestamp, TimestampType, TopicPartition};
use log_record::RecordBatch;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
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

impl Refused {
    pub(super) fn with(code: KafkaCode, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into(), records: Vec::new() }
    }

    /// The batch cannot be taken because of these records, if there are any.
    fn blame(code: KafkaCode, found: Result<Vec<Fault>, log_record::Error>) -> Result<(), Refused> {
        let faults = found.map_err(|error| Refused::with(KafkaCode::InvalidRecord, error.to_string()))?;
        match faults.first() {
            None => Ok(()),
            Some(first) => Err(Refused { code, message: first.message.clone(), records: faults }),
        }
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

/// What a request says of a batch besides its records.
pub(super) struct AppendRequest<'a> {
    /// Name or id of its topic, and the partition.
    pub(super) place: (&'a str, Uuid, i32),
    pub(super) transactional_id: Option<&'a str>,
    /// How long the batch waits for room.
    pub(super) deadline: Mono,
    /// The size of the request.
    pub(super) frame_bytes: usize,
}

/// Checks and stages what a client sent for one partition. Where others' batches take all room until the deadline, nothing is staged.
pub(super) async fn append(context: &Context, request: AppendRequest<'_>, records: Option<Bytes>) -> Result<Appended, Refused> {
    let AppendRequest { place: (name, id, index), transactional_id, deadline, frame_bytes } = request;
    let core = context.core();
    let topic = allowed_topic(context, AclOperation::Write, name, id)?;
    let partition = topic.partition(index)?;
    if is_internal(&topic.name) {
        return Err(Refused::with(KafkaCode::InvalidTopic, format!("topic {} belongs to the log itself", topic.name)));
    }
    let batch = checked(records, Carrier { version: context.version, frame_bytes }, &topic.entry, core.now_ms())?;
    let clock = core.env.clock.as_ref();
    let (permit, units) = until(clock, deadline, core.commits.reserve(batch.size_bytes())).await??;
    let flush = flush_of(&topic, &batch);
    if flush == FlushMode::Sync {
        until(clock, deadline, core.make_room(batch.size_bytes())).await?;
    }
    let now_ms = core.now_ms();
    let staged = stage(core, &partition, transactional_id, Admitted { batch, units, flush, now_ms }, context.version)?;
    // The waiter gives the room back.
    permit.forget();
    let log_start = core.directory()?.offsets(&partition).map(|offsets| offsets.log_start).unwrap_or_default();
    let timestamp_type = topic.entry.config.message_timestamp_type;
    let stored = Stored { base_offset: staged.base_offset, log_start, timestamp_type, append_time_ms: now_ms };
    Ok(Appended { stored, delivery: staged.delivery })
}

/// Waits for room until the deadline. Where there is some no timer is set.
async fn until<T>(clock: &dyn Clock, deadline: Mono, room: impl Future<Output = T>) -> Result<T, KafkaCode> {
    let mut room = pin!(room);
    if let Poll::Ready(found) = futures::poll!(room.as_mut()) {
        return Ok(found);
    }
    match select(room, clock.sleep(deadline.since(clock.now()))).await {
        Either::Left((found, _)) => Ok(found),
        Either::Right(_) => Err(KafkaCode::RequestTimedOut),
    }
}

/// The one batch of a request's partition, as its topic takes it.
fn checked(records: Option<Bytes>, carrier: Carrier, topic: &TopicEntry, now_ms: i64) -> Result<RecordBatch, Refused> {
    let records = records.ok_or_else(|| Refused::with(KafkaCode::InvalidRecord, "the partition has no records"))?;
    let batch = sole_batch(records, carrier)?;
    if batch.timestamp_type() == TimestampType::LogAppendTime {
        return Err(Refused::with(KafkaCode::InvalidTimestamp, "the batch claims log-append time, which only the log may set"));
    }
    let config = &topic.config;
    Refused::blame(KafkaCode::InvalidTimestamp, untimely(&batch, config, now_ms))?;
    let whole = config.cleanup_policy.compacts().then(|| batch.clone());
    admit(batch, config, || Timestamp(now_ms)).map_err(|error| match (whole, error) {
        // Nothing stored is damaged: it is the batch that cannot be read.
        (_, Error::Corrupt { reason, .. }) => Refused::with(KafkaCode::InvalidRecord, reason),
        // Which records are to blame is only looked for once some are.
        (Some(batch), error) => Refused::blame(KafkaCode::InvalidRecord, keyless(&batch)).err().unwrap_or_else(|| error.into()),
        (None, error) => error.into(),
    })
}

/// One of a transaction goes through the journal, whatever its topic wants: it must not outlive the record that makes it part of the transaction.
fn flush_of(topic: &FoundTopic, batch: &RecordBatch) -> FlushMode {
    if batch.is_transactional() { FlushMode::Sync } else { topic.entry.config.flush }
}

/// A batch with its room in the queue, how it is to be stored, and the time of its append.
struct Admitted {
    batch: RecordBatch,
    units: u32,
    flush: FlushMode,
    now_ms: i64,
}

/// Stages the batch; one of a transaction while the coordinator is held, so that no end of the transaction comes in between.
fn stage(
    core: &Arc<Core>,
    partition: &TopicPartition,
    transactional_id: Option<&str>,
    Admitted { batch, units, flush, now_ms }: Admitted,
    version: i16,
) -> Result<StagedBatch, Refused> {
    if !batch.is_transactional() {
        return Ok(stage_batch(core, (partition, flush), (batch, units), now_ms)?);
    }
    let Some(transactional_id) = transactional_id else {
        // Kafka's code: nobody may write in a transaction without a name.
        let message = "the batch is transactional, but the request names no transactional id";
        return Err(Refused::with(KafkaCode::TransactionalIdAuthorizationFailed, message));
    };
    let producer = ProducerIdAndEpoch { id: batch.producer_id(), epoch: batch.producer_epoch() };
    let mut transactions = core.transactions.hold(core);
    transactions.admit_write(&TransactionalWrite { by: AddedBy::Produce(version), transactional_id, producer, partition })?;
    Ok(stage_batch(core, (partition, flush), (batch, units), now_ms)?)
}

#[cfg(test)]
mod tests {
    use crate::handlers::tests::client::{Client, Node, code};
    use bytes::Bytes;
    use log_client::{Log, NewTopic};
    use log_model::{CompressionType, KafkaCode, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType, TopicConfig, TopicName};
    use log_record::{BatchBuilder, RecordBatch};
    use log_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
    use log_wire::messages::{InitProducerIdRequest, InitProducerIdResponse, ProduceRequest, ProduceResponse};

    fn batch(codec: CompressionType, key: Option<&[u8]>) -> RecordBatch {
        let mut builder = BatchBuilder::new(codec);
        builder.append_parts(Timestamp(1), key, Some(&[7; 100]), &[]).unwrap();
        builder.append_parts(Timestamp(1), key, Some(&[7; 100]), &[]).unwrap();
        builder.build()
    }

    /// The batch with its last byte changed, and a checksum that says it was meant so.
    fn damaged(batch: &RecordBatch) -> Bytes {
        let mut bytes = batch.as_bytes().to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 0x55;
        let crc = crc_fast::crc32_iscsi(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes.into()
    }

    async fn produce(client: &mut Client, topic: &'static str, records: Bytes, transactional_id: Option<&'static str>) -> KafkaCode {
        let data = PartitionProduceData { index: 0, records: Some(records.into()) };
        let topic_data = vec![TopicProduceData { name: topic.into(), partition_data: vec![data], ..TopicProduceData::default() }];
        let transactional_id = transactional_id.map(Into::into);
        let answer: ProduceResponse<'_> =
            client.ask(12, &ProduceRequest { transactional_id, acks: -1, timeout_ms: 1000, topic_data }).await;
        code(answer.responses[0].partition_responses[0].error_code)
    }

    #[test]
    fn what_is_wrong_with_a_batch_has_kafkas_code() {
        use CompressionType::{Gzip, None as Plain};
        use KafkaCode::{CorruptMessage, InvalidRecord, InvalidTimestamp};
        let node = Node::start(&[]);
        let topics: [(&str, &[(&str, &str)]); 4] = [
            ("plain", &[]),
            ("checked", &[("headwater.check", "records")]),
            ("compacted", &[("cleanup.policy", "compact")]),
            ("recompressed", &[("compression.type", "zstd")]),
        ];
        node.sim.run_until(async {
            for (name, entries) in topics {
                let config = TopicConfig::from_entries(entries.iter().copied()).unwrap();
                node.log.admin().create_topic(NewTopic::new(TopicName::new(name).unwrap(), 1).with_config(config)).await.unwrap();
            }
        });
        let good = batch(Plain, Some(b"k"));
        let mut torn = good.as_bytes().to_vec();
        torn[17] ^= 1;
        let stamped = good.clone().with_max_timestamp(TimestampType::LogAppendTime, Timestamp(1)).into_bytes();
        let cases = [
            ("plain", good.as_bytes().clone(), KafkaCode::None),
            ("plain", torn.into(), CorruptMessage),
            ("plain", stamped, InvalidTimestamp),
            // Nobody looks at records that no rule asks for.
            ("plain", damaged(&batch(Gzip, None)), KafkaCode::None),
            ("checked", batch(Gzip, None).into_bytes(), KafkaCode::None),
            ("checked", damaged(&batch(Gzip, None)), InvalidRecord),
            ("checked", damaged(&batch(Plain, None)), InvalidRecord),
            ("compacted", good.as_bytes().clone(), KafkaCode::None),
            ("compacted", batch(Plain, None).into_bytes(), InvalidRecord),
            ("compacted", damaged(&batch(Gzip, Some(b"k"))), InvalidRecord),
            ("recompressed", damaged(&batch(Gzip, Some(b"k"))), InvalidRecord),
        ];
        node.run(async |client| {
            for (index, (topic, records, expected)) in cases.into_iter().enumerate() {
                assert_eq!(produce(client, topic, records, None).await, expected, "case {index}: {topic}");
            }
        });
    }

    #[test]
    fn a_batch_outside_of_its_producers_transaction_breaks_the_state_of_the_transaction() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |client| {
            let transactional_id = Some("x".into());
            let request = InitProducerIdRequest { transactional_id, transaction_timeout_ms: 60_000, ..InitProducerIdRequest::default() };
            let producer: InitProducerIdResponse = client.ask(5, &request).await;
            let sent = |sequence: i32, is_transactional: bool| {
                let (id, epoch) = (ProducerId(producer.producer_id), ProducerEpoch(producer.producer_epoch));
                batch(CompressionType::None, None).with_producer(id, epoch, Sequence(sequence), is_transactional).into_bytes()
            };
            assert_eq!(produce(client, "t", sent(0, true), Some("x")).await, KafkaCode::None);
            assert_eq!(produce(client, "t", sent(2, false), None).await, KafkaCode::InvalidTxnState);
            assert_eq!(produce(client, "t", sent(2, true), None).await, KafkaCode::TransactionalIdAuthorizationFailed);
            assert_eq!(produce(client, "t", sent(5, true), Some("x")).await, KafkaCode::OutOfOrderSequenceNumber);
        });
    }
}
