//! What a running measurement shows: a bar on a terminal, nothing elsewhere.

use super::report::{Amount, Latencies};
use crate::interrupt::Interrupts;
use crate::terminal::Terminal;
use crate::{output, screen};
use headwater::log::{Env, Mono};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const DRAW_INTERVAL: Duration = Duration::from_millis(200);
const BAR_CHARACTERS: usize = 24;

/// What the workers count, for all to see.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    records: AtomicU64,
    bytes: AtomicU64,
    stop: AtomicBool,
}

impl Gauge {
    pub(super) fn add(&self, records: u64, bytes: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn amount(&self) -> Amount {
        Amount { records: self.records(), bytes: self.bytes.load(Ordering::Relaxed) }
    }

    /// Asks the workers to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How far the work goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Goal {
    pub(super) records: Option<u64>,
    pub(super) duration: Option<Duration>,
}

impl Goal {
    /// Between 0 and 1, as far as it is known.
    fn done(&self, records: u64, elapsed: Duration) -> f64 {
        let by_records = self.records.map(|goal| records as f64 / goal.max(1) as f64);
        let by_time = self.duration.map(|goal| elapsed.as_secs_f64() / goal.as_secs_f64().max(1e-9));
        by_records.into_iter().chain(by_time).fold(0.0, f64::max).min(1.0)
    }
}

/// Waits for the work while it shows how far it is. It is asked to stop when its time is over or the user interrupts, and then waited for.
pub(super) async fn watch<T>(gauge: &Gauge, goal: Goal, work: impl Future<Output = T>) -> T {
    let (clock, mut interrupts) = (Env::real().clock, Interrupts::begin());
    let start = clock.now();
    let mut terminal = std::io::stderr().is_terminal().then(Terminal::open);
    let mut work = std::pin::pin!(work);
    let mut last = (start, 0, 0);
    loop {
        let left = goal.duration.map_or(DRAW_INTERVAL, |duration| duration.saturating_sub(clock.now().since(start)).min(DRAW_INTERVAL));
        tokio::select! {
            biased;
            done = &mut work => {
                screen::draw(Vec::new());
                return done;
            }
            () = interrupts.requested(), if !gauge.is_stopped() => gauge.stop(),
            () = clock.sleep(left.max(Duration::from_millis(1))) => {}
        }
        let now = clock.now();
        if goal.duration.is_some_and(|duration| now.since(start) >= duration) {
            gauge.stop();
        }
        if let Some(terminal) = &mut terminal
            && now.since(last.0) >= DRAW_INTERVAL
        {
            let line = line(gauge, goal.done(gauge.records(), now.since(start)), (now, last));
            screen::draw(vec![line.chars().take(terminal.width()).collect()]);
            let Amount { records, bytes } = gauge.amount();
            last = (now, records, bytes);
        }
    }
}

fn line(gauge: &Gauge, done: f64, (now, (before, records, bytes)): (Mono, (Mono, u64, u64))) -> String {
    let filled = (done * BAR_CHARACTERS as f64) as usize;
    let bar = "█".repeat(filled) + &"░".repeat(BAR_CHARACTERS - filled);
    let seconds = now.since(before).as_secs_f64().max(1e-9);
    let rate = (gauge.records().saturating_sub(records) as f64 / seconds) as u64;
    let megabytes = gauge.amount().bytes.saturating_sub(bytes) as f64 / seconds / 1e6;
    format!(
        "{bar} {:>3.0} %  {:>14} records  {:>11}/s  {megabytes:>8.1} MB/s",
        done * 100.0,
        output::count(gauge.records()),
        output::count(rate)
    )
}

/// The latencies of workers together. Errors: the first worker's that failed.
pub(super) fn merged(workers: Vec<anyhow::Result<Latencies>>) -> anyhow::Result<Latencies> {
    let mut all = Latencies::new();
    for worker in workers {
        all.add(&worker?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_by_what_is_nearer_to_its_end() {
        let goal = Goal { records: Some(100), duration: Some(Duration::from_secs(10)) };
        for (records, seconds, expected) in [(0, 0, 0.0), (50, 1, 0.5), (10, 8, 0.8), (200, 1, 1.0)] {
            assert!((goal.done(records, Duration::from_secs(seconds)) - expected).abs() < 1e-9);
        }
        assert_eq!(Goal::default().done(5, Duration::from_secs(1)), 0.0);
    }

    #[tokio::test]
    async fn work_is_asked_to_stop_when_its_time_is_over() {
        let gauge = Gauge::default();
        let work = async {
            while !gauge.is_stopped() {
                tokio::task::yield_now().await;
            }
            7
        };
        assert_eq!(watch(&gauge, Goal { records: None, duration: Some(Duration::from_millis(5)) }, work).await, 7);
    }

    #[test]
    fn a_line_shows_share_count_and_rates() {
        let gauge = Gauge::default();
        gauge.add(2000, 2_000_000);
        let line = line(&gauge, 0.5, (Mono(2_000_000_000), (Mono(1_000_000_000), 1000, 1_000_000)));
        assert!(line.starts_with("████████████░░░░░░░░░░░░  50 %"), "{line}");
        assert!(line.contains("2,000 records") && line.contains("1,000/s") && line.ends_with("1.0 MB/s"), "{line}");
    }
}
