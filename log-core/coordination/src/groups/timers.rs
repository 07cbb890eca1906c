//! The deadlines of one group.
//!
//! Always: `wake_ms` is at most the earliest deadline. Setting and clearing are cheap; the exact earliest is looked up only when `wake_ms` is due.
//! Deadlines are not part of the group's state: they are not undone with it and not stored, but armed again from it.

use super::event::Id;
use std::collections::BTreeMap;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A sign of life of a member.
    Session(Id),
    /// The second JoinGroup of a member that was told its id.
    Pending(Id),
    /// A member giving up partitions (consumer groups).
    Revocation(Id),
    /// The JoinGroup of a member that speaks the classic protocol and was told to rejoin (consumer groups).
    Rejoin(Id),
    /// The SyncGroup of a member that speaks the classic protocol (consumer groups).
    Resync(Id),
    /// The end of the join phase (classic groups).
    Join,
    /// Every member's SyncGroup (classic groups).
    Sync,
}

/// The deadlines of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    deadlines: BTreeMap<Timer, i64>,
    wake_ms: Option<i64>,
}

impl Timers {
    /// Sets a deadline, in place of the one there was.
    pub(crate) fn set(&mut self, timer: Timer, at_ms: i64) {
        self.deadlines.insert(timer, at_ms);
        self.wake_ms = Some(self.wake_ms.map_or(at_ms, |wake_ms| wake_ms.min(at_ms)));
    }

    /// Clears a deadline.
    pub(crate) fn clear(&mut self, timer: &Timer) {
        self.deadlines.remove(timer);
        if self.deadlines.is_empty() {
            self.wake_ms = None;
        }
    }

    /// Clears every deadline.
    pub(crate) fn clear_all(&mut self) {
        self.deadlines.clear();
        self.wake_ms = None;
    }

    /// Whether something is waited for.
    pub(crate) fn is_set(&self, timer: &Timer) -> bool {
        self.deadlines.contains_key(timer)
    }

    /// When to look again: not after the earliest deadline.
    pub(crate) fn wake_ms(&self) -> Option<i64> {
        self.wake_ms
    }

    /// Takes what is due out, earliest first.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Vec<Timer> {
        let mut due: Vec<(i64, Timer)> =
            self.deadlines.iter().filter(|(_, at_ms)| **at_ms <= now_ms).map(|(timer, at_ms)| (*at_ms, timer.clone())).collect();
        due.sort();
        for (_, timer) in &due {
            self.deadlines.remove(timer);
        }
        self.wake_ms = self.deadlines.values().min().copied();
        due.into_iter().map(|(_, timer)| timer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_timers_come_out_in_order_of_their_deadlines() {
        let mut timers = Timers::default();
        timers.set(Timer::Join, 30);
        timers.set(Timer::Sync, 10);
        timers.set(Timer::Session("a".into()), 20);
        assert_eq!(timers.wake_ms(), Some(10));
        assert_eq!(timers.take_due(20), vec![Timer::Sync, Timer::Session("a".into())]);
        assert_eq!(timers.wake_ms(), Some(30));
    }

    #[test]
    fn a_deadline_that_moves_later_wakes_once_for_nothing() {
        let mut timers = Timers::default();
        timers.set(Timer::Join, 10);
        timers.set(Timer::Join, 50);
        assert_eq!(timers.wake_ms(), Some(10));
        assert_eq!(timers.take_due(10), vec![]);
        assert_eq!(timers.wake_ms(), Some(50));
    }
}
