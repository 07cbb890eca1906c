//! Why rows are left out on purpose. Every drop has a reason and a counter.

use std::fmt;

/// The reason of a drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The operation needs a key and the row has none.
    NullKey,
    /// The operation needs a value and the row has none.
    NullValue,
    /// The row's window had closed.
    Late,
    /// The record was deleted from its topic, by retention or by hand, before it was read.
    Deleted,
    /// The record did not decode or evaluate and went to the dead-letter topic.
    DeadLettered,
}

impl DropReason {
    /// Every reason, in the order shown.
    pub const ALL: [DropReason; 5] =
        [DropReason::NullKey, DropReason::NullValue, DropReason::Late, DropReason::Deleted, DropReason::DeadLettered];
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DropReason::NullKey => "null key",
            DropReason::NullValue => "null value",
            DropReason::Late => "late",
            DropReason::Deleted => "deleted before it was read",
            DropReason::DeadLettered => "dead-lettered",
        })
    }
}
