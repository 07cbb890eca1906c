//! What a checkpoint remembers of one partition.

use super::epochs::EpochStart;
use super::indexes::{IndexFacts, SegmentSpan};
use super::time_index::TimeEntry;
use log_model::{Offset, Timestamp};
use serde::{Deserialize, Serialize};

/// The durable facts of a partition: everything below `offset` is synced in the segments.
///
/// On opening, bytes below it are trusted (and damage there is corruption), bytes above it are checked and cut where they stop making sense.
/// The default is that of a partition of which nothing is known to be durable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPoint {
    /// One past the last durable offset.
    pub offset: Offset,
    /// The first offset that may be read.
    pub log_start: Offset,
    /// The base offset of the segment that ends with `offset`.
    pub segment: Offset,
    /// The length of that segment in bytes.
    pub position: u64,
    /// How many entries its offset index has.
    pub offset_entries: u32,
    /// How many entries its time index has.
    pub time_entries: u32,
    /// How many entries its transaction index has.
    pub aborted_entries: u32,
    /// The largest timestamp in it; meaningless without bytes.
    pub max_timestamp: Timestamp,
    /// The last offset of the batch that brought the timestamp.
    pub max_timestamp_offset: Offset,
    /// Whether there is a producer snapshot at `offset`; without one there is no producer.
    pub has_producers: bool,
    /// The history of leader epochs below `offset`.
    pub epochs: Vec<EpochStart>,
    /// Compaction has seen everything below this offset.
    pub cleaned_to: Offset,
}

impl RecoveryPoint {
    /// What it says of its segment.
    pub(crate) fn span(&self) -> SegmentSpan {
        SegmentSpan { base: self.segment, end: self.offset, length_bytes: self.position }
    }

    /// What it says of the indexes of its segment.
    pub(crate) fn index_facts(&self) -> IndexFacts {
        IndexFacts {
            offset_entries: self.offset_entries,
            time_entries: self.time_entries,
            aborted_entries: self.aborted_entries,
            max_timestamp: TimeEntry { timestamp: self.max_timestamp, offset: self.max_timestamp_offset },
        }
    }
}
