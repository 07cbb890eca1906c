//! Waiting for the other side of a connection, with a watch on its pace.

use crate::listener::pace::Pace;
use futures::future::{Either, select};
use log_env::{Clock, Mono};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How often a transfer that waits is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Does one read or write; `None` if the other side is behind its pace first. `patience` is asked again and again while nothing moves, and has none
/// for a while by giving `None`. Where nothing has to be waited for, no clock is looked at. Cancel safe as far as `step` is: the time waited counts.
pub(super) async fn paced<T>(
    pace: &mut Pace,
    clock: &dyn Clock,
    patience: impl Fn() -> Option<Duration>,
    step: impl Future<Output = T>,
) -> Option<T> {
    let mut step = pin!(step);
    if let Poll::Ready(done) = futures::poll!(step.as_mut()) {
        return Some(done);
    }
    let mut waiting = Waiting { pace, clock, since: clock.now() };
    loop {
        let looked = select(step.as_mut(), clock.sleep(LOOK_EVERY)).await;
        waiting.count();
        // Also where something came: a drip is behind, however often it drips.
        if patience().is_some_and(|patience| waiting.pace.is_behind(patience)) {
            return None;
        }
        if let Either::Left((done, _)) = looked {
            return Some(done);
        }
    }
}

/// Counts the time that passes, also when nobody waits any more.
struct Waiting<'a> {
    pace: &'a mut Pace,
    clock: &'a dyn Clock,
    since: Mono,
}

impl Waiting<'_> {
    fn count(&mut self) {
        let now = self.clock.now();
        self.pace.note_waited(now.since(self.since));
        self.since = now;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::{pending, ready};
    use log_env::Env;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn what_never_moves_is_given_up_and_what_is_interrupted_goes_on_counting() {
        let (env, sim) = Env::simulated(1);
        let mut pace = Pace::of(100);
        sim.run_until(async {
            let clock = env.clock.as_ref();
            assert_eq!(paced(&mut pace, clock, || Some(PATIENCE), ready(1)).await, Some(1));
            for _ in 0..2 {
                let waiting = pin!(paced(&mut pace, clock, || Some(PATIENCE), pending::<()>()));
                let interrupted = select(waiting, clock.sleep(Duration::from_secs(14))).await;
                assert!(matches!(interrupted, Either::Right(_)));
            }
            let start = clock.now();
            assert_eq!(paced(&mut pace, clock, || Some(PATIENCE), pending::<()>()).await, None);
            assert_eq!(clock.now().since(start), Duration::from_secs(2));
        });
    }

    #[test]
    fn there_may_be_endless_patience_until_there_is_none() {
        let (env, sim) = Env::simulated(2);
        let clock = env.clock.clone();
        let start = clock.now();
        let ended = sim.run_until(async {
            let patience = || (clock.now().since(start) >= Duration::from_secs(1000)).then_some(PATIENCE);
            paced(&mut Pace::of(100), clock.as_ref(), patience, pending::<()>().map(|()| 1)).await
        });
        assert_eq!((ended, clock.now().since(start)), (None, Duration::from_secs(1000)));
    }
}
