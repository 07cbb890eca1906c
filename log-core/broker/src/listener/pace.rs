//! Whether the bytes of a request or an answer move on fast enough.
//!
//! They move in parts: an eighth of the whole, and no less than [`PART_BYTES_MIN`]. The time spent waiting for the other side counts from one part to
//! the next, and no other time does: not that in which this side reads or writes nothing.

use std::time::Duration;

/// The least that is a part, so that small ones are one.
const PART_BYTES_MIN: usize = 256 << 10;
/// So many parts make the whole.
const PARTS: usize = 8;

/// The pace of one request or answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    whole_bytes: usize,
    moved_bytes: usize,
    waited: Duration,
}

impl Pace {
    /// For so many bytes in all.
    pub(super) fn of(whole_bytes: usize) -> Pace {
        Pace { whole_bytes, ..Pace::default() }
    }

    /// Its size is known now.
    pub(super) fn set_whole(&mut self, whole_bytes: usize) {
        self.whole_bytes = whole_bytes;
    }

    /// So many bytes came, or were taken.
    pub(super) fn note_moved(&mut self, bytes: usize) {
        self.moved_bytes += bytes;
        if self.moved_bytes >= (self.whole_bytes / PARTS).max(PART_BYTES_MIN) {
            (self.moved_bytes, self.waited) = (0, Duration::ZERO);
        }
    }

    /// So long nothing moved.
    pub(super) fn note_waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Whether the part under way took this long.
    pub(super) fn is_behind(&self, patience: Duration) -> bool {
        self.waited >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_time_and_a_drip_does_not_renew_it() {
        let patience = Duration::from_secs(30);
        for (whole_bytes, part_bytes) in [(100, 256 << 10), (1 << 20, 256 << 10), (16 << 20, 2 << 20), (80 << 20, 10 << 20)] {
            let mut pace = Pace::of(whole_bytes);
            for _ in 0..29 {
                pace.note_moved(1);
                pace.note_waited(Duration::from_secs(1));
                assert!(!pace.is_behind(patience));
            }
            let mut late = pace;
            late.note_moved(part_bytes - 30);
            late.note_waited(Duration::from_secs(1));
            assert!(late.is_behind(patience), "{whole_bytes}");
            pace.note_moved(part_bytes - 29);
            pace.note_waited(Duration::from_secs(29));
            assert!(!pace.is_behind(patience), "{whole_bytes}");
        }
    }
}
