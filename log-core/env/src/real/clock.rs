//! The machine's clocks.
#![allow(clippy::disallowed_methods, reason = "this file is the door to the machine's clocks")]

use crate::{Clock, Mono};
use futures::future::BoxFuture;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's clocks; waiting is tokio's timer.
///
/// ```
/// use log_env::{Clock, RealClock};
/// let clock = RealClock::new();
/// let start = clock.now();
/// assert!(clock.now() >= start);
/// ```
#[derive(Debug)]
pub struct RealClock {
    start: Instant,
}

impl RealClock {
    /// A clock whose monotonic time counts from now.
    pub fn new() -> RealClock {
        RealClock { start: Instant::now() }
    }
}

impl Default for RealClock {
    fn default() -> Self {
        RealClock::new()
    }
}

impl Clock for RealClock {
    fn now(&self) -> Mono {
        Mono(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn wall_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // The deadline counts from the call; tokio's timer itself is only touched when the future is polled on a runtime.
        let deadline = tokio::time::Instant::now() + duration;
        Box::pin(async move { tokio::time::sleep_until(deadline).await })
    }
}
