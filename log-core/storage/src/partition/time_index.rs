//! The sparse index from timestamps to offsets in one segment.
//!
//! ```text
//! entry, 12 bytes:  timestamp i64 | relative offset u32      big-endian, both ascending
//! ```
//! An entry says: the largest timestamp so far is this one, in the batch that ends with this offset; larger ones come after it. A sealed
//! segment's last entry holds the largest timestamp of all. Source: Kafka's `TimeIndex`.
//!
//! The file is a cache, checked like the offset index when it is followed.

use log_model::{Offset, Timestamp};

/// The size of an entry.
pub(crate) const TIME_ENTRY_BYTES: usize = 12;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub(crate) timestamp: Timestamp,
    pub(crate) offset: Offset,
}

/// The index of one segment, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeIndex {
    base: Offset,
    entries: Vec<(i64, u32)>,
}

impl TimeIndex {
    pub(crate) fn new(base: Offset) -> Self {
        TimeIndex { base, entries: Vec::new() }
    }

    /// Reads the bytes of an index file; `None` if they cannot be one.
    pub(crate) fn decode(base: Offset, bytes: &[u8]) -> Option<Self> {
        if !bytes.len().is_multiple_of(TIME_ENTRY_BYTES) {
            return None;
        }
        let mut entries = Vec::with_capacity(bytes.len() / TIME_ENTRY_BYTES);
        let mut previous: Option<(i64, u32)> = None;
        for entry in bytes.chunks_exact(TIME_ENTRY_BYTES) {
            let (timestamp, offset) = entry.split_at(8);
            let timestamp = i64::from_be_bytes(timestamp.try_into().ok()?);
            let offset = u32::from_be_bytes(offset.try_into().ok()?);
            let ascends = previous.is_none_or(|last| last.0 < timestamp && last.1 < offset);
            if !ascends || offset > i32::MAX as u32 {
                return None;
            }
            previous = Some((timestamp, offset));
            entries.push((timestamp, offset));
        }
        Some(TimeIndex { base, entries })
    }

    /// The bytes of the entries from `first` on.
    pub(crate) fn encode_from(&self, first: usize) -> Vec<u8> {
        let entries = &self.entries[first.min(self.entries.len())..];
        let mut bytes = Vec::with_capacity(entries.len() * TIME_ENTRY_BYTES);
        for (timestamp, offset) in entries {
            bytes.extend(timestamp.to_be_bytes());
            bytes.extend(offset.to_be_bytes());
        }
        bytes
    }

    /// Adds an entry if it says something new: a larger timestamp at a larger offset.
    pub(crate) fn maybe_append(&mut self, entry: TimeEntry) {
        let relative = u32::try_from(entry.offset - self.base).expect("roll keeps offsets within 31 bits of the base");
        if self.entries.last().is_none_or(|last| last.0 < entry.timestamp.0 && last.1 < relative) {
            self.entries.push((entry.timestamp.0, relative));
        }
    }

    /// The last entry whose timestamp is at most `timestamp`: a first record at least that late is not before its offset.
    pub(crate) fn lookup(&self, timestamp: Timestamp) -> Option<TimeEntry> {
        let count = self.entries.partition_point(|entry| entry.0 <= timestamp.0);
        count.checked_sub(1).map(|index| self.entry(index))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = TimeEntry> {
        (0..self.len()).map(|index| self.entry(index))
    }

    pub(crate) fn last(&self) -> Option<TimeEntry> {
        self.len().checked_sub(1).map(|index| self.entry(index))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn entry(&self, index: usize) -> TimeEntry {
        let (timestamp, relative) = self.entries[index];
        TimeEntry { timestamp: Timestamp(timestamp), offset: Offset(self.base.0.saturating_add(i64::from(relative))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_lie_as_kafka_lays_them() {
        let mut index = TimeIndex::new(Offset(50));
        index.maybe_append(TimeEntry { timestamp: Timestamp(0x0102), offset: Offset(53) });
        index.maybe_append(TimeEntry { timestamp: Timestamp(0x0102), offset: Offset(60) });
        index.maybe_append(TimeEntry { timestamp: Timestamp(0x0103), offset: Offset(70) });
        let bytes = [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 20];
        assert_eq!(index.encode_from(0), bytes);
        assert_eq!(TimeIndex::decode(Offset(50), &bytes), Some(index));
    }

    proptest! {
        #[test]
        fn lookup_equals_a_linear_search(steps in prop::collection::vec((1..40_i64, 1..50_i64), 0..60), probe in -10..3000_i64) {
            let mut index = TimeIndex::new(Offset(0));
            let (mut timestamp, mut offset, mut model) = (0, 0, Vec::new());
            for (time, offsets) in steps {
                timestamp += time;
                offset += offsets;
                let entry = TimeEntry { timestamp: Timestamp(timestamp), offset: Offset(offset) };
                index.maybe_append(entry);
                model.push(entry);
            }
            let naive = model.iter().rev().find(|entry| entry.timestamp <= Timestamp(probe)).copied();
            prop_assert_eq!(index.lookup(Timestamp(probe)), naive);
            prop_assert_eq!(TimeIndex::decode(Offset(0), &index.encode_from(0)), Some(index));
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(index) = TimeIndex::decode(Offset(5), &bytes) {
                prop_assert_eq!(index.encode_from(0), bytes);
            }
        }
    }
}
