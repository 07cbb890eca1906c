//! The file that keeps producer state: `<offset>.snapshot` holds the state just before that offset.
//!
//! ```text
//! version i16 (1) | crc-32c u32 over everything after it | entry count i32 | entries        big-endian
//! entry, 46 bytes: producer id i64 | epoch i16 | last sequence i32 | last offset i64 | offset delta i32 | timestamp i64 |
//!                  coordinator epoch i32 | open transaction's first offset i64 (-1 for none)
//! ```
//! A producer has one entry per remembered batch, the oldest first, and one with last offset -1 if it has none; only its last entry names
//! the open transaction. Kafka, which remembers one batch across restarts, takes the last entry of a producer and so reads the same state.
//! Source: Kafka's `ProducerStateManager`.

use super::producer_state::{BATCHES_PER_PRODUCER, BatchMark, Producer, ProducerStates};
use log_model::{Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};

const VERSION: i16 = 1;
const ENTRIES: usize = 6;
const ENTRY_BYTES: usize = 46;

/// The bytes of a snapshot file.
pub(crate) fn encode(states: &ProducerStates) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend([0; 8]);
    let mut count = 0_i32;
    for (id, producer) in states.iter() {
        let none =
            BatchMark { last_sequence: Sequence::NONE, last_offset: Offset(-1), offset_delta: 0, timestamp: producer.last_timestamp };
        let marks = if producer.batches.is_empty() { &[none][..] } else { &producer.batches[..] };
        for (index, mark) in marks.iter().enumerate() {
            let is_last = index + 1 == marks.len();
            count += 1;
            bytes.extend(id.0.to_be_bytes());
            bytes.extend(producer.epoch.0.to_be_bytes());
            bytes.extend(mark.last_sequence.0.to_be_bytes());
            bytes.extend(mark.last_offset.0.to_be_bytes());
            bytes.extend(mark.offset_delta.to_be_bytes());
            bytes.extend(if is_last { producer.last_timestamp } else { mark.timestamp }.0.to_be_bytes());
            bytes.extend(producer.coordinator_epoch.to_be_bytes());
            let open = producer.transaction_first_offset.filter(|_| is_last);
            bytes.extend(open.map_or(-1, |offset| offset.0).to_be_bytes());
        }
    }
    bytes[ENTRIES..ENTRIES + 4].copy_from_slice(&count.to_be_bytes());
    let crc = crc_fast::crc32_iscsi(&bytes[ENTRIES..]);
    bytes[2..ENTRIES].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// Reads a snapshot file; `None` if it is damaged or of another version.
pub(crate) fn decode(bytes: &[u8]) -> Option<ProducerStates> {
    let mut cursor = Cursor { rest: bytes };
    let version = i16::from_be_bytes(cursor.take()?);
    let crc = u32::from_be_bytes(cursor.take()?);
    if version != VERSION || crc != crc_fast::crc32_iscsi(cursor.rest) {
        return None;
    }
    let count = usize::try_from(i32::from_be_bytes(cursor.take()?)).ok()?;
    if count.checked_mul(ENTRY_BYTES)? != cursor.rest.len() {
        return None;
    }
    let mut states = ProducerStates::default();
    for _ in 0..count {
        let (id, entry) = decode_entry(&mut cursor)?;
        let mut batches = match states.get(id) {
            Some(earlier) if earlier.epoch == entry.epoch => earlier.batches.clone(),
            _ => Vec::new(),
        };
        batches.extend(&entry.batches);
        batches.drain(..batches.len().saturating_sub(BATCHES_PER_PRODUCER));
        states.insert(id, Producer { batches, ..entry });
    }
    Some(states)
}

fn decode_entry(cursor: &mut Cursor<'_>) -> Option<(ProducerId, Producer)> {
    let id = ProducerId(i64::from_be_bytes(cursor.take()?));
    let epoch = ProducerEpoch(i16::from_be_bytes(cursor.take()?));
    let last_sequence = Sequence(i32::from_be_bytes(cursor.take()?));
    let last_offset = Offset(i64::from_be_bytes(cursor.take()?));
    let offset_delta = i32::from_be_bytes(cursor.take()?);
    let timestamp = Timestamp(i64::from_be_bytes(cursor.take()?));
    let coordinator_epoch = i32::from_be_bytes(cursor.take()?);
    let open = i64::from_be_bytes(cursor.take()?);
    let mark = BatchMark { last_sequence, last_offset, offset_delta, timestamp };
    let is_batch = last_offset.0 >= 0;
    if is_batch && (offset_delta < 0 || i64::from(offset_delta) > last_offset.0) {
        return None;
    }
    let producer = Producer {
        epoch,
        coordinator_epoch,
        last_timestamp: timestamp,
        transaction_first_offset: (open >= 0).then_some(Offset(open)),
        batches: if is_batch { vec![mark] } else { Vec::new() },
        seen_ms: None,
    };
    Some((id, producer))
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*front)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::testing::{batch_of, idempotent};
    use log_model::LeaderEpoch;
    use proptest::prelude::*;

    #[test]
    fn an_empty_snapshot_is_kafkas() {
        let bytes = encode(&ProducerStates::default());
        let crc = crc_fast::crc32_iscsi(&[0, 0, 0, 0]).to_be_bytes();
        assert_eq!(bytes, [&[0, 1][..], &crc, &[0, 0, 0, 0]].concat());
    }

    #[test]
    fn entries_lie_as_kafka_lays_them() {
        let mut states = ProducerStates::default();
        let batch = batch_of(&["a", "b"]).with_producer(ProducerId(7), ProducerEpoch(2), Sequence(4), true);
        states.apply(&batch.with_base_offset(Offset(30), LeaderEpoch(0)), None);
        let bytes = encode(&states);
        let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 7, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 31, 0, 0, 0, 1];
        entry.extend(1_i64.to_be_bytes());
        entry.extend((-1_i32).to_be_bytes());
        entry.extend(30_i64.to_be_bytes());
        assert_eq!(bytes[6..10], [0, 0, 0, 1]);
        assert_eq!(bytes[10..], entry);
        assert_eq!(decode(&bytes), Some(states));
    }

    #[test]
    fn all_remembered_batches_survive() {
        let mut states = ProducerStates::default();
        for number in 0..9 {
            let batch = idempotent(&["x"], i64::from(number % 2), 0, number / 2);
            states.apply(&batch.with_base_offset(Offset(i64::from(number)), LeaderEpoch(0)), None);
        }
        assert_eq!(decode(&encode(&states)), Some(states));
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut states = ProducerStates::default();
        states.apply(&idempotent(&["x"], 1, 0, 0), None);
        let bytes = encode(&states);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&damaged), None, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..300), seal in any::<bool>()) {
            if seal && bytes.len() >= 10 {
                bytes[..2].copy_from_slice(&[0, 1]);
                let count = ((bytes.len() - 10) / ENTRY_BYTES) as i32;
                bytes.truncate(10 + count as usize * ENTRY_BYTES);
                bytes[6..10].copy_from_slice(&count.to_be_bytes());
                let crc = crc_fast::crc32_iscsi(&bytes[6..]);
                bytes[2..6].copy_from_slice(&crc.to_be_bytes());
            }
            if let Some(states) = decode(&bytes) {
                prop_assert_eq!(decode(&encode(&states)).map(|again| again.iter().count()), Some(states.iter().count()));
            }
        }
    }
}
