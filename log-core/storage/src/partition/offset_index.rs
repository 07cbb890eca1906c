//! The sparse index from offsets to positions in one segment.
//!
//! ```text
//! entry, 8 bytes:  relative offset u32 | position u32      big-endian, both ascending
//! ```
//! The offset is the *last* of the batch that begins at the position, relative to the segment's base offset. Source: Kafka's `OffsetIndex`.
//!
//! The file is a cache: whoever follows an entry checks that the batch there ends with the entry's offset, and builds the index anew
//! from the segment otherwise.

use log_model::Offset;

/// The size of an entry.
pub(crate) const OFFSET_ENTRY_BYTES: usize = 8;

/// One entry: a batch that ends with `offset` begins at `position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    pub(crate) offset: Offset,
    pub(crate) position: u32,
}

/// The index of one segment, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OffsetIndex {
    base: Offset,
    entries: Vec<(u32, u32)>,
}

impl OffsetIndex {
    pub(crate) fn new(base: Offset) -> Self {
        OffsetIndex { base, entries: Vec::new() }
    }

    /// Reads the bytes of an index file; `None` if they cannot be an index of a segment of this length.
    pub(crate) fn decode(base: Offset, bytes: &[u8], segment_bytes: u64) -> Option<Self> {
        if !bytes.len().is_multiple_of(OFFSET_ENTRY_BYTES) {
            return None;
        }
        let mut entries = Vec::with_capacity(bytes.len() / OFFSET_ENTRY_BYTES);
        let mut previous: Option<(u32, u32)> = None;
        for entry in bytes.chunks_exact(OFFSET_ENTRY_BYTES) {
            let offset = u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]]);
            let position = u32::from_be_bytes([entry[4], entry[5], entry[6], entry[7]]);
            let ascends = previous.is_none_or(|last| last.0 < offset && last.1 < position);
            if !ascends || offset > i32::MAX as u32 || u64::from(position) >= segment_bytes {
                return None;
            }
            previous = Some((offset, position));
            entries.push((offset, position));
        }
        Some(OffsetIndex { base, entries })
    }

    /// The bytes of the entries from `first` on.
    pub(crate) fn encode_from(&self, first: usize) -> Vec<u8> {
        let entries = &self.entries[first.min(self.entries.len())..];
        entries.iter().flat_map(|entry| [entry.0.to_be_bytes(), entry.1.to_be_bytes()]).flatten().collect()
    }

    /// Adds an entry. The caller guarantees ascending offsets that fit the segment.
    pub(crate) fn append(&mut self, last_offset: Offset, position: u32) {
        let relative = u32::try_from(last_offset - self.base).expect("roll keeps offsets within 31 bits of the base");
        assert!(self.entries.last().is_none_or(|last| last.0 < relative && last.1 < position), "index entries ascend");
        self.entries.push((relative, position));
    }

    /// The last entry whose batch ends at or before `offset`.
    pub(crate) fn lookup(&self, offset: Offset) -> Option<OffsetEntry> {
        let relative = offset - self.base;
        let count = self.entries.partition_point(|entry| i64::from(entry.0) <= relative);
        count.checked_sub(1).map(|index| self.entry(index))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = OffsetEntry> {
        (0..self.len()).map(|index| self.entry(index))
    }

    pub(crate) fn last(&self) -> Option<OffsetEntry> {
        self.len().checked_sub(1).map(|index| self.entry(index))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn entry(&self, index: usize) -> OffsetEntry {
        let (relative, position) = self.entries[index];
        OffsetEntry { offset: Offset(self.base.0.saturating_add(i64::from(relative))), position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_lie_as_kafka_lays_them() {
        let mut index = OffsetIndex::new(Offset(1000));
        index.append(Offset(1004), 4200);
        index.append(Offset(1300), 0x0102_0304);
        let bytes = [0, 0, 0, 4, 0, 0, 0x10, 0x68, 0, 0, 1, 0x2c, 1, 2, 3, 4];
        assert_eq!(index.encode_from(0), bytes);
        assert_eq!(OffsetIndex::decode(Offset(1000), &bytes, 1 << 30), Some(index));
    }

    proptest! {
        #[test]
        fn lookup_equals_a_linear_search(steps in prop::collection::vec((1..50_i64, 1..9000_u32), 0..60), probe in -10..3000_i64) {
            let mut index = OffsetIndex::new(Offset(100));
            let (mut offset, mut position, mut model) = (99, 0, Vec::new());
            for (offsets, bytes) in steps {
                offset += offsets;
                position += bytes;
                index.append(Offset(offset), position);
                model.push(OffsetEntry { offset: Offset(offset), position });
            }
            let naive = model.iter().rev().find(|entry| entry.offset <= Offset(probe)).copied();
            prop_assert_eq!(index.lookup(Offset(probe)), naive);
            let read = OffsetIndex::decode(Offset(100), &index.encode_from(0), u64::from(position) + 1);
            prop_assert_eq!(read, Some(index));
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(index) = OffsetIndex::decode(Offset(5), &bytes, 1 << 31) {
                prop_assert_eq!(index.encode_from(0), bytes);
            }
        }
    }
}
