//! What administrators see: ListGroups, DescribeGroups, ConsumerGroupDescribe.

use super::event::{Id, Partitions};
use bytes::Bytes;
use std::collections::BTreeSet;

/// Which of the two protocols a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupType {
    /// JoinGroup and SyncGroup.
    Classic,
    /// ConsumerGroupHeartbeat.
    Consumer,
}

impl GroupType {
    /// Kafka's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            GroupType::Classic => "classic",
            GroupType::Consumer => "consumer",
        }
    }
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub group: Id,
    /// Its protocol type; empty for a group that only keeps offsets.
    pub protocol_type: String,
    /// Kafka's name of its state.
    pub state: &'static str,
    /// Which protocol it speaks.
    pub group_type: GroupType,
}

/// Which groups a list shows; an empty list shows all. Names are compared without regard to case, as Kafka does.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// States.
    pub states: Vec<String>,
    /// Types.
    pub types: Vec<String>,
}

impl ListFilter {
    /// Whether a group is shown.
    pub fn shows(&self, group: &ListedGroup) -> bool {
        let among = |names: &[String], name: &str| names.is_empty() || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        among(&self.states, group.state) && among(&self.types, group.group_type.as_str())
    }
}

/// A classic group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicDescription {
    /// Kafka's name of its state.
    pub state: &'static str,
    /// Its protocol type.
    pub protocol_type: String,
    /// The chosen protocol while stable, else empty.
    pub protocol: String,
    /// Why the group rebalanced last, in words; not on the wire.
    pub rebalance_reason: String,
    /// Its members.
    pub members: Vec<ClassicMemberDescription>,
}

/// A member of a classic group, described. Metadata and assignment are empty unless the group is stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMemberDescription {
    /// Its id.
    pub member_id: Id,
    /// Its `group.instance.id`.
    pub instance_id: Option<Id>,
    /// Client id.
    pub client_id: String,
    /// Client host.
    pub client_host: String,
    /// Metadata for the chosen protocol.
    pub metadata: Bytes,
    /// The assignment.
    pub assignment: Bytes,
}

/// A consumer group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerDescription {
    /// Kafka's name of its state.
    pub state: &'static str,
    /// Its epoch.
    pub group_epoch: i32,
    /// The epoch of the target assignment.
    pub assignment_epoch: i32,
    /// The assignor.
    pub assignor: String,
    /// Its members.
    pub members: Vec<ConsumerMemberDescription>,
}

/// A member of a consumer group, described. Topic names of partitions are the caller's to add (`Groups::topic_name`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerMemberDescription {
    /// Its id.
    pub member_id: Id,
    /// Its `group.instance.id`.
    pub instance_id: Option<Id>,
    /// Its rack.
    pub rack_id: Option<String>,
    /// Its epoch.
    pub member_epoch: i32,
    /// Client id.
    pub client_id: String,
    /// Client host.
    pub client_host: String,
    /// Topics by name.
    pub topic_names: BTreeSet<Id>,
    /// Topics by regular expression; empty for none.
    pub topic_regex: String,
    /// Whether it speaks the classic protocol.
    pub uses_classic: bool,
    /// What it has.
    pub assignment: Partitions,
    /// What it shall have.
    pub target: Partitions,
}
