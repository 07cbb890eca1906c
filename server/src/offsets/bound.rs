//! One place in a partition, as named and as found.

use anyhow::Result;
use headwater::log::{Admin, Offset, OffsetSpec, PartitionInfo, Timestamp, TopicPartition};

/// A place as a user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// So many records after the first there is.
    Start(i64),
    /// So many records before the end.
    End(i64),
    /// This offset.
    At(i64),
    /// The first record of this time or later.
    Time(Timestamp),
}

/// Between what offsets a partition can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) start: Offset,
    pub(crate) end: Offset,
}

impl Limits {
    /// What readers of decided records see.
    pub(crate) fn committed(info: &PartitionInfo) -> Limits {
        Limits { start: info.log_start, end: info.last_stable }
    }

    /// What readers of everything acknowledged see.
    pub(crate) fn all(info: &PartitionInfo) -> Limits {
        Limits { start: info.log_start, end: info.high_watermark }
    }

    fn within(self, offset: i64) -> Offset {
        Offset(offset.clamp(self.start.0, self.end.0))
    }
}

impl Bound {
    /// The offset without a look at records; `None` for a time. An exact offset may lie behind the end: its record may come.
    pub(crate) fn offset(self, limits: Limits) -> Option<Offset> {
        match self {
            Bound::Start(after) => Some(limits.within(limits.start.0.saturating_add(after))),
            Bound::End(before) => Some(limits.within(limits.end.0.saturating_sub(before))),
            Bound::At(offset) => Some(Offset(offset).max(limits.start)),
            Bound::Time(_) => None,
        }
    }
}

/// The offset of a place; the end of the partition for a time after all records.
pub(crate) async fn resolve(admin: &dyn Admin, partition: &TopicPartition, limits: Limits, bound: Bound) -> Result<Offset> {
    if let Bound::Time(time) = bound {
        let found = admin.find_offset(partition, OffsetSpec::AtOrAfter(time)).await?;
        return Ok(found.map_or(limits.end, |found| found.offset.min(limits.end)));
    }
    Ok(bound.offset(limits).unwrap_or(limits.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_within_the_partition_and_exact_ones_may_lie_ahead() {
        let limits = Limits { start: Offset(10), end: Offset(20) };
        let cases = [
            (Bound::Start(0), 10),
            (Bound::Start(3), 13),
            (Bound::Start(i64::MAX), 20),
            (Bound::End(0), 20),
            (Bound::End(4), 16),
            (Bound::End(100), 10),
            (Bound::At(3), 10),
            (Bound::At(15), 15),
            (Bound::At(25), 25),
        ];
        for (bound, expected) in cases {
            assert_eq!(bound.offset(limits), Some(Offset(expected)), "{bound:?}");
        }
    }
}
