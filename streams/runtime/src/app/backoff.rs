//! Waiting longer after each failure in a row.

use super::plan::Plan;
use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// The waits of one undertaking.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Backoff { next: FIRST }
    }

    /// As it is after so many waits.
    pub(super) fn after(waits: u32) -> Self {
        Backoff { next: (FIRST * 2u32.saturating_pow(waits.min(16))).min(LONGEST) }
    }

    /// Waits, unless the application is to stop; twice as long the next time, up to a limit.
    pub(super) async fn wait(&mut self, plan: &Plan) {
        let mut signals = plan.signals.subscribe();
        let stopping = pin!(async { signals.wait_for(|signals| signals.stop).await.is_ok() });
        let slept = plan.env.clock.sleep(self.next);
        if let Either::Right(_) = select(stopping, slept).await {
            self.next = (self.next * 2).min(LONGEST);
        }
    }
}
