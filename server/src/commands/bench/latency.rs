//! `headwater bench latency`: from the moment a record was due to the moment it is read, at a fixed rate.

use super::ends::BatchSource;
use super::gauge::{Gauge, Goal, watch};
use super::load::{LoadArguments, STAMP_BYTES, beside, stamp};
use super::pace::Plan;
use super::produce::{Setup, Worker, check_rate};
use super::report::{Latencies, Report};
use super::through::Through;
use super::usage;
use crate::offsets::span;
use crate::place::OpenLog;
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::{Env, FetchLimit, Mono, Position};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const DURATION_DEFAULT: Duration = Duration::from_secs(10);
/// How long the last records may take after the last one was acknowledged.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Not yet known how many records there are to read.
const UNKNOWN: u64 = u64::MAX;

/// Arguments of `headwater bench latency`.
#[derive(Debug, Args)]
pub(super) struct LatencyBench {
    #[command(flatten)]
    pub(super) load: LoadArguments,
    #[command(flatten)]
    through: Through,
    /// Records per second
    #[arg(short, long, default_value_t = 1000.0)]
    rate: f64,
    /// A record waits at most so long for others to share its batch
    #[arg(long, default_value = "0ms", value_name = "DURATION")]
    linger: String,
}

impl LatencyBench {
    /// What is wrong whatever the log holds.
    pub(super) fn check(&self) -> Result<()> {
        span(&self.linger).context("--linger")?;
        check_rate(self.rate)?;
        if self.load.record_size < STAMP_BYTES {
            bail!("--record-size takes at least {STAMP_BYTES} bytes here: a value holds the moment at which it was due");
        }
        self.load.check()
    }
}

pub(super) async fn run(log: &OpenLog, bench: &LatencyBench) -> Result<Report> {
    let goal = bench.load.goal(Goal { records: None, duration: Some(DURATION_DEFAULT) })?;
    let linger = span(&bench.linger).context("--linger")?;
    let admin = log.admin();
    let partition_count = bench.load.prepare(admin.as_ref()).await?;
    let topic = bench.load.topic()?;
    let ends = admin.describe_topic(&topic).await?.partitions.into_iter();
    let positions: Vec<_> = ends.map(|info| (topic.partition(info.partition), Position::At(info.high_watermark))).collect();
    let env = Env::real();
    let seam = bench.through.seam(&env, log, &topic).await?;
    // Connections stand and positions are known before the first record is due.
    let mut source = seam.source(&positions, FetchLimit::default()).await?;
    source.next(Duration::ZERO).await?;
    let sink = seam.sink().await?;
    let setup = Setup { topic, partition_count, compression: bench.load.compression()?, batch_bytes: 64 << 10, linger, in_flight: 1 << 16 };
    let (gauge, expected) = (Arc::new(Gauge::default()), Arc::new(AtomicU64::new(UNKNOWN)));
    let mut worker = Worker::new(&env, sink, setup, bench.load.generator(0), gauge.clone());
    let (untimed, count) = worker.warm(goal.records.unwrap_or(u64::MAX)).await?;
    let start = env.clock.now().plus(Duration::from_millis(1));
    let cpu_start = usage::cpu_time();
    let reader = Reader { env: env.clone(), source, start, latencies: Latencies::new(), records: 0, expected: expected.clone() };
    let reading = beside(&env, "bench-consume", reader.run());
    let producing = async {
        let produced = worker.run(Some(Plan { start, rate: bench.rate }), count).await;
        expected.store(gauge.records(), Ordering::Relaxed);
        produced
    };
    let (acknowledged, read) = watch(&gauge, goal, async { futures::join!(producing, reading) }).await;
    let (acknowledged, (latencies, read)) = (acknowledged?, read?);
    Ok(Report {
        name: "latency",
        untimed,
        timed: gauge.amount(),
        elapsed: env.clock.now().since(start),
        cpu: usage::cpu_time().zip(cpu_start).map(|(now, before)| now.saturating_sub(before)),
        notes: vec![("rate", json!(bench.rate)), ("records_not_read", json!(gauge.records().saturating_sub(read)))],
        latencies: vec![("end_to_end", latencies), ("acknowledgement", acknowledged)],
    })
}

/// Reads what is appended and takes the time.
struct Reader {
    env: Env,
    source: Box<dyn BatchSource>,
    start: Mono,
    latencies: Latencies,
    records: u64,
    /// How many records there are to read, once it is known.
    expected: Arc<AtomicU64>,
}

impl Reader {
    /// Reads until it has all; the latencies, and how many it has read.
    async fn run(mut self) -> Result<(Latencies, u64)> {
        let clock = self.env.clock.clone();
        let mut known_at = None;
        loop {
            let poll = self.source.next(LOOK_INTERVAL).await?;
            let now = clock.now();
            for fetched in &poll.batches {
                let mut views = fetched.batch.records()?;
                while let Some(view) = views.next_view() {
                    let view = view?;
                    if view.offset >= fetched.from {
                        self.count(view.value.and_then(stamp), now);
                    }
                }
            }
            let expected = self.expected.load(Ordering::Relaxed);
            let patience_ended = expected != UNKNOWN && now.since(*known_at.get_or_insert(now)) > PATIENCE;
            if self.records >= expected || patience_ended {
                self.source.close().await?;
                return Ok((self.latencies, self.records));
            }
        }
    }

    /// Others may write to the topic too: what was not due during this run is not ours.
    fn count(&mut self, due: Option<Mono>, now: Mono) {
        if let Some(due) = due.filter(|due| (self.start..=now).contains(due)) {
            self.latencies.record(now.since(due), 1);
            self.records += 1;
        }
    }
}
