//! What the coordinator asks of its shell, and what it answers to clients.
//!
//! An answer appears as a command only when every record it depends on is durable, so the shell may send it at once.

use super::event::{Id, Partitions, PersistId, Token};
use super::records::Record;
use bytes::Bytes;
use log_model::KafkaCode;

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send an answer.
    Respond {
        /// To whom.
        token: Token,
        /// The answer.
        response: Response,
    },
    /// Append records to the partition of `__consumer_offsets` that keeps the group, all or none, and report `Persisted` or `PersistFailed`.
    /// Appends of one group keep their order, and when one fails, every later one that is not yet reported fails too.
    Persist {
        /// Names the append.
        persist: PersistId,
        /// The group whose records they are.
        group: Id,
        /// What to append; never empty.
        records: Vec<Record>,
    },
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To JoinGroup.
    JoinGroup(JoinGroupResponse),
    /// To SyncGroup.
    SyncGroup(SyncGroupResponse),
    /// To Heartbeat.
    Heartbeat(KafkaCode),
    /// To LeaveGroup.
    LeaveGroup(LeaveGroupResponse),
    /// To ConsumerGroupHeartbeat.
    ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse),
    /// To one group of DeleteGroups.
    DeleteGroup(KafkaCode),
}

/// Answer to JoinGroup. Texts that are `None` are null from v7 and empty before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroupResponse {
    /// What went wrong, or `None`.
    pub error: KafkaCode,
    /// The generation; -1 with an error.
    pub generation: i32,
    /// The protocol type.
    pub protocol_type: Option<String>,
    /// The chosen protocol.
    pub protocol_name: Option<Id>,
    /// The leader's member id.
    pub leader: Id,
    /// The leader must not compute an assignment (v9).
    pub skip_assignment: bool,
    /// The member's id.
    pub member_id: Id,
    /// For the leader: the members.
    pub members: Vec<JoinedMember>,
}

/// A member as the leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedMember {
    /// Its id.
    pub member_id: Id,
    /// Its `group.instance.id` (v5).
    pub instance_id: Option<Id>,
    /// Its metadata for the chosen protocol.
    pub metadata: Bytes,
}

/// Answer to SyncGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroupResponse {
    /// What went wrong, or `None`.
    pub error: KafkaCode,
    /// The protocol type (v5).
    pub protocol_type: Option<String>,
    /// The chosen protocol (v5).
    pub protocol_name: Option<Id>,
    /// The member's assignment.
    pub assignment: Bytes,
}

/// Answer to LeaveGroup. Up to v2 the error of the one member is the error of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroupResponse {
    /// What went wrong as a whole, or `None`.
    pub error: KafkaCode,
    /// Each member's outcome, in the order of the request.
    pub members: Vec<LeftMember>,
}

/// A member's outcome of leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftMember {
    /// Its id, as in the request.
    pub member_id: Id,
    /// Its `group.instance.id`, as in the request.
    pub instance_id: Option<Id>,
    /// What went wrong, or `None`.
    pub error: KafkaCode,
}

/// Answer to ConsumerGroupHeartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupHeartbeatResponse {
    /// What went wrong, or `None`.
    pub error: KafkaCode,
    /// What went wrong, in words.
    pub error_message: Option<String>,
    /// The member's id; `None` with an error.
    pub member_id: Option<Id>,
    /// The member's epoch.
    pub member_epoch: i32,
    /// When the next heartbeat is wanted.
    pub heartbeat_interval_ms: i32,
    /// The whole assignment of the member, when it is new or was asked for.
    pub assignment: Option<Partitions>,
}

impl JoinGroupResponse {
    /// A refusal.
    pub fn refused(error: KafkaCode, member_id: Id) -> Self {
        JoinGroupResponse {
            error,
            generation: -1,
            protocol_type: None,
            protocol_name: None,
            leader: Id::default(),
            skip_assignment: false,
            member_id,
            members: Vec::new(),
        }
    }
}

impl SyncGroupResponse {
    /// A refusal.
    pub fn refused(error: KafkaCode) -> Self {
        SyncGroupResponse { error, protocol_type: None, protocol_name: None, assignment: Bytes::new() }
    }
}

impl ConsumerGroupHeartbeatResponse {
    /// A refusal.
    pub fn refused(error: KafkaCode, message: impl Into<String>) -> Self {
        ConsumerGroupHeartbeatResponse {
            error,
            error_message: Some(message.into()),
            member_id: None,
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            assignment: None,
        }
    }
}

impl Response {
    /// The refusal that answers the same request.
    pub(crate) fn refusal_like(&self, error: KafkaCode) -> Response {
        match self {
            Response::JoinGroup(response) => Response::JoinGroup(JoinGroupResponse::refused(error, Id::clone(&response.member_id))),
            Response::SyncGroup(_) => Response::SyncGroup(SyncGroupResponse::refused(error)),
            Response::Heartbeat(_) => Response::Heartbeat(error),
            Response::LeaveGroup(_) => Response::LeaveGroup(LeaveGroupResponse { error, members: Vec::new() }),
            Response::ConsumerGroupHeartbeat(_) => {
                Response::ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse::refused(error, "the group's state could not be stored"))
            }
            Response::DeleteGroup(_) => Response::DeleteGroup(error),
        }
    }
}
