//! The numbers of a log, each its own type so that they cannot be mixed: offsets, epochs, producer ids, timestamps.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                Self(value)
            }
        }
    };
}

number! {
    /// The place of a record in its partition, counted from 0. Offsets never regress and are never reused.
    Offset(i64)
}
number! {
    /// The term of a partition's leader; -1 where unknown.
    LeaderEpoch(i32)
}
number! {
    /// The id of an idempotent or transactional producer; -1 for a plain one.
    ProducerId(i64)
}
number! {
    /// The incarnation of a producer id; a higher epoch fences lower ones. -1 for a plain producer.
    ProducerEpoch(i16)
}
number! {
    /// The number of a record among those of one producer and partition; wraps from `i32::MAX` to 0. -1 for a plain producer.
    Sequence(i32)
}
number! {
    /// Milliseconds since 1970-01-01T00:00:00Z; -1 where absent.
    Timestamp(i64)
}

impl Offset {
    /// The first offset of a partition.
    pub const ZERO: Offset = Offset(0);

    /// The offset after this one.
    pub fn next(self) -> Offset {
        Offset(self.0 + 1)
    }
}

impl Add<i64> for Offset {
    type Output = Offset;
    fn add(self, count: i64) -> Offset {
        Offset(self.0 + count)
    }
}

impl Sub<Offset> for Offset {
    type Output = i64;
    fn sub(self, other: Offset) -> i64 {
        self.0 - other.0
    }
}

impl LeaderEpoch {
    /// No epoch known.
    pub const NONE: LeaderEpoch = LeaderEpoch(-1);
}

impl ProducerId {
    /// A producer that is neither idempotent nor transactional.
    pub const NONE: ProducerId = ProducerId(-1);
}

impl ProducerEpoch {
    /// The epoch of a producer that is neither idempotent nor transactional.
    pub const NONE: ProducerEpoch = ProducerEpoch(-1);
}

impl Sequence {
    /// The sequence of a producer that is neither idempotent nor transactional.
    pub const NONE: Sequence = Sequence(-1);

    /// The sequence `count` records later, wrapping from `i32::MAX` to 0 as Kafka does.
    pub fn advance(self, count: i32) -> Sequence {
        let wrapped = (i64::from(self.0) + i64::from(count)) & i64::from(i32::MAX);
        Sequence(wrapped as i32)
    }
}

impl Timestamp {
    /// No timestamp.
    pub const NONE: Timestamp = Timestamp(-1);
    /// Before every timestamp.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After every timestamp.
    pub const MAX: Timestamp = Timestamp(i64::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_wrap_after_the_largest() {
        assert_eq!(Sequence(i32::MAX).advance(1), Sequence(0));
        assert_eq!(Sequence(i32::MAX - 1).advance(3), Sequence(1));
        assert_eq!(Sequence(5).advance(2), Sequence(7));
    }
}
