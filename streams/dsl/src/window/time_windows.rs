//! Windows of fixed length, aligned to the epoch (Kafka's `TimeWindows`).

use super::Window;
use std::time::Duration;

/// Windows of one length, one starting every `advance`: tumbling if that equals the length, hopping if it is shorter.
///
/// Windows are half-open, `[start, end)`, and aligned to 1970-01-01T00:00:00Z. A row is accepted into a window while
/// `end > observed stream time − grace`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use streams_dsl::TimeWindows;
///
/// let minutes = TimeWindows::of(Duration::from_secs(60)).grace(Duration::from_secs(10));
/// assert_eq!(minutes.starts(61_000).collect::<Vec<_>>(), [60_000]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindows {
    pub(crate) size_ms: i64,
    pub(crate) advance_ms: i64,
    pub(crate) grace_ms: i64,
}

impl TimeWindows {
    /// Tumbling windows of this length, in whole milliseconds, with no grace. A length of zero counts as one millisecond.
    pub fn of(size: Duration) -> TimeWindows {
        let size_ms = millis(size).max(1);
        TimeWindows { size_ms, advance_ms: size_ms, grace_ms: 0 }
    }

    /// How long after its end a window still accepts rows.
    pub fn grace(mut self, grace: Duration) -> TimeWindows {
        self.grace_ms = millis(grace);
        self
    }

    /// Hopping windows: one starts every `advance`, which is kept between one millisecond and the length.
    pub fn advance_by(mut self, advance: Duration) -> TimeWindows {
        self.advance_ms = millis(advance).clamp(1, self.size_ms);
        self
    }

    /// The starts of the windows that hold `timestamp_ms`, ascending; none before the epoch.
    pub fn starts(&self, timestamp_ms: i64) -> impl Iterator<Item = i64> + use<> {
        let advance_ms = self.advance_ms;
        let earliest = timestamp_ms.saturating_sub(self.size_ms).saturating_add(advance_ms).max(0);
        let first = earliest / advance_ms * advance_ms;
        std::iter::successors(Some(first), move |start| start.checked_add(advance_ms)).take_while(move |start| *start <= timestamp_ms)
    }

    pub(crate) fn window(&self, start_ms: i64) -> Window {
        Window::starting(start_ms, self.size_ms)
    }

    /// Windows that end at or before this are closed once the stream time has been `observed_ms`.
    pub(crate) fn close_ms(&self, observed_ms: i64) -> i64 {
        observed_ms.saturating_sub(self.grace_ms)
    }

    /// The size and grace together: how long the state of a window must be kept at least.
    pub(crate) fn span_ms(&self) -> i64 {
        self.size_ms.saturating_add(self.grace_ms)
    }

    /// The words that belong to the identity of an operator over these windows. The grace is left out: changing it keeps the state.
    pub(crate) fn describe(&self) -> String {
        if self.advance_ms == self.size_ms {
            format!("tumbling {} ms", self.size_ms)
        } else {
            format!("hopping {} ms by {} ms", self.size_ms, self.advance_ms)
        }
    }
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_falls_into_the_windows_that_cover_it() {
        let tumbling = TimeWindows::of(Duration::from_millis(10));
        let hopping = tumbling.advance_by(Duration::from_millis(4));
        let cases: [(TimeWindows, i64, &[i64]); 7] = [
            (tumbling, 0, &[0]),
            (tumbling, 9, &[0]),
            (tumbling, 10, &[10]),
            (hopping, 0, &[0]),
            (hopping, 9, &[0, 4, 8]),
            (hopping, 10, &[4, 8]),
            (hopping, 13, &[4, 8, 12]),
        ];
        for (windows, timestamp, expected) in cases {
            assert_eq!(windows.starts(timestamp).collect::<Vec<_>>(), expected, "{windows:?} at {timestamp}");
        }
    }

    #[test]
    fn a_timestamp_before_the_epoch_has_no_window() {
        assert_eq!(TimeWindows::of(Duration::from_millis(10)).starts(-1).count(), 0);
    }

    #[test]
    fn the_largest_timestamp_does_not_overflow() {
        let windows = TimeWindows::of(Duration::from_millis(10));
        let start = windows.starts(i64::MAX).last().unwrap();
        assert_eq!(windows.window(start).end_ms, i64::MAX);
    }
}
