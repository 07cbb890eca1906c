//! Batches without records that stand for offsets whose records are gone.
//!
//! The log of a partition has no gaps: what compaction removes between two batches, and what a crash took from a `headwater.flush=os` topic
//! below an offset that survived, is covered by a batch of 61 bytes that holds no record. So a reader can tell a removed range from damage
//! to a base offset. Kafka's own cleaner leaves such batches, and its clients step over them.

use log_model::{LeaderEpoch, Offset, Timestamp};
use log_record::{BATCH_HEADER_BYTES, RecordBatch};

/// The offsets one filler covers at most.
const OFFSETS_MAX: i64 = 1 << 30;

/// Batches without records for the offsets from `from` up to `to`.
pub(crate) fn fill(from: Offset, to: Offset, epoch: LeaderEpoch) -> impl Iterator<Item = RecordBatch> {
    let mut next = from;
    std::iter::from_fn(move || {
        let count = (to - next).min(OFFSETS_MAX);
        (count > 0).then(|| {
            let batch = filler(next, count, epoch);
            next = next + count;
            batch
        })
    })
}

/// Whether a batch tells nothing but its offsets.
pub(crate) fn is_filler(batch: &RecordBatch) -> bool {
    batch.record_count() == 0 && batch.producer_id().0 < 0
}

fn filler(base_offset: Offset, count: i64, epoch: LeaderEpoch) -> RecordBatch {
    let last_offset_delta = (count - 1) as i32;
    let mut bytes = Vec::with_capacity(BATCH_HEADER_BYTES);
    bytes.extend(base_offset.0.to_be_bytes());
    bytes.extend((BATCH_HEADER_BYTES as i32 - 12).to_be_bytes());
    bytes.extend(epoch.0.to_be_bytes());
    bytes.push(2);
    bytes.extend([0; 4]);
    bytes.extend(0_i16.to_be_bytes());
    bytes.extend(last_offset_delta.to_be_bytes());
    bytes.extend(Timestamp::NONE.0.to_be_bytes());
    bytes.extend(Timestamp::NONE.0.to_be_bytes());
    bytes.extend((-1_i64).to_be_bytes());
    bytes.extend((-1_i16).to_be_bytes());
    bytes.extend((-1_i32).to_be_bytes());
    bytes.extend(0_i32.to_be_bytes());
    let crc = crc_fast::crc32_iscsi(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    RecordBatch::parse(bytes.into()).expect("the header is sound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_cover_exactly_the_range() {
        for (from, to) in [(5, 5), (5, 6), (0, 1000), (3, 3 + 2 * OFFSETS_MAX + 7)] {
            let mut next = Offset(from);
            for batch in fill(next, Offset(to), LeaderEpoch(4)) {
                assert_eq!(batch.base_offset(), next);
                assert!(is_filler(&batch));
                assert_eq!(batch.leader_epoch(), LeaderEpoch(4));
                assert!(batch.records().unwrap().next().is_none());
                next = batch.next_offset();
            }
            assert_eq!(next, Offset(to));
        }
    }
}
