//! `headwater bench produce`: producers side by side, each with its own batches in flight.

use super::ends::{Acknowledged, BatchSink};
use super::gauge::{Gauge, Goal, merged, watch};
use super::load::{Generator, LoadArguments, beside};
use super::pace::{Plan, keep};
use super::report::{Amount, Latencies, Report};
use super::through::Through;
use super::usage;
use crate::offsets::span;
use crate::place::OpenLog;
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use futures::future::join_all;
use headwater::log::{BatchBuilder, Clock, CompressionType, Env, Mono, Timestamp, TopicName, partition_for_key};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

const RECORDS_DEFAULT: u64 = 1_000_000;
const RATE_MAX: f64 = 10e6;
/// A worker that waits for records to be due looks at least this often whether it is to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Arguments of `headwater bench produce`.
#[derive(Debug, Args)]
pub(super) struct ProduceBench {
    #[command(flatten)]
    pub(super) load: LoadArguments,
    #[command(flatten)]
    through: Through,
    /// Records per second, of all producers together; as many as possible without it
    #[arg(short, long)]
    rate: Option<f64>,
    /// A batch is sent when it holds so many bytes
    #[arg(long, default_value_t = 64 << 10, value_name = "BYTES")]
    batch_size: usize,
    /// With --rate: a record waits at most so long for others to share its batch
    #[arg(long, default_value = "5ms", value_name = "DURATION")]
    linger: String,
    /// Producers side by side
    #[arg(long, default_value_t = 1)]
    producers: u64,
    /// Batches of one producer on their way at once
    #[arg(long, default_value_t = 64, value_name = "COUNT")]
    in_flight: usize,
}

impl ProduceBench {
    /// What is wrong whatever the log holds.
    pub(super) fn check(&self) -> Result<()> {
        span(&self.linger).context("--linger")?;
        if self.producers == 0 {
            bail!("--producers takes at least 1");
        }
        self.rate.map_or(Ok(()), check_rate)?;
        self.load.check()
    }
}

/// Refuses a rate that no clock keeps.
pub(super) fn check_rate(rate: f64) -> Result<()> {
    if rate.is_nan() || rate <= 0.0 || rate > RATE_MAX {
        bail!("--rate takes records per second above 0 and up to 10 million, not {rate}");
    }
    Ok(())
}

pub(super) async fn run(log: &OpenLog, bench: &ProduceBench) -> Result<Report> {
    let goal = bench.load.goal(Goal { records: Some(RECORDS_DEFAULT), duration: None })?;
    let setup = Setup {
        topic: bench.load.topic()?,
        partition_count: 0,
        compression: bench.load.compression()?,
        batch_bytes: bench.batch_size.max(1),
        linger: span(&bench.linger).context("--linger")?,
        in_flight: bench.in_flight.max(1),
    };
    let setup = Setup { partition_count: bench.load.prepare(log.admin().as_ref()).await?, ..setup };
    let (env, gauge) = (Env::real(), Arc::new(Gauge::default()));
    let seam = bench.through.seam(&env, log, &setup.topic).await?;
    let share = |records: u64, index: u64| records / bench.producers + u64::from(index < records % bench.producers);
    let (mut workers, mut untimed) = (Vec::new(), Amount::default());
    for index in 0..bench.producers {
        let sink = seam.sink().await?;
        let mut worker = Worker::new(&env, sink, setup.clone(), bench.load.generator(index), gauge.clone());
        let (first, count) = worker.warm(goal.records.map_or(u64::MAX, |records| share(records, index))).await?;
        untimed += first;
        workers.push((worker, count));
    }
    let (start, cpu_start) = (env.clock.now(), usage::cpu_time());
    let running = workers.into_iter().map(|(worker, count)| {
        let plan = bench.rate.map(|rate| Plan { start, rate: rate / bench.producers as f64 });
        beside(&env, "bench-produce", worker.run(plan, count))
    });
    let latencies = merged(watch(&gauge, goal, join_all(running)).await)?;
    Ok(Report {
        name: "produce",
        untimed,
        timed: gauge.amount(),
        elapsed: env.clock.now().since(start),
        cpu: usage::cpu_time().zip(cpu_start).map(|(now, before)| now.saturating_sub(before)),
        latencies: vec![("acknowledgement", latencies)],
        notes: Vec::new(),
    })
}

/// How batches are made.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) topic: TopicName,
    pub(super) partition_count: i32,
    pub(super) compression: CompressionType,
    pub(super) batch_bytes: usize,
    pub(super) linger: Duration,
    pub(super) in_flight: usize,
}

/// A batch that is being filled.
struct Open {
    builder: BatchBuilder,
    /// When the first record in it was due.
    due: Mono,
    /// When the batch was begun, which is the timestamp of its records.
    time: Timestamp,
    /// Of keys and values.
    bytes: u64,
}

/// A batch on its way.
struct Sent {
    acknowledged: Acknowledged,
    due: Mono,
    records: u64,
    bytes: u64,
}

/// One producer.
pub(super) struct Worker {
    env: Env,
    setup: Setup,
    generator: Generator,
    sink: Box<dyn BatchSink>,
    gauge: Arc<Gauge>,
    open: Vec<Open>,
    /// Where records without keys go now.
    keyless: usize,
    appended: u64,
}

impl Worker {
    /// A worker that reads the time from `env`, whose moments no other one's can be compared with.
    pub(super) fn new(env: &Env, sink: Box<dyn BatchSink>, setup: Setup, generator: Generator, gauge: Arc<Gauge>) -> Worker {
        let open = || Open { builder: BatchBuilder::new(setup.compression), due: Mono::default(), time: Timestamp::NONE, bytes: 0 };
        let open = (0..setup.partition_count).map(|_| open()).collect();
        Worker { env: env.clone(), setup, generator, sink, gauge, open, keyless: 0, appended: 0 }
    }

