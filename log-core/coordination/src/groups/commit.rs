//! Whether an offset may be committed or read in a group's name.
//!
//! Offsets themselves are kept elsewhere: the caller asks, then writes. An accepted commit of a classic member counts as a heartbeat, as in Kafka.

use super::event::Id;
use log_model::KafkaCode;
use uuid::Uuid;

/// Who commits (OffsetCommit v0-10, TxnOffsetCommit v0-6).
#[derive(Clone, Debug, Default)]
pub struct Commit<'a> {
    /// The group.
    pub group: Id,
    /// The member; empty for none.
    pub member_id: &'a str,
    /// `group.instance.id`.
    pub instance_id: Option<&'a str>,
    /// Generation (classic) or member epoch (consumer); -1 for none.
    pub generation: i32,
    /// Whether it is a TxnOffsetCommit.
    pub transactional: bool,
    /// Version of the request.
    pub version: i16,
}

/// Which of the partitions of an allowed commit count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitVerdict {
    /// All of them.
    All,
    /// The member is behind: a partition counts if it had it at its epoch already (KIP-1251); others are `StaleMemberEpoch`.
    Held(Vec<(Uuid, i32)>),
}

impl CommitVerdict {
    /// The outcome for one partition; `topic` is `Uuid::nil()` if no such topic exists.
    pub fn of(&self, topic: Uuid, partition: i32) -> KafkaCode {
        match self {
            CommitVerdict::All => KafkaCode::None,
            CommitVerdict::Held(held) if held.binary_search(&(topic, partition)).is_ok() => KafkaCode::None,
            CommitVerdict::Held(_) => KafkaCode::StaleMemberEpoch,
        }
    }
}
