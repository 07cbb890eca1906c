//! What members of the classic protocol say inside of their opaque metadata and assignments, if they are consumers.
//!
//! Written by clients, so nothing in it is believed: topics and partitions that do not exist are left out, what cannot be read is an error. A subscription before
//! version 1 does not say what its member owns: it owns nothing when it joins.
//!
//! Source: Kafka's `ConsumerProtocol`, `ConsumerProtocolSubscription`, `ConsumerProtocolAssignment`.

use super::event::{Id, Partitions};
use super::topics::Topics;
use bytes::{Buf, Bytes};
use log_wire::records::consumer_protocol_assignment::TopicPartition as AssignedTopic;
use log_wire::records::consumer_protocol_subscription::TopicPartition as OwnedTopic;
use log_wire::records::{ConsumerProtocolAssignment, ConsumerProtocolSubscription, decode_consumer_protocol, encode_value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The newest version of an assignment that we write.
const ASSIGNMENT_VERSION_MAX: i16 = 3;

/// A member's subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// Topics by name.
    pub(crate) topics: BTreeSet<Id>,
    /// What it owns while it joins.
    pub(crate) owned: Partitions,
    /// Its rack.
    pub(crate) rack_id: Option<String>,
}

/// A member's assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Its partitions.
    pub(crate) partitions: Partitions,
    /// Whether the assignor of the members left data of its own in it.
    pub(crate) has_user_data: bool,
}

/// Reads a subscription.
pub(crate) fn read_subscription(metadata: &Bytes, topics: &Topics) -> log_wire::Result<Subscription> {
    let read: ConsumerProtocolSubscription<'_> = decode_consumer_protocol(metadata)?;
    let owned = read.owned_partitions.iter().map(|OwnedTopic { topic, partitions }| (&**topic, &partitions[..]));
    Ok(Subscription {
        topics: read.topics.iter().map(|topic| Id::from(&**topic)).collect(),
        owned: with_ids(owned, topics),
        rack_id: read.rack_id.map(Cow::into_owned),
    })
}

/// Reads an assignment; no bytes stand for no partitions.
pub(crate) fn read_assignment(assignment: &Bytes, topics: &Topics) -> log_wire::Result<Assignment> {
    if assignment.is_empty() {
        return Ok(Assignment::default());
    }
    let read: ConsumerProtocolAssignment<'_> = decode_consumer_protocol(assignment)?;
    let assigned = read.assigned_partitions.iter().map(|AssignedTopic { topic, partitions }| (&**topic, &partitions[..]));
    let has_user_data = read.user_data.as_ref().is_some_and(|data| !data.is_empty());
    Ok(Assignment { partitions: with_ids(assigned, topics), has_user_data })
}

/// Writes an assignment in the version that the member's metadata has. Topics that were deleted are left out.
pub(crate) fn write_assignment(partitions: &Partitions, mut metadata: Bytes, topics: &Topics) -> log_wire::Result<Bytes> {
    let version = metadata.try_get_i16().unwrap_or(0).clamp(0, ASSIGNMENT_VERSION_MAX);
    let named = partitions.iter().filter_map(|(topic, partitions)| Some((topics.name(topic)?, partitions)));
    let assigned_partitions =
        named.map(|(name, partitions)| AssignedTopic { topic: Cow::Borrowed(&**name), partitions: partitions.iter().copied().collect() });
    encode_value(&ConsumerProtocolAssignment { assigned_partitions: assigned_partitions.collect(), user_data: None }, version)
}

fn with_ids<'a>(named: impl Iterator<Item = (&'a str, &'a [i32])>, topics: &Topics) -> Partitions {
    let mut all = Partitions::new();
    for (name, partitions) in named {
        let Some(topic) = topics.get(name) else { continue };
        let existing: BTreeSet<i32> =
            partitions.iter().copied().filter(|partition| (0..topic.partition_count).contains(partition)).collect();
        if !existing.is_empty() {
            all.entry(topic.id).or_default().extend(existing);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TOPIC: Uuid = Uuid::from_u128(1);

    fn topics() -> Topics {
        let mut topics = Topics::default();
        topics.put(&"t".into(), TOPIC, 3);
        topics
    }

    #[test]
    fn an_assignment_has_the_version_of_the_members_metadata() {
        let partitions: Partitions = [(TOPIC, [0, 2].into()), (Uuid::from_u128(2), [0].into())].into();
        for (metadata, version) in [(&b"\0\0"[..], 0), (b"\0\x01", 1), (b"\0\x09", 3), (b"\xff\xff", 0), (b"", 0)] {
            let written = write_assignment(&partitions, Bytes::from_static(metadata), &topics()).unwrap();
            assert_eq!(written.clone().get_i16(), version);
            let read = read_assignment(&written, &topics()).unwrap();
            assert_eq!((read.partitions, read.has_user_data), ([(TOPIC, [0, 2].into())].into(), false), "deleted topics are left out");
        }
    }

    #[test]
    fn what_does_not_exist_is_left_out() {
        let named = |topic: &'static str, partitions: &[i32]| OwnedTopic { topic: topic.into(), partitions: partitions.to_vec() };
        let said = ConsumerProtocolSubscription {
            topics: vec!["t".into(), "gone".into()],
            owned_partitions: vec![named("t", &[1, 3, -1]), named("gone", &[0]), named("t", &[2]), named("t", &[7])],
            rack_id: Some("r".into()),
            ..ConsumerProtocolSubscription::default()
        };
        let read = read_subscription(&encode_value(&said, 3).unwrap(), &topics()).unwrap();
        assert_eq!((read.topics.len(), read.owned, read.rack_id.as_deref()), (2, [(TOPIC, [1, 2].into())].into(), Some("r")));
        let old = read_subscription(&encode_value(&said, 0).unwrap(), &topics()).unwrap();
        assert_eq!((old.topics.len(), old.owned), (2, Partitions::new()));
    }

    #[test]
    fn no_bytes_are_no_partitions_and_damaged_ones_an_error() {
        assert_eq!(read_assignment(&Bytes::new(), &topics()), Ok(Assignment::default()));
        for bytes in [&b"\0"[..], b"\0\x01", b"\xff\xff\0\0\0\0", b"\0\x01\0\0\0\x05"] {
            assert!(read_assignment(&Bytes::from_static(bytes), &topics()).is_err(), "{bytes:?}");
            assert!(read_subscription(&Bytes::from_static(bytes), &topics()).is_err(), "{bytes:?}");
        }
    }
}
