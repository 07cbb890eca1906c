//! `headwater bench consume`: consumers side by side, each with its share of the partitions.

use super::ends::BatchSource;
use super::gauge::{Gauge, Goal, watch};
use super::load::{beside, duration};
use super::report::{Amount, Report};
use super::through::{Seam, Through};
use super::usage;
use crate::offsets::Limits;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use futures::future::join_all;
use headwater::log::{Env, FetchLimit, Mono, Offset, Position, TopicName, TopicPartition};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A worker that waits for records looks this often whether it is to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Arguments of `headwater bench consume`.
#[derive(Debug, Args)]
pub(super) struct ConsumeBench {
    /// The topic
    #[arg(default_value = "headwater-bench")]
    topic: String,
    /// Stop after so many records
    #[arg(short = 'n', long)]
    records: Option<u64>,
    /// Read so long, and wait for more at the end: 10s, 1m30s. Without it reading ends at the end that the topic has now
    #[arg(short, long, value_name = "DURATION")]
    duration: Option<String>,
    /// Begin at the end: only what comes from now on
    #[arg(long, requires = "duration")]
    from_end: bool,
    /// Consumers side by side
    #[arg(long, default_value_t = 1)]
    consumers: usize,
    /// The most bytes that one look takes
    #[arg(long, default_value_t = 8 << 20, value_name = "BYTES")]
    fetch_size: usize,
    /// The most bytes of one partition that one look takes
    #[arg(long, default_value_t = 1 << 20, value_name = "BYTES")]
    partition_fetch_size: usize,
    #[command(flatten)]
    through: Through,
}

pub(super) async fn run(log: &OpenLog, bench: &ConsumeBench) -> Result<Report> {
    let topic = TopicName::new(&bench.topic)?;
    let goal = Goal { records: bench.records, duration: bench.duration.as_deref().map(duration).transpose()? };
    if bench.consumers == 0 {
        bail!("--consumers takes more than nothing");
    }
    let description = log.admin().describe_topic(&topic).await?;
    let limits: Vec<(TopicPartition, Limits)> =
        description.partitions.iter().map(|info| (topic.partition(info.partition), Limits::committed(info))).collect();
    let there: i64 = limits.iter().map(|(_, limits)| (limits.end - limits.start).max(0)).sum();
    let (env, gauge) = (Env::real(), Arc::new(Gauge::default()));
    let seam = bench.through.seam(&env, log, &topic).await?;
    let mut workers = Vec::new();
    for index in 0..bench.consumers {
        let share = limits.iter().skip(index).step_by(bench.consumers).cloned().collect();
        workers.extend(Worker::new((&env, &seam), bench, share, (goal, gauge.clone())).await?);
    }
    let (start, cpu_start) = (env.clock.now(), usage::cpu_time());
    let running = workers.into_iter().map(|worker| beside(&env, "bench-consume", worker.run()));
    let shown = if goal.duration.is_some() { goal } else { Goal { records: Some(goal.records.unwrap_or(there as u64)), duration: None } };
    let first =
        watch(&gauge, shown, join_all(running)).await.into_iter().collect::<Result<Vec<Option<Mono>>>>()?.into_iter().flatten().min();
    let first_ms = first.map(|first| first.since(start).as_secs_f64() * 1e3);
    Ok(Report {
        name: "consume",
        untimed: Amount::default(),
        timed: gauge.amount(),
        elapsed: env.clock.now().since(start),
        cpu: usage::cpu_time().zip(cpu_start).map(|(now, before)| now.saturating_sub(before)),
        latencies: Vec::new(),
        notes: first_ms.map(|ms| ("first_records_after_ms", json!(ms))).into_iter().collect(),
    })
}

/// One consumer.
struct Worker {
    env: Env,
    source: Box<dyn BatchSource>,
    goal: Goal,
    gauge: Arc<Gauge>,
    /// Where reading of each partition ends.
    ends: BTreeMap<TopicPartition, Offset>,
}

impl Worker {
    /// `None` if there is nothing for it to read.
    async fn new(
        (env, seam): (&Env, &Seam<'_>),
        bench: &ConsumeBench,
        share: Vec<(TopicPartition, Limits)>,
        (goal, gauge): (Goal, Arc<Gauge>),
    ) -> Result<Option<Worker>> {
        let position = |limits: Limits| Position::At(if bench.from_end { limits.end } else { limits.start });
        let waits = goal.duration.is_some();
        let share: Vec<_> = share.into_iter().filter(|(_, limits)| waits || limits.start < limits.end).collect();
        if share.is_empty() {
            return Ok(None);
        }
        let limit = FetchLimit { max_bytes: bench.fetch_size.max(1), max_partition_bytes: bench.partition_fetch_size.max(1) };
        let positions = share.iter().map(|(partition, limits)| (partition.clone(), position(*limits))).collect::<Vec<_>>();
        let source = seam.source(&positions, limit).await?;
        let ends = share.into_iter().map(|(partition, limits)| (partition, limits.end)).collect();
        Ok(Some(Worker { env: env.clone(), source, goal, gauge, ends }))
    }

    /// Reads until everything is read or it is to stop; when the first records came.
    async fn run(mut self) -> Result<Option<Mono>> {
        let mut first = None;
        while !self.gauge.is_stopped() && (self.goal.duration.is_some() || !self.ends.is_empty()) {
            let poll = self.source.next(LOOK_INTERVAL).await?;
            let (mut records, mut bytes) = (0, 0);
            for fetched in &poll.batches {
                let mut views = fetched.batch.records()?;
                while let Some(view) = views.next_view() {
                    let view = view?;
                    if view.offset >= fetched.from {
                        records += 1;
                        bytes += (view.key.map_or(0, <[u8]>::len) + view.value.map_or(0, <[u8]>::len)) as u64;
                    }
                }
            }
            if records > 0 {
                self.gauge.add(records, bytes);
                first = first.or_else(|| Some(self.env.clock.now()));
            }
            if self.goal.records.is_some_and(|goal| self.gauge.records() >= goal) {
                self.gauge.stop();
            }
            let source = &self.source;
            self.ends.retain(|partition, end| {
                !poll.at_end.contains(partition) && source.position(partition).is_some_and(|position| position < *end)
            });
        }
        self.source.close().await?;
        Ok(first)
    }
}
