//! What is kept of a consumer group (KIP-848): epochs, members, the target assignment and what each member has.

use crate::groups::event::Id;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Partitions by topic id, each with the epoch at which the member got it (KIP-1251).
pub type AssignedPartitions = BTreeMap<Uuid, BTreeMap<i32, i32>>;

/// Kafka's `ConsumerGroupMetadataValue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupEpoch {
    /// The group's epoch.
    pub epoch: i32,
    /// Hash over the subscribed topics, their ids and partition counts.
    pub metadata_hash: i64,
}

/// Kafka's `ConsumerGroupMemberMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberSubscription {
    /// `group.instance.id`.
    pub instance_id: Option<Id>,
    /// Rack.
    pub rack_id: Option<String>,
    /// Client id.
    pub client_id: String,
    /// Client host.
    pub client_host: String,
    /// Topics by name.
    pub topic_names: BTreeSet<Id>,
    /// Topics by regular expression.
    pub topic_regex: Option<Id>,
    /// Rebalance timeout, milliseconds.
    pub rebalance_timeout_ms: i32,
    /// Assignor the member asks for.
    pub server_assignor: Option<String>,
    /// What a member says that speaks the classic protocol; `None` for one that speaks the consumer protocol.
    pub classic: Option<ClassicMemberMetadata>,
}

/// Kafka's `ConsumerGroupMemberMetadataValue.ClassicMemberMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicMemberMetadata {
    /// Session timeout, milliseconds.
    pub session_timeout_ms: i32,
    /// Protocols in the member's order of preference, with their metadata.
    pub protocols: Vec<(Id, Bytes)>,
}

/// Kafka's `ConsumerGroupTargetAssignmentMetadataValue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetEpoch {
    /// The group epoch the target was computed for.
    pub epoch: i32,
    /// When (KIP-1263).
    pub timestamp_ms: i64,
}

/// How far a member is on its way to the target. Numbers are Kafka's (`MemberState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum MemberState {
    /// It has all of its target as of its epoch.
    #[default]
    Stable = 0,
    /// It must give partitions up before it gets to the next epoch.
    UnrevokedPartitions = 1,
    /// Partitions of its target are still with others.
    UnreleasedPartitions = 2,
    /// A state that a newer version wrote.
    Unknown = 127,
}

impl MemberState {
    /// The state of a number.
    pub fn of(value: i8) -> MemberState {
        match value {
            0 => MemberState::Stable,
            1 => MemberState::UnrevokedPartitions,
            2 => MemberState::UnreleasedPartitions,
            _ => MemberState::Unknown,
        }
    }
}

/// Kafka's `ConsumerGroupCurrentMemberAssignmentValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentAssignment {
    /// Epoch that the next heartbeat must carry.
    pub member_epoch: i32,
    /// The epoch before, accepted in case the answer was lost.
    pub previous_member_epoch: i32,
    /// How far the member is.
    pub state: MemberState,
    /// What it may work on.
    pub assigned: AssignedPartitions,
    /// What it must give up.
    pub pending_revocation: AssignedPartitions,
}

/// Kafka's `ConsumerGroupRegularExpressionValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedRegex {
    /// The topics it matches.
    pub topics: BTreeSet<Id>,
    /// Version of the topic metadata it was matched against.
    pub version: i64,
    /// When.
    pub timestamp_ms: i64,
}
