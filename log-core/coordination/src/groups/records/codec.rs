//! Records as Kafka's bytes, and back.
//!
//! A key is its version (16 bits) and its fields, a value is its version and its fields. Written are the versions that Kafka 4.3 writes: 3 for a
//! classic group, 0 for everything else. Read is every version. Fields of ours that a version lacks come back as their defaults.
//!
//! Source: Kafka's `GroupCoordinatorRecordHelpers`, `GroupCoordinatorRecordSerde`.

use super::{
    AssignedPartitions, ClassicGroupValue, ClassicMemberMetadata, ClassicMemberValue, CurrentAssignment, GroupEpoch, MemberState,
    MemberSubscription, Record, ResolvedRegex, TargetEpoch,
};
use crate::groups::event::{Id, Partitions};
use bytes::Bytes;
use log_model::ErrorKind;
use log_wire::records as wire;
use std::borrow::Cow;
use wire::consumer_group_current_member_assignment_value::TopicPartitions;
use wire::consumer_group_member_metadata_value::{ClassicMemberMetadata as WireClassic, ClassicProtocol};
use wire::consumer_group_target_assignment_member_value::TopicPartition;
use wire::group_metadata_value::MemberMetadata;

/// The version of a classic group's value.
const CLASSIC_VERSION: i16 = 3;

/// The version of every other value.
const CONSUMER_VERSION: i16 = 0;

/// Why a record could not be written or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("group record of type {record_type}: {cause}")]
pub struct Error {
    /// The version of the key.
    pub record_type: i16,
    /// What is wrong with it.
    pub cause: log_wire::Error,
}

impl Error {
    /// What to do about it: bytes that were read are damaged, a record that was to be written does not fit and will not fit later.
    pub fn kind(&self) -> ErrorKind {
        self.cause.kind()
    }
}

type Encoded = (Bytes, Option<Bytes>);

/// The key and the value of a record; no value deletes the key.
///
/// # Errors
/// If a text is too long for Kafka's format, or the value for a record.
pub fn encode(record: &Record) -> Result<Encoded, Error> {
    encode_any(record).map_err(|cause| Error { record_type: record.record_type(), cause })
}

/// The record of a key and a value. `None` for keys that are not of a group's state: offset commits (versions 0 and 1), topics as Kafka before 4.1 kept
/// them (version 4), share and streams groups.
///
/// # Errors
/// If the bytes are damaged.
pub fn decode(key: &Bytes, value: Option<&Bytes>) -> Result<Option<Record>, Error> {
    let record_type = wire::record_type(key).map_err(|cause| Error { record_type: -1, cause })?;
    decode_any(record_type, key, value).map_err(|cause| Error { record_type, cause })
}

impl Record {
    /// The version of its key.
    fn record_type(&self) -> i16 {
        match self {
            Record::ClassicGroup { .. } => 2,
            Record::GroupEpoch { .. } => 3,
            Record::Member { .. } => 5,
            Record::TargetEpoch { .. } => 6,
            Record::TargetMember { .. } => 7,
            Record::CurrentAssignment { .. } => 8,
            Record::Regex { .. } => 16,
        }
    }
}

fn encode_any(record: &Record) -> log_wire::Result<Encoded> {
    let value = |value: Option<log_wire::Result<Bytes>>| value.transpose();
    Ok(match record {
        Record::ClassicGroup { group, value: v } => {
            let key = wire::encode_key(&wire::GroupMetadataKey { group: text(group) })?;
            (key, value(v.as_ref().map(|v| wire::encode_value(&classic(v), CLASSIC_VERSION)))?)
        }
        Record::GroupEpoch { group, value: v } => {
            let key = wire::encode_key(&wire::ConsumerGroupMetadataKey { group_id: text(group) })?;
            let v = v.map(|v| wire::ConsumerGroupMetadataValue { epoch: v.epoch, metadata_hash: v.metadata_hash });
            (key, value(v.map(|v| wire::encode_value(&v, CONSUMER_VERSION)))?)
        }
        Record::Member { group, member, value: v } => {
            let key = wire::encode_key(&wire::ConsumerGroupMemberMetadataKey { group_id: text(group), member_id: text(member) })?;
            (key, value(v.as_ref().map(|v| wire::encode_value(&subscription(v), CONSUMER_VERSION)))?)
        }
        Record::TargetEpoch { group, value: v } => {
            let key = wire::encode_key(&wire::ConsumerGroupTargetAssignmentMetadataKey { group_id: text(group) })?;
            let v = v.map(|v| wire::ConsumerGroupTargetAssignmentMetadataValue {
                assignment_epoch: v.epoch,
                assignment_timestamp: v.timestamp_ms,
            });
            (key, value(v.map(|v| wire::encode_value(&v, CONSUMER_VERSION)))?)
        }
        Record::TargetMember { group, member, value: v } => {
            let key = wire::encode_key(&wire::ConsumerGroupTargetAssignmentMemberKey { group_id: text(group), member_id: text(member) })?;
            (key, value(v.as_ref().map(|v| wire::encode_value(&target(v), CONSUMER_VERSION)))?)
        }
        Record::CurrentAssignment { group, member, value: v } => {
            let key = wire::encode_key(&wire::ConsumerGroupCurrentMemberAssignmentKey { group_id: text(group), member_id: text(member) })?;
            (key, value(v.as_ref().map(|v| wire::encode_value(&current(v), CONSUMER_VERSION)))?)
        }
        Record::Regex { group, regex, value: v } => {
            let key =
                wire::encode_key(&wire::ConsumerGroupRegularExpressionKey { group_id: text(group), regular_expression: text(regex) })?;
            let v = v.as_ref().map(|v| wire::ConsumerGroupRegularExpressionValue {
                topics: v.topics.iter().map(text).collect(),
                version: v.version,
                timestamp: v.timestamp_ms,
            });
            (key, value(v.map(|v| wire::encode_value(&v, CONSUMER_VERSION)))?)
        }
    })
}

