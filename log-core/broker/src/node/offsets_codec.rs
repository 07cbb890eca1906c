//! The records of `__consumer_offsets`, byte for byte Kafka's (`OffsetCommitKey` version 1, `OffsetCommitValue` version 3).
//!
//! ```text
//! key    version i16 = 1 (0 is the same), group string, topic string, partition i32
//! value  version i16 = 3, offset i64, leaderEpoch i32, metadata string, commitTimestamp i64
//!        0: offset, metadata, commitTimestamp   1: and expireTimestamp i64   2: as 0
//! ```
//! A string is its length in bytes (i16) and UTF-8. Keys of version 2 are Kafka's group metadata, which an embedded log has no use for.

use log_client::OffsetAndMetadata;
use log_model::{GroupId, LeaderEpoch, Offset, TopicName, TopicPartition};

const KEY_VERSION: i16 = 1;
const VALUE_VERSION: i16 = 3;

/// The key of a group's position in a partition; `None` if the group's name is longer than 32,767 bytes.
pub(crate) fn encode_key(group: &GroupId, partition: &TopicPartition) -> Option<Vec<u8>> {
    let mut key = KEY_VERSION.to_be_bytes().to_vec();
    push_string(&mut key, group.as_str())?;
    push_string(&mut key, partition.topic.as_str())?;
    key.extend_from_slice(&partition.partition.to_be_bytes());
    Some(key)
}

/// The value: the position and when it was committed. `None` if the metadata is longer than 32,767 bytes.
pub(crate) fn encode_value(position: &OffsetAndMetadata, commit_ms: i64) -> Option<Vec<u8>> {
    let mut value = VALUE_VERSION.to_be_bytes().to_vec();
    value.extend_from_slice(&position.offset.0.to_be_bytes());
    value.extend_from_slice(&position.leader_epoch.0.to_be_bytes());
    push_string(&mut value, &position.metadata)?;
    value.extend_from_slice(&commit_ms.to_be_bytes());
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
pub(crate) fn decode_value(value: &[u8]) -> Option<OffsetAndMetadata> {
    let mut fields = Fields(value);
    let version = fields.i16()?;
    if !(0..=VALUE_VERSION).contains(&version) {
        return None;
    }
    let offset = Offset(fields.i64()?);
    let leader_epoch = if version >= 3 { LeaderEpoch(fields.i32()?) } else { LeaderEpoch::NONE };
    let metadata = fields.string()?.to_string();
    fields.i64()?;
    if version == 1 {
        fields.i64()?;
    }
    fields.0.is_empty().then_some(OffsetAndMetadata { offset, leader_epoch, metadata })
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn partition() -> TopicPartition {
        TopicName::new("t").unwrap().partition(3)
    }

    #[test]
    fn keys_and_values_have_kafkas_bytes() {
        let key = encode_key(&GroupId::new("g1"), &partition()).unwrap();
        assert_eq!(key, [0, 1, 0, 2, b'g', b'1', 0, 1, b't', 0, 0, 0, 3]);
        let position = OffsetAndMetadata { offset: Offset(5), leader_epoch: LeaderEpoch(0), metadata: "m".into() };
        let value = encode_value(&position, 256).unwrap();
        assert_eq!(value, [0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, b'm', 0, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn older_values_are_read_and_newer_ones_left_alone() {
        let version_1 = [&[0, 1][..], &7i64.to_be_bytes(), &[0, 0], &1i64.to_be_bytes(), &2i64.to_be_bytes()].concat();
        assert_eq!(decode_value(&version_1), Some(OffsetAndMetadata::at(Offset(7))));
        let version_0 = [&[0, 0][..], &7i64.to_be_bytes(), &[0, 0], &1i64.to_be_bytes()].concat();
        assert_eq!(decode_value(&version_0), Some(OffsetAndMetadata::at(Offset(7))));
        assert_eq!(decode_value(&[0, 9, 0, 0]), None);
        assert_eq!(decode_key(&[0, 2, 0, 1, b'g']), None);
    }

    proptest! {
        #[test]
        fn positions_round_trip(group in "\\PC{1,20}", index in 0..i32::MAX, offset in 0..i64::MAX, epoch in any::<i32>(), metadata in "\\PC{0,40}") {
            let at = TopicName::new("some.topic").unwrap().partition(index);
            let position = OffsetAndMetadata { offset: Offset(offset), leader_epoch: LeaderEpoch(epoch), metadata };
            let group = GroupId::new(group);
            prop_assert_eq!(decode_key(&encode_key(&group, &at).unwrap()), Some((group, at)));
            prop_assert_eq!(decode_value(&encode_value(&position, 1).unwrap()), Some(position));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            decode_key(&bytes);
            decode_value(&bytes);
        }
    }
}