    /// Appends one of so many records and waits for its acknowledgement: those after it find the connection made and the producer known to the
    /// servers. What that was, and how many are left; a record that is alone is what there is to measure, and stays.
    pub(super) async fn warm(&mut self, count: u64) -> Result<(Amount, u64)> {
        if count < 2 {
            return Ok((Amount::default(), count));
        }
        let (sender, mut receiver) = mpsc::channel(1);
        self.append(None, &sender).await?;
        self.send_all(&sender).await?;
        let Some(sent) = receiver.recv().await else { bail!("the first record was not sent") };
        sent.acknowledged.await?;
        // The plan's first record is the one after it.
        self.appended = 0;
        Ok((Amount { records: sent.records, bytes: sent.bytes }, count - sent.records))
    }

    /// Appends so many records, by the plan if there is one; returns once all are acknowledged.
    pub(super) async fn run(mut self, plan: Option<Plan>, count: u64) -> Result<Latencies> {
        let (sender, receiver) = mpsc::channel(self.setup.in_flight);
        let settled = beside(&self.env, "bench-settle", settle(self.env.clock.clone(), receiver, self.gauge.clone()));
        let sent = async {
            match plan {
                Some(plan) => self.by_plan(plan, count, &sender).await?,
                None => self.at_once(count, &sender).await?,
            }
            self.send_all(&sender).await?;
            drop(sender);
            Ok(())
        };
        let (sent, settled): (Result<()>, Result<Latencies>) = futures::join!(sent, settled);
        // What the log refused says more than that nobody settles any more.
        let latencies = settled?;
        sent?;
        Ok(latencies)
    }

    async fn at_once(&mut self, count: u64, sender: &mpsc::Sender<Sent>) -> Result<()> {
        while self.appended < count && !self.gauge.is_stopped() {
            self.append(None, sender).await?;
        }
        Ok(())
    }

    async fn by_plan(&mut self, plan: Plan, count: u64, sender: &mpsc::Sender<Sent>) -> Result<()> {
        let clock = self.env.clock.clone();
        let mut due = keep(&self.env, plan, count)?;
        loop {
            let oldest = self.open.iter().filter(|open| !open.builder.is_empty()).map(|open| open.due).min();
            let wait =
                oldest.map_or(LOOK_INTERVAL, |oldest| self.setup.linger.saturating_sub(clock.now().since(oldest)).min(LOOK_INTERVAL));
            let told = tokio::select! {
                biased;
                told = due.recv() => told,
                () = clock.sleep(wait) => Some(self.appended),
            };
            let Some(told) = told.filter(|_| !self.gauge.is_stopped()) else { return Ok(()) };
            while self.appended < told {
                self.append(Some(plan.due(self.appended)), sender).await?;
            }
            let now = clock.now();
            for index in 0..self.open.len() {
                if now.since(self.open[index].due) >= self.setup.linger {
                    self.send(index, sender).await?;
                }
            }
        }
    }

    /// Adds a record to its batch. `due` is the plan's; without one a record is due when its batch begins.
    async fn append(&mut self, due: Option<Mono>, sender: &mpsc::Sender<Sent>) -> Result<()> {
        // Reading the clocks for each record would cost more than making it.
        let fallback = if self.open[self.keyless].builder.is_empty() { self.env.clock.now() } else { self.open[self.keyless].due };
        let due = due.unwrap_or(fallback);
        let (key, value) = self.generator.next(due);
        let index = key.map_or(self.keyless, |key| partition_for_key(key, self.setup.partition_count) as usize);
        let open = &mut self.open[index];
        if open.builder.is_empty() {
            (open.due, open.time) = (due, Timestamp(self.env.clock.wall_ms()));
        }
        open.builder.append_parts(open.time, key, Some(value), &[])?;
        open.bytes += (key.map_or(0, <[u8]>::len) + value.len()) as u64;
        self.appended += 1;
        if open.builder.size_bytes() >= self.setup.batch_bytes {
            self.send(index, sender).await?;
        }
        Ok(())
    }

    async fn send_all(&mut self, sender: &mpsc::Sender<Sent>) -> Result<()> {
        for index in 0..self.open.len() {
            self.send(index, sender).await?;
        }
        Ok(())
    }

    async fn send(&mut self, index: usize, sender: &mpsc::Sender<Sent>) -> Result<()> {
        let open = &mut self.open[index];
        if open.builder.is_empty() {
            return Ok(());
        }
        let (records, bytes, due) = (open.builder.len() as u64, std::mem::take(&mut open.bytes), open.due);
        let batch = open.builder.build();
        if index == self.keyless {
            self.keyless = (self.keyless + 1) % self.open.len();
        }
        let acknowledged = self.sink.send(&self.setup.topic.partition(index as i32), batch).await?;
        let sent = sender.send(Sent { acknowledged, due, records, bytes }).await;
        sent.map_err(|_| anyhow!("a batch before was not acknowledged"))
    }
}

/// Waits for acknowledgements in the order of sending: one that overtakes another is seen with it, never too early.
async fn settle(clock: Arc<dyn Clock>, mut sent: mpsc::Receiver<Sent>, gauge: Arc<Gauge>) -> Result<Latencies> {
    let mut latencies = Latencies::new();
    while let Some(Sent { acknowledged, due, records, bytes }) = sent.recv().await {
        acknowledged.await?;
        latencies.record(clock.now().since(due), records);
        gauge.add(records, bytes);
    }
    Ok(latencies)
}
