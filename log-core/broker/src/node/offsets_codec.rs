//! The records of `__consumer_offsets`, byte for byte Kafka's (`OffsetCommitKey` version 1, `OffsetCommitValue` versions 3 and 1).
//!
//! ```text
//! key    version i16 = 1 (0 is the same), group string, topic string, partition i32
//! value  version i16 = 3, offset i64, leaderEpoch i32, metadata string, commitTimestamp i64
//!        0: offset, metadata, commitTimestamp   1: and expireTimestamp i64   2: as 0
//! ```
//! Version 1 is written where a client of old said how long the position shall stay.
//! A string is its length in bytes (i16) and UTF-8. Keys of version 2 are Kafka's group metadata, which an embedded log has no use for.

use crate::node::offsets::StoredPosition;
use log_client::{Error, OffsetAndMetadata, Result};
use log_model::{CompressionType, GroupId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};

const KEY_VERSION: i16 = 1;
const VALUE_VERSION: i16 = 3;
const EXPIRING_VALUE_VERSION: i16 = 1;
/// Where a new batch is begun.
const BATCH_BYTES: usize = 256 << 10;

/// The key of a group's position in a partition; `None` if the group's name is longer than 32,767 bytes.
pub(crate) fn encode_key(group: &GroupId, partition: &TopicPartition) -> Option<Vec<u8>> {
    let mut key = KEY_VERSION.to_be_bytes().to_vec();
    push_string(&mut key, group.as_str())?;
    push_string(&mut key, partition.topic.as_str())?;
    key.extend_from_slice(&partition.partition.to_be_bytes());
    Some(key)
}

/// The value: the position and when it was committed. `None` if the metadata is longer than 32,767 bytes.
pub(crate) fn encode_value(stored: &StoredPosition) -> Option<Vec<u8>> {
    let version = if stored.expire_ms.is_some() { EXPIRING_VALUE_VERSION } else { VALUE_VERSION };
    let mut value = version.to_be_bytes().to_vec();
    value.extend_from_slice(&stored.position.offset.0.to_be_bytes());
    if version == VALUE_VERSION {
        value.extend_from_slice(&stored.position.leader_epoch.0.to_be_bytes());
    }
    push_string(&mut value, &stored.position.metadata)?;
    value.extend_from_slice(&stored.commit_ms.to_be_bytes());
    if let Some(expire_ms) = stored.expire_ms {
        value.extend_from_slice(&expire_ms.to_be_bytes());
    }
    Some(value)
}

