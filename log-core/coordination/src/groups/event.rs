//! What happens to the coordinator: requests of clients, news of topics and offsets, outcomes of appends, time.
//!
//! Requests are owned and plain; what differs between versions of a request is a field here. The caller names itself by a `Token`, gets exactly one
//! answer for it, and brings whatever randomness a decision may need (`fresh_id`).

use super::config::GroupOverrides;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// A group id, member id or instance id; cheap to clone.
pub type Id = Arc<str>;

/// Partitions by topic id.
pub type Partitions = BTreeMap<Uuid, BTreeSet<i32>>;

/// Names a waiting caller. The caller chooses it and never uses one twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// Names an append that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersistId(pub u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A JoinGroup request came (v0-9).
    JoinGroup {
        /// Who waits.
        token: Token,
        /// The request.
        request: JoinGroup,
    },
    /// A SyncGroup request came (v0-5).
    SyncGroup {
        /// Who waits.
        token: Token,
        /// The request.
        request: SyncGroup,
    },
    /// A Heartbeat request came (v0-4).
    Heartbeat {
        /// Who waits.
        token: Token,
        /// The request.
        request: Heartbeat,
    },
    /// A LeaveGroup request came (v0-5).
    LeaveGroup {
        /// Who waits.
        token: Token,
        /// The request.
        request: LeaveGroup,
    },
    /// A ConsumerGroupHeartbeat request came (v0-1).
    ConsumerGroupHeartbeat {
        /// Who waits.
        token: Token,
        /// The request.
        request: ConsumerGroupHeartbeat,
    },
    /// A group is to be deleted (one group of a DeleteGroups request). The caller deletes the group's offsets when the answer is `None`.
    DeleteGroup {
        /// Who waits.
        token: Token,
        /// Which group.
        group: Id,
    },
    /// A topic was created, grew, or is known at start.
    TopicChanged {
        /// Its name.
        name: Id,
        /// Its id.
        id: Uuid,
        /// How many partitions it has now.
        partition_count: i32,
    },
    /// A topic was deleted.
    TopicDeleted {
        /// Its name.
        name: Id,
    },
    /// A group that had no committed offsets has some now, or is known at start to have some.
    OffsetsPresent {
        /// Which group.
        group: Id,
    },
    /// A group has no committed offsets any more (deleted or expired).
    OffsetsGone {
        /// Which group.
        group: Id,
    },
    /// The settings of one group were set.
    ConfigChanged {
        /// Which group.
        group: Id,
        /// All that it overrides now.
        overrides: GroupOverrides,
    },
    /// `group.consumer.assignment.interval.ms` of the node was set, which may change while it runs.
    AssignmentIntervalChanged {
        /// What it is now.
        interval_ms: i32,
    },
    /// The records of an append are durable.
    Persisted {
        /// Which append.
        persist: PersistId,
    },
    /// The records of an append are not in the log and never will be.
    PersistFailed {
        /// Which append.
        persist: PersistId,
    },
    /// Every record of the log has been replayed: requests are served from now on.
    Loaded,
    /// Time has passed; due at `Groups::next_deadline_ms`, harmless at any time.
    Tick,
    /// Groups that are empty and have no offsets may be forgotten (Kafka does so every `offsets.retention.check.interval.ms`).
    Sweep,
}

/// A JoinGroup request.
#[derive(Clone, Debug, Default)]
pub struct JoinGroup {
    /// The group.
    pub group: Id,
    /// The member; empty to become one.
    pub member_id: Id,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Id>,
    /// The protocol type, `consumer` for consumers.
    pub protocol_type: String,
    /// Protocols in the member's order of preference, with opaque metadata.
    pub protocols: Vec<(Id, Bytes)>,
    /// Session timeout, milliseconds.
    pub session_timeout_ms: i32,
    /// Rebalance timeout, milliseconds; negative (v0) for the session timeout.
    pub rebalance_timeout_ms: i32,
    /// Why the member joins (v8).
    pub reason: Option<String>,
    /// Client id.
    pub client_id: String,
    /// Client host, as Kafka shows it (`/127.0.0.1`).
    pub client_host: String,
    /// Version of the request: from 4 a new dynamic member must come back with its id, from 9 a leader may be told to skip the assignment.
    pub version: i16,
    /// Text that no other request carries (a random UUID), for the id of a new member.
    pub fresh_id: String,
}

/// A SyncGroup request.
#[derive(Clone, Debug, Default)]
pub struct SyncGroup {
    /// The group.
    pub group: Id,
    /// The member.
    pub member_id: Id,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Id>,
    /// The generation.
    pub generation: i32,
    /// The protocol type the member believes in (v5).
    pub protocol_type: Option<String>,
    /// The protocol the member believes in (v5).
    pub protocol_name: Option<String>,
    /// From the leader: each member's assignment.
    pub assignments: Vec<(Id, Bytes)>,
}

/// A Heartbeat request.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat {
    /// The group.
    pub group: Id,
    /// The member.
    pub member_id: Id,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Id>,
    /// The generation.
    pub generation: i32,
}

/// A LeaveGroup request; up to v2 it names one member.
#[derive(Clone, Debug, Default)]
pub struct LeaveGroup {
    /// The group.
    pub group: Id,
    /// Who leaves.
    pub members: Vec<LeavingMember>,
}

/// One member of a LeaveGroup request.
#[derive(Clone, Debug, Default)]
pub struct LeavingMember {
    /// The member; empty when an administrator removes a static member by its instance id.
    pub member_id: Id,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Id>,
    /// Why (v5).
    pub reason: Option<String>,
}

/// A ConsumerGroupHeartbeat request. `None` means that nothing changed since the last one.
#[derive(Clone, Debug, Default)]
pub struct ConsumerGroupHeartbeat {
    /// The group.
    pub group: Id,
    /// The member; empty in v0 to get an id from us.
    pub member_id: Id,
    /// Epoch of the member: 0 joins, -1 leaves, -2 leaves for a while (static).
    pub member_epoch: i32,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Id>,
    /// Rack of the member.
    pub rack_id: Option<String>,
    /// Rebalance timeout in milliseconds; -1 if unchanged.
    pub rebalance_timeout_ms: i32,
    /// Topics by name.
    pub subscribed_topic_names: Option<Vec<Id>>,
    /// Topics by regular expression (v1); empty for none.
    pub subscribed_topic_regex: Option<String>,
    /// Topics that the client may not see: its expression does not match them. Needed if [`Groups::matches_regexes`](super::Groups::matches_regexes).
    pub hidden_topics: BTreeSet<Id>,
    /// `uniform` or `range`.
    pub server_assignor: Option<String>,
    /// The partitions the member owns.
    pub topic_partitions: Option<Partitions>,
    /// Client id.
    pub client_id: String,
    /// Client host.
    pub client_host: String,
    /// Version of the request: from 1 the member makes its own id.
    pub version: i16,
    /// Text that no other request carries (a random UUID), for the id of a new member in v0.
    pub fresh_id: String,
}
