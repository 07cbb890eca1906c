//! Assignments of replicas that clients make by hand: on a single node there is one that fits (Kafka's `ReplicationControlManager`).

use crate::handlers::refusal::{Refusal, repeated};
use log_model::KafkaCode;

/// Checks where the replicas of one partition shall be.
pub(super) fn check_replicas(node_id: i32, brokers: &[i32]) -> Result<(), Refusal> {
    let refused = |message: String| Err(Refusal::new(KafkaCode::InvalidReplicaAssignment, message));
    if brokers.is_empty() {
        return refused("The manual partition assignment includes an empty replica list.".into());
    }
    if let Some(broker) = repeated(brokers.iter().copied()).first() {
        return refused(format!("The manual partition assignment includes the broker {broker} more than once."));
    }
    match brokers.iter().find(|broker| **broker != node_id) {
        Some(broker) => refused(format!("The manual partition assignment includes broker {broker}, but no such broker is registered.")),
        None => Ok(()),
    }
}
