//! A reader's query: one task without a log of its own, fed from the first record there is, its state in memory; it leaves nothing behind.
//!
//! The task reads all partitions of the topic, so groups never need to be brought together. Each partition is an input with its own watermark, so that it does
//! not matter in which order they are read.

use crate::compile::{self, Collected, Settings, collector, partition_topic};
use crate::{Engine, Result, Rows, topics};
use arrow::array::RecordBatch;
use log_client::{Consumer, ConsumerOptions, FetchLimit, Isolation, OffsetReset, Position};
use log_model::{TopicName, TopicPartition};
use sql_planner::plan::{EmitMode, Node, NodeKind};
use sql_planner::{Error as SqlError, PushQuery};
use std::collections::VecDeque;
use std::sync::Arc;
use streams_runtime::task::{OutputRecord, TaskCore, TaskOutput};
use streams_runtime::{ConsumedRecord, DropReason};

/// Starts the query; it runs while its rows are read.
pub(crate) async fn push_rows(engine: &Engine, push: PushQuery) -> Result<Rows> {
    let plan = push.plan;
    let scans = plan.root.scans();
    let Some(scan) = scans.first() else { return Err(SqlError::invalid("a continuous query reads a stream or table").into()) };
    let topic = TopicName::new(&scan.topic)?;
    let partition_count = topics::partition_count(&engine.log, &topic).await?;
    if partition_count > 1 && closes_windows(&plan.root) {
        let error = SqlError::invalid(format!(
            "EMIT ON WINDOW CLOSE for a reader needs a topic of one partition, and {topic} has {partition_count}"
        ))
        .with_detail("a partition without rows would keep every window open for ever")
        .with_hint("create a TABLE from the query and read that, or use EMIT CHANGES");
        return Err(error.into());
    }
    let collected = Collected::default();
    let (factory, schema) = collector(&plan.root.arrow_schema(), !plan.root.traits.append_only, Arc::clone(&collected));
    let topology = compile::compile(&plan, &engine.planner, Settings::reading(partition_count, factory))?;
    let core = TaskCore::in_memory(&topology, 0)?;
    let options = ConsumerOptions {
        client_id: "sql-push".to_string(),
        group: None,
        isolation: Isolation::ReadCommitted,
        reset: OffsetReset::Earliest,
    };
    let mut consumer = engine.log.consumer(options).await?;
    let positions: Vec<_> = (0..partition_count).map(|partition| (topic.partition(partition), Position::Earliest)).collect();
    consumer.assign(&positions).await?;
    let inputs = match partition_count {
        1 => vec![topic.partition(0)],
        _ => (0..partition_count).map(|index| Ok(partition_topic(topic.as_str(), index)?.partition(0))).collect::<Result<_>>()?,
    };
    let reading = Push {
        consumer,
        core,
        collected,
        relation: scan.relation.clone(),
        inputs,
        ready: VecDeque::new(),
        left: push.limit,
        store_count: topology.stores().len(),
        left_out: 0,
    };
    Ok(Rows { schema, continuous: true, batches: Box::pin(futures::stream::try_unfold(reading, Push::step)) })
}

fn closes_windows(node: &Node) -> bool {
    let closes = matches!(&node.kind, NodeKind::TumbleAggregate(aggregate) if aggregate.emit == EmitMode::OnWindowClose);
    closes || node.inputs.iter().any(closes_windows)
}

struct Push {
    consumer: Box<dyn Consumer>,
    core: TaskCore,
    collected: Collected,
    /// The relation that is read.
    relation: String,
    /// The task's input for each partition of the topic.
    inputs: Vec<TopicPartition>,
    ready: VecDeque<RecordBatch>,
    /// How many rows are still wanted.
    left: Option<usize>,
    store_count: usize,
    /// Records and rows left out so far, as the log has been told.
    left_out: u64,
}

/// Records that do not decode are dead-lettered by the queries that fill relations, not by every reader, who only says how many there were.
struct Discard;

impl TaskOutput for Discard {
    fn write(&mut self, _topic: usize, _partition: i32, _record: OutputRecord<'_>) -> streams_runtime::Result<()> {
        Ok(())
    }
}

impl Push {
    async fn step(mut self) -> Result<Option<(RecordBatch, Push)>> {
        loop {
            if self.left == Some(0) {
                return Ok(None);
            }
            if let Some(batch) = self.ready.pop_front() {
                let wanted = self.left.map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
                self.left = self.left.map(|left| left - wanted);
                return Ok(Some((batch.slice(0, wanted), self)));
            }
            let ready = self.consumer.ready();
            if !self.poll().await? {
                ready.await;
                continue;
            }
            self.process()?;
        }
    }

    /// Feeds what the log has; whether that is anything.
    async fn poll(&mut self) -> Result<bool> {
        let poll = self.consumer.poll(FetchLimit::default()).await?;
        let mut found = false;
        for fetched in &poll.batches {
            let mut records = Vec::new();
            for record in fetched.batch.records()? {
                let record = record?;
                if record.offset >= fetched.from {
                    let log_record::Record { timestamp, key, value, headers } = record.record;
                    records.push(ConsumedRecord { offset: record.offset, timestamp, key, value, headers });
                }
            }
            let Some(last) = records.last().map(|record| record.offset) else { continue };
            let input = self.inputs.get(fetched.partition.partition as usize).or(self.inputs.first());
            let Some(input) = input.cloned() else { continue };
            self.core.feed(&input, records)?;
            self.core.set_fetch_state(&input, last.next(), true)?;
            found = true;
        }
        Ok(found)
    }

    fn process(&mut self) -> Result<()> {
        self.core.run(&mut Discard)?;
        self.core.finish_epoch(false, &mut Discard)?;
        self.core.committed(&vec![None; self.store_count], false)?;
        self.report_left_out();
        self.ready.extend(self.collected.lock().drain(..).filter(|batch| batch.num_rows() > 0));
        Ok(())
    }

    /// Nothing is left out silently: the log says how much was since it last said so.
    fn report_left_out(&mut self) {
        let counters = self.core.counters();
        let dropped = |reason: DropReason| {
            let index = DropReason::ALL.iter().position(|known| *known == reason);
            index.map_or(0, |index| counters.nodes.iter().map(|node| node.drops[index]).sum::<u64>())
        };
        let (late, undecodable) = (dropped(DropReason::Late), counters.dead_letters);
        if late + undecodable > self.left_out {
            self.left_out = late + undecodable;
            tracing::warn!(relation = %self.relation, late, undecodable, "rows left out of a continuous SELECT so far");
        }
    }
}
