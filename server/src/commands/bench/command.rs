//! The actions of the command, and what they share.

use super::consume::{self, ConsumeBench};
use super::latency::{self, LatencyBench};
use super::produce::{self, ProduceBench};
use super::report::Report;
use crate::out::Out;
use crate::place::LogChoice;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Arguments of `headwater bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    #[command(flatten)]
    log: LogChoice,
    /// Prints one JSON object instead of lines
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Append generated records as fast as the log takes them, or at a rate
    ///
    /// The latency of a record is from the moment it was due to its acknowledgement, which is durable unless the topic says otherwise. At a rate the moment
    /// it was due is the plan's, however late the load came to it: a stall counts for every record that it held up. The first record of each producer is
    /// acknowledged before the clock starts: connections stand then, and servers know the producer.
    #[command(after_help = "Example:\n  headwater bench produce load --records 1000000 --bootstrap 127.0.0.1:9092")]
    Produce(ProduceBench),
    /// Read a topic as fast as the log gives it: all there is now, or for a time
    #[command(after_help = "Example:\n  headwater bench consume load --bootstrap 127.0.0.1:9092")]
    Consume(ConsumeBench),
    /// Append at a fixed rate and read at the same time: how long from the moment a record was due until it is read
    ///
    /// The moment it was due is the plan's, however late the load came to it (no coordinated omission). The plan's own clockwork adds up to 0.3 ms.
    #[command(after_help = "Example:\n  headwater bench latency --rate 10000 --bootstrap 127.0.0.1:9092")]
    Latency(LatencyBench),
}

pub(crate) async fn run(arguments: BenchArguments, out: &mut Out<'_>) -> Result<()> {
    // A slip must not make a directory.
    let log = match &arguments.action {
        Action::Produce(bench) => {
            bench.check()?;
            arguments.log.open().await?
        }
        Action::Latency(bench) => {
            bench.check()?;
            arguments.log.open().await?
        }
        Action::Consume(_) => arguments.log.open_existing().await?,
    };
    let done = match &arguments.action {
        Action::Produce(bench) => produce::run(&log, bench).await,
        Action::Consume(bench) => consume::run(&log, bench).await,
        Action::Latency(bench) => latency::run(&log, bench).await,
    };
    let report: Report = log.finish(done)?;
    if arguments.json { out.line(report.as_json()) } else { report.lines().iter().try_for_each(|line| out.line(line)) }
}
