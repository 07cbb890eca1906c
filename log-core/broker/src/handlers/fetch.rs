//! Fetch (1), versions 4 to 18: batches as they are stored, from memory where they are hot. Waits until there is enough or time is up.
//!
//! A partition is answered whole batches from the one that holds the offset on, and the first partition with anything at least one batch whatever
//! the limits (KIP-74). Source of the rules: Kafka's `ReplicaManager.fetchMessages`; sessions are in `fetch_sessions`.

use crate::handlers::Context;
use crate::handlers::fetch_read::{PartitionRead, read_all};
use crate::handlers::fetch_sessions::{Key, Plan, SessionRequest, Told};
use crate::handlers::topic_ref::find_topic;
use crate::listener::Share;
use futures::future::{Either, select};
use log_client::local::Wakeup;
use log_model::acl::AclOperation;
use log_model::{KafkaCode, TopicPartition};
use log_wire::Records;
use log_wire::messages::fetch_request::FetchRequest;
use log_wire::messages::fetch_response::{AbortedTransaction, FetchResponse, FetchableTopicResponse, PartitionData};
use std::pin::pin;
use std::time::Duration;
use uuid::Uuid;

/// An answer holds no more, whatever the client allows: it asks again.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// A partition that a client reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Empty where the request has ids.
    pub(super) topic: String,
    /// Nil where the request has names.
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) max_bytes: i32,
    pub(super) leader_epoch: i32,
    pub(super) last_fetched_epoch: i32,
}

impl Wanted {
    pub(super) fn key(&self) -> Key {
        (self.topic.clone(), self.topic_id, self.partition)
    }
}

