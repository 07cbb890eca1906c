//! A reader's query: one task without a log of its own, fed from the first record there is, its state in memory; it leaves nothing behind.
//!
//! All partitions of the topic are one input, in the order they are read, so groups never need to be brought together.

use crate::compile::{self, Collected, Settings, collector};
use crate::{Engine, Result, Rows, topics};
use arrow::array::RecordBatch;
use log_client::{Consumer, ConsumerOptions, FetchLimit, Isolation, OffsetReset, Position};
use log_model::{Offset, TopicName, TopicPartition};
use sql_planner::plan::{EmitMode, Node, NodeKind};
use sql_planner::{Error as SqlError, PushQuery};
use std::collections::VecDeque;
use std::sync::Arc;
use streams_runtime::ConsumedRecord;
use streams_runtime::task::{OutputRecord, TaskCore, TaskOutput};

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
        .with_hint("create a TABLE from the query and read that");
        return Err(error.into());
    }
    let collected = Collected::default();
    let (factory, schema) = collector(&plan.root.arrow_schema(), !plan.root.traits.append_only, Arc::clone(&collected));
    let topology = compile::compile(&plan, &engine.planner, Settings { shuffle: false, durable: false, collector: Some(factory) })?;
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
    let store_count = topology.stores().len();
    let reading = Push {
        consumer,
        core,
        collected,
        input: topic.partition(0),
        next: Offset::ZERO,
        ready: VecDeque::new(),
        left: push.limit,
        store_count,
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
    /// The task's one input, to which the records of all partitions go.
    input: TopicPartition,
    /// The next number given to a record as its offset there.
    next: Offset,
    ready: VecDeque<RecordBatch>,
    /// How many rows are still wanted.
    left: Option<usize>,
    store_count: usize,
}

/// Records that do not decode are dead-lettered by the queries that fill relations, not by every reader.
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
            let records = self.poll().await?;
            if records.is_empty() {
                ready.await;
                continue;
            }
            self.process(records)?;
        }
    }

    async fn poll(&mut self) -> Result<Vec<ConsumedRecord>> {
        let poll = self.consumer.poll(FetchLimit::default()).await?;
        let mut records = Vec::new();
        for fetched in &poll.batches {
            for record in fetched.batch.records()? {
                let record = record?;
                if record.offset >= fetched.from {
                    let log_record::Record { timestamp, key, value, headers } = record.record;
                    records.push(ConsumedRecord { offset: self.next, timestamp, key, value, headers });
                    self.next = self.next.next();
                }
            }
        }
        Ok(records)
    }

    fn process(&mut self, records: Vec<ConsumedRecord>) -> Result<()> {
        self.core.feed(&self.input, records)?;
        self.core.set_fetch_state(&self.input, self.next, true)?;
        self.core.run(&mut Discard)?;
        self.core.finish_epoch(false, &mut Discard)?;
        self.core.committed(&vec![None; self.store_count], false)?;
        self.ready.extend(self.collected.lock().drain(..).filter(|batch| batch.num_rows() > 0));
        Ok(())
    }
}
