//! Whether a ConsumerGroupHeartbeat can be meant, before any group is looked at.
//!
//! Source: Kafka's `throwIfConsumerGroupHeartbeatRequestIsInvalid`.

use super::regex;
use crate::groups::config::GroupsConfig;
use crate::groups::event::ConsumerGroupHeartbeat;
use crate::groups::turn::TEXT_BYTES_MAX;
use log_model::KafkaCode;

/// A member joins, or joins again.
pub(crate) const JOIN_EPOCH: i32 = 0;
/// A member leaves.
pub(crate) const LEAVE_EPOCH: i32 = -1;
/// A static member leaves and means to come back.
pub(crate) const STATIC_LEAVE_EPOCH: i32 = -2;

/// Why a heartbeat is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// Kafka's code of it.
    pub(crate) code: KafkaCode,
    /// The reason in words.
    pub(crate) message: String,
}

impl Refusal {
    /// A refusal.
    pub(crate) fn new(code: KafkaCode, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into() }
    }
}

/// Refuses what no group could accept.
pub(crate) fn validate(request: &ConsumerGroupHeartbeat, config: &GroupsConfig) -> Result<(), Refusal> {
    let refuse = |wrong: bool, message: &str| if wrong { Err(Refusal::new(KafkaCode::InvalidRequest, message)) } else { Ok(()) };
    let joins = request.member_epoch == JOIN_EPOCH;
    refuse(request.group.is_empty(), "GroupId can't be empty.")?;
    refuse(request.member_id.is_empty() && (request.version >= 1 || !joins), "MemberId can't be empty.")?;
    refuse(request.instance_id.as_ref().is_some_and(|id| id.is_empty()), "InstanceId can't be empty.")?;
    refuse(request.rack_id.as_ref().is_some_and(String::is_empty), "RackId can't be empty.")?;
    let instance_id = request.instance_id.as_deref().unwrap_or_default();
    let texts = [&request.group, &request.member_id, instance_id, request.subscribed_topic_regex.as_deref().unwrap_or_default()];
    refuse(texts.iter().any(|text| text.len() > TEXT_BYTES_MAX), "A text is too long.")?;
    refuse(request.member_epoch < STATIC_LEAVE_EPOCH, "MemberEpoch is invalid.")?;
    refuse(request.member_epoch == STATIC_LEAVE_EPOCH && request.instance_id.is_none(), "InstanceId can't be null.")?;
    if joins {
        refuse(request.rebalance_timeout_ms == -1, "RebalanceTimeoutMs must be provided in first request.")?;
        refuse(
            request.topic_partitions.as_ref().is_none_or(|owned| !owned.is_empty()),
            "TopicPartitions must be empty when (re-)joining.",
        )?;
        refuse(
            request.subscribed_topic_names.is_none() && request.subscribed_topic_regex.is_none(),
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
        )?;
    }
    let supported = config.consumer_assignors;
    if let Some(assignor) = request.server_assignor.as_deref().filter(|name| !supported.contains(name)) {
        let message = format!("ServerAssignor {assignor} is not supported. Supported assignors: {}.", supported.join(", "));
        return Err(Refusal::new(KafkaCode::UnsupportedAssignor, message));
    }
    match request.subscribed_topic_regex.as_deref() {
        Some(pattern) if !pattern.is_empty() => regex::compile(pattern, config.regex_compiled_bytes_max).map(|_| ()),
        _ => Ok(()),
    }
}
