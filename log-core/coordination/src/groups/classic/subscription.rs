//! Which topics a group of consumers uses, read out of its members' metadata.
//!
//! Only the head of Kafka's `ConsumerProtocolSubscription` is read, the same in every version: version, topics. Metadata is the members' own
//! business: what cannot be read means that the topics are not known.

use super::commit::CONSUMER_PROTOCOL;
use super::group::ClassicGroup;
use crate::groups::event::Id;
use bytes::{Buf, Bytes};
use std::collections::BTreeSet;

/// The topics of the group's present protocol; `None` if they are not known.
pub(super) fn topics(group: &ClassicGroup) -> Option<BTreeSet<Id>> {
    if group.protocol_type.as_deref() != Some(CONSUMER_PROTOCOL) {
        return None;
    }
    let protocol = group.protocol_name.as_ref()?;
    let mut all = BTreeSet::new();
    for member in group.members.values() {
        all.extend(read(member.metadata(protocol))?);
    }
    Some(all)
}

fn read(mut metadata: Bytes) -> Option<Vec<Id>> {
    let _version = metadata.try_get_i16().ok()?;
    let count = usize::try_from(metadata.try_get_i32().ok()?).ok()?;
    // Each topic takes two bytes at least: a count that promises more than there is allocates nothing.
    let mut topics = Vec::with_capacity(count.min(metadata.len() / 2));
    for _ in 0..count {
        let length = usize::try_from(metadata.try_get_i16().ok()?).ok()?;
        if metadata.len() < length {
            return None;
        }
        topics.push(std::str::from_utf8(&metadata.split_to(length)).ok()?.into());
    }
    Some(topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_from_the_head_of_a_subscription() {
        let metadata = Bytes::from_static(b"\0\x03\0\0\0\x02\0\x01a\0\x02bcrest");
        assert_eq!(read(metadata), Some(vec!["a".into(), "bc".into()]));
    }

    #[test]
    fn what_is_no_subscription_names_no_topics() {
        for bytes in
            [&b""[..], b"\0", b"\0\x01\0\0\0\x01", b"\0\x01\0\0\0\x01\0\x05ab", b"\0\x01\xff\xff\xff\xff", b"\0\x01\x7f\xff\xff\xff"]
        {
            assert_eq!(read(Bytes::from_static(bytes)), None, "{bytes:?}");
        }
    }
}
