//! Fetch requests, one on its way while the answer before it is read.

use super::super::ends::BatchSource;
use super::connection::{Connection, check};
use super::{Cluster, versions};
use anyhow::{Context, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use headwater::log::{FetchLimit, FetchedBatch, Offset, Poll, Position, RecordBatch, TopicName, TopicPartition};
use log_wire::messages::fetch_request::{FetchPartition, FetchTopic};
use log_wire::messages::fetch_response::PartitionData;
use log_wire::messages::{FetchRequest, FetchResponse};
use log_wire::{Decode, Reader};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;

/// A server waits so long for records before it says that there are none.
const WAIT_MS: i32 = 500;
/// Answers that wait to be read, of each leader.
const READ_AHEAD: usize = 1;

/// Reads partitions from their leaders.
pub(in super::super) struct WireSource {
    cluster: Cluster,
    positions: BTreeMap<TopicPartition, Offset>,
    polls: mpsc::Receiver<Result<Poll>>,
}

impl WireSource {
    pub(in super::super) async fn new(cluster: Cluster, positions: &[(TopicPartition, Position)], limit: FetchLimit) -> Result<WireSource> {
        let by_leader = cluster.by_leader(positions)?;
        let (sender, polls) = mpsc::channel(READ_AHEAD * by_leader.len().max(1));
        let at = |(partition, offset): (&i32, &Offset)| (cluster.topic().partition(*partition), *offset);
        let positions = by_leader.values().flatten().map(at).collect();
        for (node, offsets) in by_leader {
            let lane = Lane {
                topic: cluster.topic().clone(),
                connection: cluster.connect(node).await?,
                offsets: offsets.into_iter().collect(),
                limit,
            };
            drop(cluster.env().spawner.spawn("bench-fetch", lane.run(sender.clone()).boxed()));
        }
        Ok(WireSource { cluster, positions, polls })
    }
}

impl BatchSource for WireSource {
    fn next(&mut self, patience: Duration) -> BoxFuture<'_, Result<Poll>> {
        async move {
            let poll = tokio::select! {
                biased;
                poll = self.polls.recv() => poll.context("the connection to the server ended")??,
                () = self.cluster.env().clock.sleep(patience) => Poll::default(),
            };
            for fetched in &poll.batches {
                self.positions.insert(fetched.partition.clone(), fetched.batch.next_offset());
            }
            Ok(poll)
        }
        .boxed()
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.positions.get(partition).copied()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        // The lanes end when nobody takes what they read.
        futures::future::ok(()).boxed()
    }
}

/// Reads from one leader.
struct Lane {
    topic: TopicName,
    connection: Connection,
    /// The partition that was asked for first is asked for last the next time: the server fills answers in the order of the request.
    offsets: VecDeque<(i32, Offset)>,
    limit: FetchLimit,
}

impl Lane {
    async fn run(mut self, sender: mpsc::Sender<Result<Poll>>) {
        loop {
            let poll = tokio::select! {
                biased;
                () = sender.closed() => return,
                poll = self.fetch() => poll,
            };
            let failed = poll.is_err();
            if sender.send(poll).await.is_err() || failed {
                return;
            }
        }
    }

    async fn fetch(&mut self) -> Result<Poll> {
        let bytes = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let partition = |(partition, offset): &(i32, Offset)| FetchPartition {
            partition: *partition,
            fetch_offset: offset.0,
            partition_max_bytes: bytes(self.limit.max_partition_bytes),
            ..FetchPartition::default()
        };
        let partitions = self.offsets.iter().map(partition).collect();
        let topic = FetchTopic { topic: self.topic.as_str().into(), partitions, ..FetchTopic::default() };
        let request = FetchRequest {
            max_wait_ms: WAIT_MS,
            min_bytes: 1,
            max_bytes: bytes(self.limit.max_bytes),
            topics: vec![topic],
            ..FetchRequest::default()
        };
        let body = self.connection.ask(versions::FETCH, &request).await?.body();
        let answer = FetchResponse::decode(&mut Reader::new(&body), versions::FETCH)?;
        check(answer.error_code, || format!("topic {} cannot be read", self.topic))?;
        let mut poll = Poll::default();
        for found in answer.responses.into_iter().flat_map(|topic| topic.partitions) {
            self.take(found, &mut poll)?;
        }
        if self.offsets.len() > 1 {
            self.offsets.rotate_left(1);
        }
        Ok(poll)
    }

    fn take(&mut self, found: PartitionData, poll: &mut Poll) -> Result<()> {
        let partition = self.topic.partition(found.partition_index);
        check(found.error_code, || format!("{partition} cannot be read"))?;
        let (_, position) = self
            .offsets
            .iter_mut()
            .find(|(asked, _)| *asked == found.partition_index)
            .with_context(|| format!("nobody asked for {partition}"))?;
        let mut run = found.records.map(|records| records.into_bytes()).unwrap_or_default();
        // The last batch of an answer may be cut off.
        while let Some(batch) = RecordBatch::split(&mut run)? {
            let from = std::mem::replace(position, batch.next_offset());
            if !batch.is_control() {
                poll.batches.push(FetchedBatch { partition: partition.clone(), batch, from, end: Offset(found.high_watermark) });
            }
        }
        if position.0 >= found.high_watermark {
            poll.at_end.push(partition);
        }
        Ok(())
    }
}
