//! What a listener logs about its clients, so that a flood of bad connections does not become one of log lines.
//!
//! In each second the first few are told and the others counted; the count is told with the next line after it, or by [`Complaints::flush`].

use log_env::Mono;
use parking_lot::Mutex;
use std::time::Duration;

/// Told in one second.
const TOLD_MAX: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// Decides what is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Quota {
    since: Option<Mono>,
    told: u32,
    untold: u64,
}

impl Quota {
    /// Begins a new second if the last one is over; gives how many were not told in those before.
    fn roll(&mut self, now: Mono) -> u64 {
        if self.since.is_some_and(|since| now.since(since) < SECOND) {
            return 0;
        }
        std::mem::replace(self, Quota { since: Some(now), ..Quota::default() }).untold
    }

    /// Whether one more is told.
    fn admit(&mut self) -> bool {
        let is_told = self.told < TOLD_MAX;
        match is_told {
            true => self.told += 1,
            false => self.untold += 1,
        }
        is_told
    }
}

/// The complaints of one listener.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    quota: Mutex<Quota>,
}

impl Complaints {
    /// Runs `tell`, which logs one line, unless there were many in this second.
    pub(crate) fn tell(&self, now: Mono, tell: impl FnOnce()) {
        let (untold, is_told) = {
            let mut quota = self.quota.lock();
            (quota.roll(now), quota.admit())
        };
        count(untold);
        if is_told {
            tell();
        }
    }

    /// Tells how many were not told, once their second is over.
    pub(crate) fn flush(&self, now: Mono) {
        let untold = self.quota.lock().roll(now);
        count(untold);
    }
}

fn count(untold: u64) {
    if untold > 0 {
        tracing::warn!(count = untold, "more connections were refused or closed, and are not told of one by one");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_are_told_and_the_rest_is_counted_once() {
        let mut quota = Quota::default();
        let at = |seconds: u64| Mono(seconds * 1_000_000_000);
        for (second, count, told, untold_before) in [(5, 3, 3, 0), (6, 25, 10, 0), (7, 11, 10, 15), (9, 1, 1, 1), (10, 0, 0, 0)] {
            let mut counted = 0;
            let admitted = (0..count).filter(|_| {
                counted += quota.roll(at(second));
                quota.admit()
            });
            assert_eq!(admitted.count(), told, "second {second}");
            assert_eq!(counted + quota.roll(at(second)), untold_before, "second {second}");
        }
    }

    #[test]
    fn a_listener_tells_no_more_than_its_quota() {
        let complaints = Complaints::default();
        let mut told = 0;
        (0..100).for_each(|_| complaints.tell(Mono(1), || told += 1));
        assert_eq!(told, 10);
        complaints.flush(Mono(2_000_000_000));
        assert_eq!(complaints.quota.lock().untold, 0);
        complaints.tell(Mono(2_500_000_000), || told += 1);
        assert_eq!(told, 11);
    }
}
