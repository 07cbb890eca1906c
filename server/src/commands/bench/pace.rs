//! A plan of when records are due, and a thread that keeps it: timers of an asynchronous runtime are too coarse.

use headwater::log::{Clock, Env, Mono};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Records that are due closer together than this are told of together.
const TELL_INTERVAL: Duration = Duration::from_micros(250);

/// Records at a fixed rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) start: Mono,
    /// Records per second, above 0.
    pub(super) rate: f64,
}

impl Plan {
    /// When a record is due, counted from 0.
    pub(super) fn due(&self, index: u64) -> Mono {
        self.start.plus(Duration::from_secs_f64(index as f64 / self.rate))
    }

    /// How many records are due at a moment: those whose time has come.
    pub(super) fn due_count(&self, now: Mono) -> u64 {
        if now < self.start { 0 } else { (now.since(self.start).as_secs_f64() * self.rate).floor() as u64 + 1 }
    }
}

/// Tells how many records are due in all, whenever that is more than before, up to `count_max` or until nobody listens.
/// Errors: there is no thread for it.
pub(super) fn keep(env: &Env, plan: Plan, count_max: u64) -> io::Result<mpsc::UnboundedReceiver<u64>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let clock: Arc<dyn Clock> = env.clock.clone();
    let work = move || {
        let mut told = 0;
        while told < count_max {
            let wake = plan.due(told).max(plan.start.plus(TELL_INTERVAL.mul_f64(slots(&plan, clock.now()))));
            sleep(wake.since(clock.now()));
            let due = plan.due_count(clock.now()).min(count_max);
            if due > told {
                told = due;
                if sender.send(due).is_err() {
                    return;
                }
            }
        }
    };
    env.spawner.spawn_blocking("bench-pace", Box::new(work))?;
    Ok(receiver)
}

/// The next multiple of the interval, so that lateness does not add up.
fn slots(plan: &Plan, now: Mono) -> f64 {
    (now.since(plan.start).as_secs_f64() / TELL_INTERVAL.as_secs_f64()).floor() + 1.0
}

#[allow(
    clippy::disallowed_methods,
    reason = "the pace is that of the real clock, and on a thread of its own it is exact to tens of microseconds"
)]
fn sleep(duration: Duration) {
    std::thread::sleep(duration);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_counts_what_is_due() {
        let plan = Plan { start: Mono(1_000_000_000), rate: 1000.0 };
        for (nanoseconds, expected) in [(0, 0), (1_000_000_000, 1), (1_000_900_000, 1), (1_001_000_000, 2), (2_000_000_000, 1001)] {
            assert_eq!(plan.due_count(Mono(nanoseconds)), expected, "{nanoseconds}");
        }
        assert_eq!(plan.due(0), plan.start);
        assert_eq!(plan.due(500), Mono(1_500_000_000));
    }

    #[tokio::test]
    async fn everything_planned_becomes_due_and_nothing_more() {
        let env = Env::real();
        let mut due = keep(&env, Plan { start: env.clock.now(), rate: 100_000.0 }, 500).expect("a thread");
        let mut last = 0;
        while let Some(count) = due.recv().await {
            assert!(count > last && count <= 500, "{count} after {last}");
            last = count;
        }
        assert_eq!(last, 500);
    }
}
