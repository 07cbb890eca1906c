//! The command: from the arguments to the records on standard output.

use super::arguments::ConsumeArguments;
use super::group;
use super::print::Printer;
use super::span::{Extent, Spans};
use crate::interrupt::Interrupts;
use crate::offsets::{Partitions, parse_partitions};
use crate::out::Out;
use crate::output::Interrupted;
use crate::record_format::Shown;
use anyhow::Result;
use futures::FutureExt;
use headwater::log::{Clock, Consumer, ConsumerOptions, Env, FetchLimit, FetchedBatch, Log, Mono, OffsetRecord, TopicName};
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn run(arguments: ConsumeArguments, out: &mut Out<'_>) -> Result<()> {
    let topics = arguments.topics.iter().map(TopicName::new).collect::<Result<Vec<_>, _>>()?;
    let range = arguments.range(Env::real().clock.wall_ms())?;
    arguments.check(range)?;
    let chosen = arguments.partition.as_deref().map(parse_partitions).transpose()?;
    let printer = Printer::new(&arguments)?;
    let goes_on = arguments.goes_on(range);
    let extent = Extent { range, isolation: arguments.isolation(), goes_on, waits: arguments.follow };
    let log = arguments.log.open_existing().await?;
    let left = arguments.number.unwrap_or(u64::MAX);
    let patience = arguments.timeout_ms.map(Duration::from_millis);
    let clock = Env::real().clock;
    let mut reading = Reading { printer, left, patience, last_print: clock.now(), clock, interrupts: Interrupts::begin() };
    let done = if arguments.group.is_some() {
        group::consume(log.as_ref(), &topics, &arguments, (range, goes_on), (&mut reading, out)).await
    } else {
        let topics = topics.into_iter().map(|topic| Partitions { topic, chosen: chosen.clone() }).collect();
        consume(log.as_ref(), topics, extent, &mut reading, out).await
    };
    log.finish(done)
}

/// What prints, and when it stops whatever there is to read.
pub(super) struct Reading {
    printer: Printer,
    left: u64,
    /// How long it waits for a record; `None`: as long as it takes.
    patience: Option<Duration>,
    clock: Arc<dyn Clock>,
    /// When the last record was printed, or reading began.
    last_print: Mono,
    pub(super) interrupts: Interrupts,
}

impl Reading {
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Whether the user has interrupted; looked at between two polls that both found something.
    pub(super) fn is_interrupted(&mut self) -> bool {
        self.interrupts.requested().now_or_never().is_some()
    }

    /// Waits until there may be records; `false` if waiting is over: interrupted, or nothing has come for too long.
    pub(super) async fn wait(&mut self, consumer: &mut dyn Consumer) -> bool {
        let passed = self.clock.now().since(self.last_print);
        let patience = self.patience.map(|patience| self.clock.sleep(patience.saturating_sub(passed)));
        let patience = async {
            match patience {
                Some(patience) => patience.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.interrupts.requested() => false,
            () = patience => false,
            () = consumer.ready() => true,
        }
    }

    /// Prints the records of a batch that `is_wanted`, as long as any may be printed; the last one printed.
    pub(super) fn print(
        &mut self,
        fetched: &FetchedBatch,
        is_wanted: impl Fn(&OffsetRecord) -> bool,
        out: &mut Out<'_>,
    ) -> Result<Option<OffsetRecord>> {
        let mut last = None;
        for record in fetched.batch.records()? {
            let record = record?;
            if self.left > 0 && record.offset >= fetched.from && is_wanted(&record) {
                self.printer.print(out, Shown { partition: &fetched.partition, batch: &fetched.batch, record: &record })?;
                self.left -= 1;
                last = Some(record);
            }
        }
        if last.is_some() {
            self.last_print = self.clock.now();
        }
        Ok(last)
    }
}

async fn consume(log: &dyn Log, topics: Vec<Partitions>, extent: Extent, reading: &mut Reading, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let mut spans = Spans::default();
    for chosen in &topics {
        let description = admin.describe_topic(&chosen.topic).await?;
        spans.add(admin.as_ref(), &description, chosen, extent).await?;
    }
    let options = ConsumerOptions { client_id: "headwater-consume".into(), isolation: extent.isolation, ..ConsumerOptions::default() };
    let mut consumer = log.consumer(options).await?;
    consumer.assign(spans.starts()).await?;
    let mut done = print_until(consumer.as_mut(), &mut spans, reading, out).await;
    if done.is_ok() && reading.is_interrupted() && !extent.goes_on {
        done = Err(Interrupted.into());
    }
    let closed = consumer.close().await;
    done?;
    Ok(closed?)
}

async fn print_until(consumer: &mut dyn Consumer, spans: &mut Spans, reading: &mut Reading, out: &mut Out<'_>) -> Result<()> {
    while !spans.is_done() && !reading.is_done() && !reading.is_interrupted() {
        let poll = consumer.poll(FetchLimit::default()).await?;
        for fetched in &poll.batches {
            reading.print(fetched, |record| spans.contains(&fetched.partition, record.offset), out)?;
        }
        spans.forget_read(|partition| consumer.position(partition), &poll.at_end);
        if poll.batches.is_empty() && !spans.is_done() {
            // Whoever waits for more is to see what there is.
            out.flush()?;
            if !reading.wait(consumer).await {
                break;
            }
        }
    }
    out.flush()
}
