//! Time that moves only when told; sleepers wake in the order of their deadlines.

use crate::{Clock, Mono};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The wall clock of a simulation at its start: 2023-11-14T22:13:20Z.
const WALL_START_MS: i64 = 1_700_000_000_000;

/// A clock that stands until it is advanced; cheap to clone, all clones are one clock.
///
/// ```
/// use log_env::{Clock, SimClock};
/// use std::time::Duration;
/// let clock = SimClock::new();
/// let before = clock.wall_ms();
/// clock.advance(Duration::from_secs(2));
/// assert_eq!(clock.wall_ms(), before + 2000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SimClock {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    now: Mono,
    wall_shift_ms: i64,
    next_sleeper: u64,
    /// By deadline, then by the order of falling asleep.
    sleepers: BTreeMap<(Mono, u64), Waker>,
}

impl SimClock {
    /// A clock at its start.
    pub fn new() -> SimClock {
        SimClock::default()
    }

    /// Moves time on and wakes whoever slept until then, in order.
    pub fn advance(&self, duration: Duration) {
        let target = self.now().plus(duration);
        while self.wake_next(target) {}
        self.shared.lock().now = target;
    }

    /// Moves time to the next deadline at or before `limit` and wakes its sleeper; false if there is none.
    pub(super) fn wake_next(&self, limit: Mono) -> bool {
        let waker = {
            let mut shared = self.shared.lock();
            let Some((&(deadline, sleeper), _)) = shared.sleepers.first_key_value() else { return false };
            if deadline > limit {
                return false;
            }
            shared.now = shared.now.max(deadline);
            shared.sleepers.remove(&(deadline, sleeper))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Lets the wall clock jump, forward or back; the monotonic clock does not notice.
    pub fn jump_wall(&self, by_ms: i64) {
        self.shared.lock().wall_shift_ms += by_ms;
    }

    /// How many wait for time to pass.
    pub fn sleeper_count(&self) -> usize {
        self.shared.lock().sleepers.len()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Mono {
        self.shared.lock().now
    }

    fn wall_ms(&self) -> i64 {
        let shared = self.shared.lock();
        WALL_START_MS + shared.wall_shift_ms + (shared.now.0 / 1_000_000) as i64
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut shared = self.shared.lock();
        shared.next_sleeper += 1;
        let key = (shared.now.plus(duration), shared.next_sleeper);
        Box::pin(Sleep { shared: self.shared.clone(), key })
    }
}

struct Sleep {
    shared: Arc<Mutex<Shared>>,
    key: (Mono, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared.lock();
        if shared.now >= self.key.0 {
            shared.sleepers.remove(&self.key);
            return Poll::Ready(());
        }
        shared.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.shared.lock().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::task::noop_waker;

    fn is_ready(sleep: &mut BoxFuture<'static, ()>) -> bool {
        sleep.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_ready()
    }

    #[test]
    fn sleepers_wake_when_their_time_has_come_and_not_before() {
        let clock = SimClock::new();
        let mut short = clock.sleep(Duration::from_millis(5));
        let mut long = clock.sleep(Duration::from_millis(9));
        assert!(!is_ready(&mut short) && !is_ready(&mut long));
        clock.advance(Duration::from_millis(5));
        assert!(is_ready(&mut short) && !is_ready(&mut long));
        assert_eq!(clock.sleeper_count(), 1);
        drop(long);
        assert_eq!(clock.sleeper_count(), 0);
    }

    #[test]
    fn the_wall_clock_may_jump_while_the_monotonic_one_does_not() {
        let clock = SimClock::new();
        let (mono, wall) = (clock.now(), clock.wall_ms());
        clock.jump_wall(-5000);
        assert_eq!((clock.now(), clock.wall_ms()), (mono, wall - 5000));
    }
}
