//! Time: a monotonic clock for durations, a wall clock for timestamps, and waiting.

use futures::future::BoxFuture;
use std::time::Duration;

/// A moment of a monotonic clock, in nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment `duration` later.
    pub fn plus(self, duration: Duration) -> Mono {
        Mono(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Tells the time and waits.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, on a clock that never goes back.
    fn now(&self) -> Mono;

    /// Milliseconds since 1970-01-01T00:00:00Z, on a clock that may jump.
    fn wall_ms(&self) -> i64;

    /// Resolves once `duration` has passed. Cancel safe.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}
