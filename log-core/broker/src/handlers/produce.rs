//! Produce (0), versions 3 to 13: batches from the socket into the journal, untouched but for the offset.
//!
//! Started in the order in which requests arrive: every batch is staged before the next request is read, so that many requests share a flush; the
//! answer waits for it. Partitions succeed and fail one by one. With `acks=0` there is no answer, and an error ends the connection, as in Kafka.
//!
//! Where the disk takes nothing the answer is `REQUEST_TIMED_OUT` after the request's `timeout_ms`, as Kafka's is where replicas lag. What was staged
//! may become durable all the same; an idempotent producer that sends it again is then answered with its first offset.

use crate::handlers::Context;
use crate::handlers::dispatch::{Asked, Outcome, decode, reply, unreadable};
use crate::handlers::produce_append::{AppendRequest, Appended, Refused, Stored, append};
use crate::listener::{Frame, REQUEST_OVERHEAD_BYTES, Share};
use crate::node::record_rules::Fault;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use log_client::Delivery;
use log_env::{Clock, Mono};
use log_model::acl::{AclOperation, ResourceType};
use log_model::{KafkaCode, Offset, TimestampType};
use log_wire::messages::produce_request::ProduceRequest;
use log_wire::messages::produce_response::{BatchIndexAndErrorMessage, PartitionProduceResponse, ProduceResponse, TopicProduceResponse};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use uuid::Uuid;

/// No wait is given up before: clients of a single Kafka node never have to wait, whatever time they give it, and a flush takes its time.
const TIMEOUT_MIN: Duration = Duration::from_millis(100);

/// What a request asks for, apart from its frame: the last batch of it is then the sole owner of its bytes, and if it is most of the frame, as where
/// only one is in it, it is numbered in place.
struct Plan {
    acks: i16,
    timeout: Duration,
    transactional_id: Option<String>,
    topics: Vec<PlannedTopic>,
}

struct PlannedTopic {
    name: String,
    id: Uuid,
    partitions: Vec<(i32, Option<Bytes>)>,
}

impl Plan {
    fn of(request: ProduceRequest<'_>) -> Plan {
        let topics = request.topic_data.into_iter().map(|topic| PlannedTopic {
            name: topic.name.into_owned(),
            id: topic.topic_id,
            partitions: topic
                .partition_data
                .into_iter()
                .map(|data| (data.index, data.records.map(|records| records.into_bytes())))
                .collect(),
        });
        Plan {
            acks: request.acks,
            timeout: Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0)).max(TIMEOUT_MIN),
            topics: topics.collect(),
            transactional_id: request.transactional_id.map(|id| id.into_owned()),
        }
    }
}

/// A topic's partitions with what became of their batches.
struct StartedTopic {
    name: String,
    id: Uuid,
    partitions: Vec<(i32, Result<Appended, Refused>)>,
}

/// The rest of a request whose batches are staged, and until when it waits for them.
type Started = (BoxFuture<'static, Outcome>, Mono);

/// Stages the batches. Errors: the request cannot be read.
pub(super) async fn start(context: Context, asked: Asked, frame: Frame) -> Result<Started, String> {
    let plan = {
        let body = frame.bytes.slice(asked.header_bytes..);
        let request = decode(&body, context.version).map_err(|error| unreadable(&asked, context.version, &error))?;
        Plan::of(request)
    };
    let Frame { bytes, mut share } = frame;
    let frame_bytes = bytes.len();
    drop(bytes);
    let acks = plan.acks;
    let deadline = context.core().env.clock.now().plus(plan.timeout);
    let transactional_id = plan.transactional_id.as_deref();
    let allowed = transactional_id.map_or(Ok(()), |id| context.authorize(AclOperation::Write, ResourceType::TransactionalId, id));
    let mut started = Vec::with_capacity(plan.topics.len());
    for topic in plan.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for (index, records) in topic.partitions {
            let request = AppendRequest { place: (&topic.name, topic.id, index), transactional_id, deadline, frame_bytes };
            let appended = match (acks, allowed) {
                (-1..=1, Ok(())) => append(&context, request, records).await,
                (-1..=1, Err(code)) => Err(code.into()),
                _ => Err(Refused::with(KafkaCode::InvalidRequiredAcks, "acks must be -1, 0 or 1")),
            };
            partitions.push((index, appended));
        }
        started.push(StartedTopic { name: topic.name, id: topic.id, partitions });
    }
    // What was staged is counted by the queue of the log from here on.
    share.resize(REQUEST_OVERHEAD_BYTES);
    Ok((finish((context, asked), (acks, deadline), started, share).boxed(), deadline))
}

async fn finish((context, asked): (Context, Asked), (acks, deadline): (i16, Mono), started: Vec<StartedTopic>, _share: Share) -> Outcome {
    if acks == 0 {
        let refused = started.iter().flat_map(|topic| &topic.partitions).find_map(|(_, appended)| appended.as_ref().err());
        return match refused {
            None => Outcome::Silence,
            Some(refused) => Outcome::Close(format!("a batch sent with acks=0 was refused: {}", refused.message)),
        };
    }
    let clock = context.core().env.clock.as_ref();
    let mut responses = Vec::with_capacity(started.len());
    for topic in started {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for (index, appended) in topic.partitions {
            partitions.push(PartitionProduceResponse { index, ..answer(appended, clock, deadline).await });
        }
        responses.push(TopicProduceResponse { name: topic.name.into(), topic_id: topic.id, partition_responses: partitions });
    }
    reply(&context, &asked, &ProduceResponse { responses, ..ProduceResponse::default() })
}

async fn answer(appended: Result<Appended, Refused>, clock: &dyn Clock, deadline: Mono) -> PartitionProduceResponse<'static> {
    match appended {
        Ok(Appended { stored, delivery }) => match acknowledged(delivery, clock, deadline).await {
            Some(Ok(_)) => stored_response(&stored, KafkaCode::None),
            Some(Err(error)) => refused_response(Refused::from(&error)),
            // It has its place all the same, as Kafka's answer says too.
            None => stored_response(&stored, KafkaCode::RequestTimedOut),
        },
        Err(refused) => refused_response(refused),
    }
}

/// What became of a batch; `None` at the deadline, which is noticed when this is polled.
async fn acknowledged(mut delivery: Delivery, clock: &dyn Clock, deadline: Mono) -> Option<log_client::Result<Offset>> {
    poll_fn(|context| match delivery.poll_unpin(context) {
        Poll::Ready(acknowledged) => Poll::Ready(Some(acknowledged)),
        Poll::Pending if clock.now() >= deadline => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn stored_response(stored: &Stored, code: KafkaCode) -> PartitionProduceResponse<'static> {
    PartitionProduceResponse {
        error_code: code.as_i16(),
        base_offset: stored.base_offset.0,
        log_append_time_ms: match stored.timestamp_type {
            TimestampType::CreateTime => -1,
            TimestampType::LogAppendTime => stored.append_time_ms,
        },
        log_start_offset: stored.log_start.0,
        ..PartitionProduceResponse::default()
    }
}

fn refused_response(refused: Refused) -> PartitionProduceResponse<'static> {
    PartitionProduceResponse {
        error_code: refused.code.as_i16(),
        base_offset: -1,
        record_errors: refused.records.into_iter().map(record_error).collect(),
        error_message: Some(refused.message.into()),
        ..PartitionProduceResponse::default()
    }
}

fn record_error(fault: Fault) -> BatchIndexAndErrorMessage<'static> {
    BatchIndexAndErrorMessage { batch_index: fault.index, batch_index_error_message: Some(fault.message.into()) }
}