pub(super) async fn handle(context: &Context, request: FetchRequest<'_>) -> FetchResponse<'static> {
    let limits = Limits::of(context, &request);
    let is_follower = request.replica_id >= 0 || request.replica_state.replica_id >= 0;
    let plan = match context.broker().fetch_sessions.open(session_request(request), context.now_ms()) {
        Ok(plan) => plan,
        Err(code) => return FetchResponse { error_code: code.as_i16(), ..FetchResponse::default() },
    };
    let reads = match is_follower {
        true => refuse_follower(context, &plan),
        false => read_or_wait(context, &plan, &limits).await,
    };
    answer(context, &plan, reads)
}

/// How much and how long.
struct Limits {
    max_bytes: usize,
    min_bytes: usize,
    max_wait: Duration,
    is_committed: bool,
}

impl Limits {
    fn of(context: &Context, request: &FetchRequest<'_>) -> Limits {
        let bytes = |value: i32| usize::try_from(value).unwrap_or(0);
        let max_bytes = bytes(request.max_bytes).min(bytes(context.broker().config().fetch_max_bytes)).min(ANSWER_BYTES_MAX);
        Limits {
            max_bytes,
            min_bytes: bytes(request.min_bytes).min(max_bytes),
            max_wait: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
            is_committed: request.isolation_level == 1,
        }
    }
}

fn session_request(request: FetchRequest<'_>) -> SessionRequest {
    let wanted = request.topics.into_iter().flat_map(|topic| {
        topic.partitions.into_iter().map(move |partition| Wanted {
            topic: topic.topic.to_string(),
            topic_id: topic.topic_id,
            partition: partition.partition,
            offset: partition.fetch_offset,
            max_bytes: partition.partition_max_bytes,
            leader_epoch: partition.current_leader_epoch,
            last_fetched_epoch: partition.last_fetched_epoch,
        })
    });
    let wanted = wanted.collect();
    let forgotten = request.forgotten_topics_data.into_iter();
    let forgotten = forgotten.flat_map(|topic| topic.partitions.into_iter().map(move |index| (topic.topic.to_string(), topic.topic_id, index)));
    SessionRequest { id: request.session_id, epoch: request.session_epoch, wanted, forgotten: forgotten.collect() }
}

/// A partition has one replica, this node's: nobody follows it (`ReplicaManager.fetchMessages`).
fn refuse_follower(context: &Context, plan: &Plan) -> Vec<PartitionRead> {
    let allowed = context.authorize_cluster(AclOperation::ClusterAction);
    let code = |wanted: &Wanted| match &allowed {
        Ok(()) => find_topic(context.core(), &wanted.topic, wanted.topic_id)
            .and_then(|topic| topic.partition(wanted.partition))
            .map_or_else(|code| code, |_| KafkaCode::NotLeaderOrFollower),
        Err(_) => KafkaCode::TopicAuthorizationFailed,
    };
    plan.wanted.iter().map(|wanted| PartitionRead::failed(code(wanted))).collect()
}

/// Reads; again whenever a partition has grown, until there is enough, an error, or no time left.
async fn read_or_wait(context: &Context, plan: &Plan, limits: &Limits) -> Vec<PartitionRead> {
    let broker = context.broker();
    let mut watch = None;
    let mut deadline = pin!(broker.core.env.clock.sleep(limits.max_wait));
    let mut is_late = limits.max_wait.is_zero() || plan.wanted.is_empty();
    loop {
        let known = watch.as_ref().map(|watch: &Watch<'_>| watch.bell.rings());
        let share = broker.budgets.records.take_part(limits.max_bytes);
        // Without a share there is nothing but the state of the partitions.
        let max_bytes = share.as_ref().map(Share::bytes);
        let reads = read_all(context, &plan.wanted, max_bytes, limits.is_committed).await;
        let bytes: usize = reads.iter().map(PartitionRead::size_bytes).sum();
        let is_enough = max_bytes.is_some_and(|most| bytes >= limits.min_bytes.min(most)) || reads.iter().any(PartitionRead::is_urgent);
        if is_late || is_enough || broker.stopping.is_given() {
            if let Some(mut share) = share {
                // A first batch may have been larger.
                share.resize(bytes);
                context.hold(share);
            }
            return reads;
        }
        // What was read may grow old while this waits, and takes memory.
        drop((reads, share));
        let Some(known) = known else {
            watch = Some(Watch::new(context, plan));
            continue;
        };
        let bell = watch.as_ref().map(|watch| watch.bell.clone()).unwrap_or_default();
        let has_share = max_bytes.is_some();
        let ready = pin!(async move {
            match has_share {
                true => bell.beyond(known).await,
                false => broker.budgets.records.room().await,
            }
        });
        let stopped = pin!(broker.stopping.wait());
        is_late = matches!(select(deadline.as_mut(), select(ready, stopped)).await, Either::Left(_));
    }
}

/// A bell at every partition of a fetch, taken down in the end, also when the client went away.
struct Watch<'a> {
    context: &'a Context,
    bell: Wakeup,
    partitions: Vec<TopicPartition>,
}

impl<'a> Watch<'a> {
    fn new(context: &'a Context, plan: &Plan) -> Watch<'a> {
        let bell = Wakeup::default();
        let found = plan.wanted.iter().filter_map(|wanted| {
            let topic = super::topic_ref::find_topic(context.core(), &wanted.topic, wanted.topic_id).ok()?;
            topic.partition(wanted.partition).ok()
        });
        let partitions: Vec<TopicPartition> = found.collect();
        partitions.iter().for_each(|partition| context.core().wakeups.register(partition, &bell));
        Watch { context, bell, partitions }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.partitions.iter().for_each(|partition| self.context.core().wakeups.unregister(partition, &self.bell));
    }
}

fn answer(context: &Context, plan: &Plan, reads: Vec<PartitionRead>) -> FetchResponse<'static> {
    let sessions = &context.broker().fetch_sessions;
    let mut responses: Vec<FetchableTopicResponse<'static>> = Vec::new();
    for (wanted, read) in plan.wanted.iter().zip(reads) {
        if plan.session_id != 0 {
            let told = Told { high_watermark: read.high_watermark, last_stable: read.last_stable, log_start: read.log_start };
            let is_news = sessions.tell(plan.session_id, &wanted.key(), told, !read.batches.is_empty(), !read.code.is_none());
            if plan.is_incremental && !is_news && !read.is_urgent() {
                continue;
            }
        }
        let data = partition_data(wanted.partition, read);
        match responses.last_mut() {
            Some(last) if last.topic == wanted.topic && last.topic_id == wanted.topic_id => last.partitions.push(data),
            _ => responses.push(FetchableTopicResponse {
                topic: wanted.topic.clone().into(),
                topic_id: wanted.topic_id,
                partitions: vec![data],
            }),
        }
    }
    FetchResponse { session_id: plan.session_id, responses, ..FetchResponse::default() }
}

fn partition_data(partition_index: i32, read: PartitionRead) -> PartitionData {
    let aborted = read.aborted.map(|aborted| {
        let entry = |of: log_storage::partition::AbortedTransaction| AbortedTransaction {
            producer_id: of.producer_id.0,
            first_offset: of.first_offset.0,
        };
        aborted.into_iter().map(entry).collect()
    });
    PartitionData {
        partition_index,
        error_code: read.code.as_i16(),
        high_watermark: read.high_watermark,
        last_stable_offset: read.last_stable,
        log_start_offset: read.log_start,
        diverging_epoch: read.diverging.unwrap_or_default(),
        aborted_transactions: aborted,
        // Never null: librdkafka refuses a length of -1.
        records: Some(Records::from(read.batches)),
        ..PartitionData::default()
    }
}
