//! Producer ids, given out from blocks that are durably set aside.
//!
//! Always holds: `next ≤ asked_end`, `durable_end ≤ asked_end`, and an id leaves only behind a durable record that says so.

use log_model::ProducerId;

#[derive(Debug)]
pub(super) struct Ids {
    next: i64,
    /// Ids below are known to be set aside.
    durable_end: i64,
    /// Ids below are set aside or about to be.
    asked_end: i64,
    at_once: i64,
}

impl Ids {
    pub(super) fn new(at_once: i64) -> Ids {
        Ids { next: 0, durable_end: 0, asked_end: 0, at_once: at_once.max(1) }
    }

    /// The next id, and the end of its block if that must become durable before the id leaves.
    pub(super) fn allocate(&mut self) -> (ProducerId, Option<i64>) {
        let id = self.next;
        self.next = id.saturating_add(1);
        if id < self.durable_end {
            return (ProducerId(id), None);
        }
        if id >= self.asked_end {
            self.asked_end = id.saturating_add(self.at_once);
        }
        // Named again while it is under way: should the first record fail, this one still covers its own id.
        (ProducerId(id), Some(self.asked_end))
    }

    /// A block's record is durable.
    pub(super) fn persisted(&mut self, end: i64) {
        self.durable_end = self.durable_end.max(end);
    }

    /// Ids below `end` may have been given out in an earlier life.
    pub(super) fn used_below(&mut self, end: i64) {
        self.next = self.next.max(end);
        self.asked_end = self.asked_end.max(end);
        self.durable_end = self.durable_end.max(end);
    }

    /// An id that is in use is not given out, whatever the records of blocks say.
    pub(super) fn pass(&mut self, id: i64) {
        self.next = self.next.max(id.saturating_add(1));
        self.asked_end = self.asked_end.max(self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_named_until_it_is_durable_and_then_used_up() {
        let mut ids = Ids::new(3);
        assert_eq!(ids.allocate(), (ProducerId(0), Some(3)));
        assert_eq!(ids.allocate(), (ProducerId(1), Some(3)));
        ids.persisted(3);
        assert_eq!(ids.allocate(), (ProducerId(2), None));
        assert_eq!(ids.allocate(), (ProducerId(3), Some(6)));
    }

    #[test]
    fn ids_of_an_earlier_life_are_left_out() {
        let mut ids = Ids::new(1_000);
        ids.used_below(2_000);
        ids.used_below(1_500);
        assert_eq!(ids.allocate(), (ProducerId(2_000), Some(3_000)));
    }
}