fn decode_any(record_type: i16, key: &Bytes, value: Option<&Bytes>) -> log_wire::Result<Option<Record>> {
    Ok(Some(match record_type {
        2 => {
            let key: wire::GroupMetadataKey<'_> = wire::decode_key(key)?;
            let value = value.map(wire::decode_value).transpose()?.map(of_classic);
            Record::ClassicGroup { group: id(&key.group), value }
        }
        3 => {
            let key: wire::ConsumerGroupMetadataKey<'_> = wire::decode_key(key)?;
            let value: Option<wire::ConsumerGroupMetadataValue> = value.map(wire::decode_value).transpose()?;
            let value = value.map(|v| GroupEpoch { epoch: v.epoch, metadata_hash: v.metadata_hash });
            Record::GroupEpoch { group: id(&key.group_id), value }
        }
        5 => {
            let key: wire::ConsumerGroupMemberMetadataKey<'_> = wire::decode_key(key)?;
            let value = value.map(wire::decode_value).transpose()?.map(of_subscription);
            Record::Member { group: id(&key.group_id), member: id(&key.member_id), value }
        }
        6 => {
            let key: wire::ConsumerGroupTargetAssignmentMetadataKey<'_> = wire::decode_key(key)?;
            let value: Option<wire::ConsumerGroupTargetAssignmentMetadataValue> = value.map(wire::decode_value).transpose()?;
            let value = value.map(|v| TargetEpoch { epoch: v.assignment_epoch, timestamp_ms: v.assignment_timestamp });
            Record::TargetEpoch { group: id(&key.group_id), value }
        }
        7 => {
            let key: wire::ConsumerGroupTargetAssignmentMemberKey<'_> = wire::decode_key(key)?;
            let value: Option<wire::ConsumerGroupTargetAssignmentMemberValue> = value.map(wire::decode_value).transpose()?;
            let value =
                value.map(|v| v.topic_partitions.into_iter().map(|of| (of.topic_id, of.partitions.into_iter().collect())).collect());
            Record::TargetMember { group: id(&key.group_id), member: id(&key.member_id), value }
        }
        8 => {
            let key: wire::ConsumerGroupCurrentMemberAssignmentKey<'_> = wire::decode_key(key)?;
            let value: Option<wire::ConsumerGroupCurrentMemberAssignmentValue> = value.map(wire::decode_value).transpose()?;
            Record::CurrentAssignment { group: id(&key.group_id), member: id(&key.member_id), value: value.map(of_current) }
        }
        16 => {
            let key: wire::ConsumerGroupRegularExpressionKey<'_> = wire::decode_key(key)?;
            let value: Option<wire::ConsumerGroupRegularExpressionValue<'_>> = value.map(wire::decode_value).transpose()?;
            let value = value.map(|v| ResolvedRegex {
                topics: v.topics.iter().map(|text| id(text)).collect(),
                version: v.version,
                timestamp_ms: v.timestamp,
            });
            Record::Regex { group: id(&key.group_id), regex: id(&key.regular_expression), value }
        }
        _ => return Ok(None),
    }))
}

fn classic(value: &ClassicGroupValue) -> wire::GroupMetadataValue<'_> {
    let members = value.members.iter().map(|member| MemberMetadata {
        member_id: text(&member.member_id),
        group_instance_id: member.instance_id.as_ref().map(text),
        client_id: Cow::Borrowed(&member.client_id),
        client_host: Cow::Borrowed(&member.client_host),
        rebalance_timeout: member.rebalance_timeout_ms,
        session_timeout: member.session_timeout_ms,
        subscription: Cow::Borrowed(&member.subscription),
        assignment: Cow::Borrowed(&member.assignment),
    });
    wire::GroupMetadataValue {
        protocol_type: Cow::Borrowed(&value.protocol_type),
        generation: value.generation,
        protocol: value.protocol_name.as_ref().map(text),
        leader: value.leader.as_ref().map(text),
        current_state_timestamp: value.state_timestamp_ms,
        members: members.collect(),
    }
}