fn push_string(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.extend_from_slice(&i16::try_from(text.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Some(())
}

/// Reads a key; `None` if it is no position's.
pub(crate) fn decode_key(key: &[u8]) -> Option<(GroupId, TopicPartition)> {
    let mut fields = Fields(key);
    if !matches!(fields.i16()?, 0 | 1) {
        return None;
    }
    let group = GroupId::new(fields.string()?);
    let topic = TopicName::new(fields.string()?).ok()?;
    let partition = fields.i32()?;
    fields.0.is_empty().then(|| (group, topic.partition(partition)))
}

/// Reads a value; `None` if its version is unknown or it is cut off.
pub(crate) fn decode_value(value: &[u8]) -> Option<StoredPosition> {
    let mut fields = Fields(value);
    let version = fields.i16()?;
    if !(0..=VALUE_VERSION).contains(&version) {
        return None;
    }
    let offset = Offset(fields.i64()?);
    let leader_epoch = if version >= 3 { LeaderEpoch(fields.i32()?) } else { LeaderEpoch::NONE };
    let metadata = fields.string()?.to_string();
    let commit_ms = fields.i64()?;
    let expire_ms = if version == EXPIRING_VALUE_VERSION { Some(fields.i64()?).filter(|at_ms| *at_ms >= 0) } else { None };
    let position = OffsetAndMetadata { offset, leader_epoch, metadata };
    fields.0.is_empty().then_some(StoredPosition { position, commit_ms, expire_ms })
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn string(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.i16()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

/// Batches for `__consumer_offsets`; a position of `None` is a tombstone.
pub(crate) fn offset_batches<'a>(
    entries: impl IntoIterator<Item = (&'a GroupId, &'a TopicPartition, Option<&'a StoredPosition>)>,
    now_ms: i64,
) -> Result<Vec<RecordBatch>> {
    let too_long = || Error::Invalid { reason: "the group's name or the metadata is longer than 32767 bytes; shorten it".into() };
    let mut batches = Vec::new();
    let mut builder = BatchBuilder::new(CompressionType::None);
    for (group, partition, position) in entries {
        let key = encode_key(group, partition).ok_or_else(too_long)?;
        let value = position.map(|position| encode_value(position).ok_or_else(too_long)).transpose()?;
        builder.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
        if builder.size_bytes() >= BATCH_BYTES {
            batches.push(builder.build());
        }
    }
    if !builder.is_empty() {
        batches.push(builder.build());
    }
    Ok(batches)
}

/// The same batches as part of a producer's transaction.
pub(crate) fn in_transaction(batches: Vec<RecordBatch>, producer: (ProducerId, ProducerEpoch)) -> Vec<RecordBatch> {
    batches.into_iter().map(|batch| batch.with_producer(producer.0, producer.1, Sequence::NONE, true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn partition() -> TopicPartition {
        TopicName::new("t").unwrap().partition(3)
    }

    fn stored(position: OffsetAndMetadata, commit_ms: i64, expire_ms: Option<i64>) -> StoredPosition {
        StoredPosition { position, commit_ms, expire_ms }
    }

    #[test]
    fn keys_and_values_have_kafkas_bytes() {
        let key = encode_key(&GroupId::new("g1"), &partition()).unwrap();
        assert_eq!(key, [0, 1, 0, 2, b'g', b'1', 0, 1, b't', 0, 0, 0, 3]);
        let position = OffsetAndMetadata { offset: Offset(5), leader_epoch: LeaderEpoch(0), metadata: "m".into() };
        let value = encode_value(&stored(position.clone(), 256, None)).unwrap();
        assert_eq!(value, [0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, b'm', 0, 0, 0, 0, 0, 0, 1, 0]);
        let value = encode_value(&stored(position, 256, Some(257))).unwrap();
        assert_eq!(value, [0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, b'm', 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn older_values_are_read_and_newer_ones_left_alone() {
        let at_7 = |expire_ms| Some(stored(OffsetAndMetadata::at(Offset(7)), 1, expire_ms));
        let version_1 =
            |expire_ms: i64| [&[0, 1][..], &7i64.to_be_bytes(), &[0, 0], &1i64.to_be_bytes(), &expire_ms.to_be_bytes()].concat();
        assert_eq!((decode_value(&version_1(2)), decode_value(&version_1(-1))), (at_7(Some(2)), at_7(None)));
        let version_0 = [&[0, 0][..], &7i64.to_be_bytes(), &[0, 0], &1i64.to_be_bytes()].concat();
        assert_eq!(decode_value(&version_0), at_7(None));
        assert_eq!(decode_value(&[0, 9, 0, 0]), None);
        assert_eq!(decode_key(&[0, 2, 0, 1, b'g']), None);
    }

    proptest! {
        #[test]
        fn positions_round_trip(
            group in "\\PC{1,20}", index in 0..i32::MAX, offset in 0..i64::MAX, epoch in any::<i32>(), metadata in "\\PC{0,40}", expire_ms in any::<Option<u32>>(),
        ) {
            let at = TopicName::new("some.topic").unwrap().partition(index);
            let expire_ms = expire_ms.map(i64::from);
            // Clients that say how long a position shall stay know no leader epochs.
            let leader_epoch = if expire_ms.is_some() { LeaderEpoch::NONE } else { LeaderEpoch(epoch) };
            let position = stored(OffsetAndMetadata { offset: Offset(offset), leader_epoch, metadata }, 1, expire_ms);
            let group = GroupId::new(group);
            prop_assert_eq!(decode_key(&encode_key(&group, &at).unwrap()), Some((group, at)));
            prop_assert_eq!(decode_value(&encode_value(&position).unwrap()), Some(position));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            decode_key(&bytes);
            decode_value(&bytes);
        }
    }
}
