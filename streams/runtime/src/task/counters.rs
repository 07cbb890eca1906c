//! What a task has counted: rows in and out of each node, drops by reason.

use crate::DropReason;

/// The counts of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCounters {
    /// Rows (of a source: records) taken.
    pub rows_in: u64,
    /// Rows (of a sink: records) given.
    pub rows_out: u64,
    /// Rows left out, by the index of the reason in [`DropReason::ALL`].
    pub drops: [u64; DropReason::ALL.len()],
}

impl NodeCounters {
    /// Adds rows left out.
    pub(crate) fn dropped(&mut self, reason: DropReason, count: u64) {
        let index = DropReason::ALL.iter().position(|known| *known == reason);
        self.drops[index.expect("ALL lists every reason")] += count;
    }

    /// Adds the counts of the same node in another task.
    pub fn add(&mut self, other: &NodeCounters) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.drops.iter_mut().zip(&other.drops).for_each(|(sum, count)| *sum += count);
    }
}

/// The counts of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskCounters {
    /// By node, in the order of the sub-topology.
    pub nodes: Vec<NodeCounters>,
    /// Records sent to dead-letter topics.
    pub dead_letters: u64,
}
