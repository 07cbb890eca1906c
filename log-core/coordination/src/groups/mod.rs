//! The group coordinator of a node as one pure machine: classic groups and consumer groups (KIP-848).
//!
//! [`Groups::on`] takes an [`Event`] and gives [`Command`]s; [`Groups::replay`] rebuilds the state from the records that were made durable. An answer
//! leaves only when every record it depends on is durable; a failed append puts the group back and is answered as retriable.
//!
//! A group with members goes from one protocol to the other as `group.consumer.migration.policy` allows, an empty one always.
//!
//! Committed offsets are not here: the machine says who may commit and is told whether a group has any. Nor are share groups and streams groups.
//!
//! Source: Kafka 4.3's `GroupMetadataManager`; KIP-62, KIP-345, KIP-394, KIP-800, KIP-814, KIP-848, KIP-1082, KIP-1251, KIP-1263.

mod command;
mod commit;
mod config;
mod event;
mod machine;
mod pipeline;
mod questions;
pub mod records;
mod slot;
mod timers;
mod topics;
mod turn;
mod views;

mod classic;
mod consumer;
mod embedded;
mod migration;

pub use command::{
    Command, ConsumerGroupHeartbeatResponse, JoinGroupResponse, JoinedMember, LeaveGroupResponse, LeftMember, Response, SyncGroupResponse,
};
pub use commit::{Commit, CommitVerdict};
pub use config::{GroupOverrides, GroupsConfig, assignors};
pub use event::{
    ConsumerGroupHeartbeat, Event, Heartbeat, Id, JoinGroup, LeaveGroup, LeavingMember, Partitions, PersistId, SyncGroup, Token,
};
pub use machine::Groups;
pub use records::Record;
pub use views::{
    ClassicDescription, ClassicMemberDescription, ConsumerDescription, ConsumerMemberDescription, GroupType, ListFilter, ListedGroup,
};

#[cfg(test)]
mod tests;
