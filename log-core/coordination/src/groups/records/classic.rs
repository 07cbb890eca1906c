//! What is kept of a classic group: one record holds all of it, as of its last completed generation.

use crate::groups::event::Id;
use bytes::Bytes;

/// Kafka's `GroupMetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicGroupValue {
    /// Protocol type; empty if the group never had members.
    pub protocol_type: String,
    /// The generation.
    pub generation: i32,
    /// The chosen protocol; `None` while the group is empty.
    pub protocol_name: Option<Id>,
    /// The leader; `None` while the group is empty.
    pub leader: Option<Id>,
    /// When the group came into its state; -1 if unknown.
    pub state_timestamp_ms: i64,
    /// The members.
    pub members: Vec<ClassicMemberValue>,
}

/// A member of a classic group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicMemberValue {
    /// Its id.
    pub member_id: Id,
    /// Its `group.instance.id`.
    pub instance_id: Option<Id>,
    /// Client id.
    pub client_id: String,
    /// Client host.
    pub client_host: String,
    /// Rebalance timeout, milliseconds.
    pub rebalance_timeout_ms: i32,
    /// Session timeout, milliseconds.
    pub session_timeout_ms: i32,
    /// Metadata for the chosen protocol.
    pub subscription: Bytes,
    /// The assignment.
    pub assignment: Bytes,
}
