//! Who may commit offsets in a classic group's name.
//!
//! Source: Kafka's `ClassicGroup.validateOffsetCommit`, `validateOffsetDelete`.

use super::group::{ClassicGroup, State};
use crate::groups::commit::Commit;
use log_model::KafkaCode;

/// The protocol type of consumers.
pub(crate) const CONSUMER_PROTOCOL: &str = "consumer";

impl ClassicGroup {
    /// Whether the commit counts.
    pub(crate) fn check_commit(&self, commit: &Commit<'_>) -> Result<(), KafkaCode> {
        if commit.generation < 0 && self.state == State::Empty {
            return Ok(());
        }
        if commit.generation >= 0 || !commit.member_id.is_empty() || commit.instance_id.is_some() {
            self.check_member(commit.member_id, commit.instance_id)?;
            if commit.generation != self.generation {
                return Err(KafkaCode::IllegalGeneration);
            }
        } else if !commit.transactional {
            // A group with members belongs to them. Old transactional producers do not say who they are.
            return Err(KafkaCode::UnknownMemberId);
        }
        // The member knows the generation but not its part of it yet: whatever it commits belongs to the last one.
        if !commit.transactional && self.state == State::CompletingRebalance {
            return Err(KafkaCode::RebalanceInProgress);
        }
        Ok(())
    }

    /// Whether offsets may be deleted at all; those of topics in use are protected one by one.
    pub(crate) fn check_offset_delete(&self) -> Result<(), KafkaCode> {
        if self.is_empty() || self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL) { Ok(()) } else { Err(KafkaCode::NonEmptyGroup) }
    }

    /// Whether a member uses a topic.
    pub(crate) fn is_subscribed(&self, topic: &str) -> bool {
        self.topics.as_ref().is_some_and(|topics| topics.contains(topic))
    }

    /// Since when nobody uses the offsets of a topic; `None` while somebody does.
    pub(crate) fn offsets_unused_since(&self, topic: &str) -> Option<i64> {
        match (self.state, &self.protocol_type) {
            (State::Empty, None) => Some(i64::MIN),
            (State::Empty, Some(_)) => Some(self.state_timestamp_ms),
            (State::Stable, Some(kind)) if kind == CONSUMER_PROTOCOL && self.topics.is_some() && !self.is_subscribed(topic) => {
                Some(i64::MIN)
            }
            _ => None,
        }
    }
}
