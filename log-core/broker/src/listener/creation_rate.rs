//! How many connections are made in a second: `max.connection.creation.rate` (KIP-612).
//!
//! Those beyond it wait in the queue of the system, as with Kafka; none is refused for it. A node that lets none be made lets one be made, so that
//! whoever set this can take it back.

use log_env::Mono;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What was made in the second under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CreationRate {
    since: Mono,
    count: u32,
}

impl CreationRate {
    /// Notes a connection. How long it has to wait, if more were made in this second than may be: it then counts for the next one.
    pub(super) fn note(&mut self, now: Mono, rate_max: i32) -> Option<Duration> {
        let most = u32::try_from(rate_max).unwrap_or(0).max(1);
        if now.since(self.since) >= SECOND {
            *self = CreationRate { since: now, count: 0 };
        }
        if self.count < most {
            self.count += 1;
            return None;
        }
        let next = self.since.plus(SECOND);
        *self = CreationRate { since: next, count: 1 };
        Some(next.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_beyond_the_rate_wait_for_the_next_second() {
        for (rate_max, expected_ms) in
            [(i32::MAX, [0; 5]), (2, [0, 0, 1000, 1000, 2000]), (1, [0, 1000, 2000, 3000, 4000]), (0, [0, 1000, 2000, 3000, 4000])]
        {
            let mut rate = CreationRate::default();
            let start = Mono(7_000_000_000);
            let mut now = start;
            let at = expected_ms.map(|_| {
                now = now.plus(rate.note(now, rate_max).unwrap_or_default());
                now.since(start).as_millis()
            });
            assert_eq!(at, expected_ms, "{rate_max}");
        }
    }

    #[test]
    fn whoever_comes_later_does_not_wait() {
        let mut rate = CreationRate::default();
        for second in 1..5 {
            assert_eq!(rate.note(Mono(second * 1_000_000_000), 1), None);
        }
        assert_eq!(rate.note(Mono(4_300_000_000), 1), Some(Duration::from_millis(700)));
    }
}