fn of_classic(value: wire::GroupMetadataValue<'_>) -> ClassicGroupValue {
    let members = value.members.into_iter().map(|member| ClassicMemberValue {
        member_id: id(&member.member_id),
        instance_id: member.group_instance_id.as_deref().map(id),
        client_id: member.client_id.into_owned(),
        client_host: member.client_host.into_owned(),
        rebalance_timeout_ms: member.rebalance_timeout,
        session_timeout_ms: member.session_timeout,
        subscription: member.subscription.into_owned().into(),
        assignment: member.assignment.into_owned().into(),
    });
    ClassicGroupValue {
        members: members.collect(),
        protocol_type: value.protocol_type.into_owned(),
        generation: value.generation,
        protocol_name: value.protocol.as_deref().map(id),
        leader: value.leader.as_deref().map(id),
        state_timestamp_ms: value.current_state_timestamp,
    }
}

fn subscription(value: &MemberSubscription) -> wire::ConsumerGroupMemberMetadataValue<'_> {
    wire::ConsumerGroupMemberMetadataValue {
        instance_id: value.instance_id.as_ref().map(text),
        rack_id: value.rack_id.as_deref().map(Cow::Borrowed),
        client_id: Cow::Borrowed(&value.client_id),
        client_host: Cow::Borrowed(&value.client_host),
        subscribed_topic_names: value.topic_names.iter().map(text).collect(),
        subscribed_topic_regex: value.topic_regex.as_ref().map(text),
        rebalance_timeout_ms: value.rebalance_timeout_ms,
        server_assignor: value.server_assignor.as_deref().map(Cow::Borrowed),
        classic_member_metadata: value.classic.as_ref().map(|classic| WireClassic {
            session_timeout_ms: classic.session_timeout_ms,
            supported_protocols: classic
                .protocols
                .iter()
                .map(|(name, metadata)| ClassicProtocol { name: text(name), metadata: Cow::Borrowed(metadata) })
                .collect(),
        }),
    }
}

fn of_subscription(value: wire::ConsumerGroupMemberMetadataValue<'_>) -> MemberSubscription {
    MemberSubscription {
        instance_id: value.instance_id.as_deref().map(id),
        rack_id: value.rack_id.map(Cow::into_owned),
        client_id: value.client_id.into_owned(),
        client_host: value.client_host.into_owned(),
        topic_names: value.subscribed_topic_names.iter().map(|text| id(text)).collect(),
        topic_regex: value.subscribed_topic_regex.as_deref().map(id).filter(|regex| !regex.is_empty()),
        rebalance_timeout_ms: value.rebalance_timeout_ms,
        server_assignor: value.server_assignor.map(Cow::into_owned),
        classic: value.classic_member_metadata.map(|classic| ClassicMemberMetadata {
            session_timeout_ms: classic.session_timeout_ms,
            protocols: classic
                .supported_protocols
                .into_iter()
                .map(|protocol| (id(&protocol.name), protocol.metadata.into_owned().into()))
                .collect(),
        }),
    }
}

fn target(value: &Partitions) -> wire::ConsumerGroupTargetAssignmentMemberValue {
    let topics = value.iter().map(|(topic_id, all)| TopicPartition { topic_id: *topic_id, partitions: all.iter().copied().collect() });
    wire::ConsumerGroupTargetAssignmentMemberValue { topic_partitions: topics.collect() }
}

fn current(value: &CurrentAssignment) -> wire::ConsumerGroupCurrentMemberAssignmentValue {
    let topics = |assigned: &AssignedPartitions| {
        let topics = assigned.iter().map(|(topic_id, all)| TopicPartitions {
            topic_id: *topic_id,
            partitions: all.keys().copied().collect(),
            assignment_epochs: Some(all.values().copied().collect()),
        });
        topics.collect()
    };
    wire::ConsumerGroupCurrentMemberAssignmentValue {
        member_epoch: value.member_epoch,
        previous_member_epoch: value.previous_member_epoch,
        state: value.state as i8,
        assigned_partitions: topics(&value.assigned),
        partitions_pending_revocation: topics(&value.pending_revocation),
    }
}

fn of_current(value: wire::ConsumerGroupCurrentMemberAssignmentValue) -> CurrentAssignment {
    // Before KIP-1251 there were no epochs of partitions: the member's counts for all.
    let topics = |topics: Vec<TopicPartitions>| -> AssignedPartitions {
        let topics = topics.into_iter().map(|of| {
            let epochs = of.assignment_epochs.unwrap_or_default();
            let epochs = epochs.into_iter().chain(std::iter::repeat(value.member_epoch));
            (of.topic_id, of.partitions.into_iter().zip(epochs).collect())
        });
        topics.collect()
    };
    CurrentAssignment {
        member_epoch: value.member_epoch,
        previous_member_epoch: value.previous_member_epoch,
        state: MemberState::of(value.state),
        assigned: topics(value.assigned_partitions),
        pending_revocation: topics(value.partitions_pending_revocation),
    }
}

fn text(id: &Id) -> Cow<'_, str> {
    Cow::Borrowed(id)
}

fn id(text: &str) -> Id {
    Id::from(text)
}
