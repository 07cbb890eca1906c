//! Produce requests, one a batch, as many on their way as the load allows; an idempotent producer.

use super::super::ends::{Acknowledged, BatchSink};
use super::connection::{Answers, Requests, check};
use super::{Cluster, versions};
use anyhow::{Context, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use headwater::log::{Offset, RecordBatch, TopicPartition};
use log_model::{ProducerEpoch, ProducerId, Sequence};
use log_wire::messages::produce_request::{PartitionProduceData, TopicProduceData};
use log_wire::messages::{InitProducerIdRequest, InitProducerIdResponse, ProduceRequest, ProduceResponse};
use log_wire::{ApiKey, Decode, Reader};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use tokio::sync::{mpsc, oneshot};

const ACKS_ALL: i16 = -1;
const TIMEOUT_MS: i32 = 30_000;

type Told = oneshot::Sender<Result<Offset>>;

/// Sends batches to the leaders of their partitions.
pub(in super::super) struct WireSink {
    cluster: Cluster,
    producer: (ProducerId, ProducerEpoch),
    lanes: BTreeMap<i32, Lane>,
    sequences: BTreeMap<i32, Sequence>,
}

/// The connection to one node. Who waits for an answer is queued in the order of the requests.
struct Lane {
    requests: Requests,
    waiting: mpsc::UnboundedSender<Told>,
}

impl WireSink {
    pub(in super::super) async fn new(cluster: Cluster) -> Result<WireSink> {
        let mut connection = cluster.connect(cluster.leader(0)?).await?;
        let request = InitProducerIdRequest { transactional_id: None, ..InitProducerIdRequest::default() };
        let body = connection.ask(versions::INIT_PRODUCER_ID, &request).await?.body();
        let answer = InitProducerIdResponse::decode(&mut Reader::new(&body), versions::INIT_PRODUCER_ID)?;
        check(answer.error_code, || "no producer id was given".to_string())?;
        let producer = (ProducerId(answer.producer_id), ProducerEpoch(answer.producer_epoch));
        Ok(WireSink { cluster, producer, lanes: BTreeMap::new(), sequences: BTreeMap::new() })
    }

    async fn lane(&mut self, partition: i32) -> Result<&mut Lane> {
        let node = self.cluster.leader(partition)?;
        match self.lanes.entry(node) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let connection = self.cluster.connect(node).await?;
                let (waiting, queue) = mpsc::unbounded_channel();
                let reading = settle(connection.answers, queue);
                drop(self.cluster.env().spawner.spawn("bench-answers", reading.boxed()));
                Ok(entry.insert(Lane { requests: connection.requests, waiting }))
            }
        }
    }

    async fn send(&mut self, partition: &TopicPartition, batch: RecordBatch) -> Result<Acknowledged> {
        let sequence = self.sequences.entry(partition.partition).or_insert(Sequence(0));
        let now = std::mem::replace(sequence, sequence.advance(batch.record_count()));
        let (id, epoch) = self.producer;
        let records = batch.with_producer(id, epoch, now, false).into_bytes();
        let data = PartitionProduceData { index: partition.partition, records: Some(records.into()) };
        let topic = TopicProduceData { name: partition.topic.as_str().into(), partition_data: vec![data], ..TopicProduceData::default() };
        let request = ProduceRequest { acks: ACKS_ALL, timeout_ms: TIMEOUT_MS, topic_data: vec![topic], ..ProduceRequest::default() };
        let (told, answer) = oneshot::channel();
        let lane = self.lane(partition.partition).await?;
        // Before it is sent: the answer must find whom to tell.
        lane.waiting.send(told).ok().context("the connection to the server ended")?;
        lane.requests.send(versions::PRODUCE, &request).await?;
        Ok(async { answer.await.context("the connection to the server ended before it had answered")? }.boxed())
    }
}

impl BatchSink for WireSink {
    fn send<'a>(&'a mut self, partition: &'a TopicPartition, batch: RecordBatch) -> BoxFuture<'a, Result<Acknowledged>> {
        self.send(partition, batch).boxed()
    }
}

/// Tells everyone their answer until nobody waits any more or the connection ends.
async fn settle(mut answers: Answers, mut queue: mpsc::UnboundedReceiver<Told>) {
    while let Some(told) = queue.recv().await {
        let answer = answers.receive(ApiKey::Produce, versions::PRODUCE).await.and_then(|answer| offset(&answer.body()));
        let failed = answer.is_err();
        // Whoever stopped waiting does not want to know.
        let _ = told.send(answer);
        if failed {
            return;
        }
    }
}

/// Where the one batch of a request was stored.
fn offset(body: &bytes::Bytes) -> Result<Offset> {
    let answer = ProduceResponse::decode(&mut Reader::new(body), versions::PRODUCE)?;
    let partitions = answer.responses.first().map(|topic| &topic.partition_responses);
    let stored = partitions.and_then(|partitions| partitions.first()).context("the answer names no partition")?;
    check(stored.error_code, || {
        let said = stored.error_message.as_deref().map(|said| format!(" ({said})"));
        format!("a batch was refused{}", said.unwrap_or_default())
    })?;
    Ok(Offset(stored.base_offset))
}
