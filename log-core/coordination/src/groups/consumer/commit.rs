//! Who may commit and read offsets in a consumer group's name.
//!
//! Source: Kafka's `ConsumerGroup.validateOffsetCommit`, `validateOffsetFetch`; KIP-1251.

use super::group::ConsumerGroup;
use crate::groups::commit::{Commit, CommitVerdict};
use log_model::KafkaCode;
use std::cmp::Ordering;
use uuid::Uuid;

/// The first OffsetCommit that knows member epochs.
const MEMBER_EPOCH_SINCE: i16 = 9;

impl ConsumerGroup {
    /// Whether the commit counts, and for which partitions.
    pub(crate) fn check_commit(&self, commit: &Commit<'_>) -> Result<CommitVerdict, KafkaCode> {
        if commit.generation < 0 && self.members.is_empty() {
            return Ok(CommitVerdict::All);
        }
        // Old transactional producers do not say who they are.
        if commit.transactional && commit.generation == -1 && commit.member_id.is_empty() && commit.instance_id.is_none() {
            return Ok(CommitVerdict::All);
        }
        let member = self.members.get(commit.member_id).ok_or(KafkaCode::UnknownMemberId)?;
        let classic = member.subscription.classic.is_some();
        if !commit.transactional && !classic && commit.version < MEMBER_EPOCH_SINCE {
            return Err(KafkaCode::UnsupportedVersion);
        }
        match commit.generation.cmp(&member.current.member_epoch) {
            Ordering::Equal => Ok(CommitVerdict::All),
            Ordering::Greater => Err(stale(classic)),
            Ordering::Less => {
                let mut held: Vec<(Uuid, i32)> = Vec::new();
                for (topic, partitions) in member.current.assigned.iter().chain(&member.current.pending_revocation) {
                    let old = partitions.iter().filter(|(_, epoch)| **epoch <= commit.generation);
                    held.extend(old.map(|(partition, _)| (*topic, *partition)));
                }
                held.sort_unstable();
                Ok(CommitVerdict::Held(held))
            }
        }
    }

    /// Whether a member may read; administrators name none.
    pub(crate) fn check_fetch(&self, member_id: Option<&str>, member_epoch: i32) -> Result<(), KafkaCode> {
        let Some(member_id) = member_id else {
            return if member_epoch < 0 { Ok(()) } else { Err(KafkaCode::UnknownMemberId) };
        };
        let member = self.members.get(member_id).ok_or(KafkaCode::UnknownMemberId)?;
        if member.current.member_epoch == member_epoch { Ok(()) } else { Err(stale(member.subscription.classic.is_some())) }
    }

    /// Whether a member uses a topic.
    pub(crate) fn is_subscribed(&self, topic: &str) -> bool {
        self.members.values().any(|member| self.subscribed_names(&member.subscription).any(|name| **name == *topic))
    }
}

/// What a member is told whose epoch, or generation, is not ours.
fn stale(classic: bool) -> KafkaCode {
    if classic { KafkaCode::IllegalGeneration } else { KafkaCode::StaleMemberEpoch }
}
