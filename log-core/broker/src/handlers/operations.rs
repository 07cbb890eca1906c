//! The operations a client may perform, as Kafka's bit fields: a bit for the number of each `AclOperation`.
//!
//! Nobody is refused anything yet, so everybody may do all that makes sense for the kind of thing (Kafka's `AclEntry.supportedOperations`).

/// Asked for nothing, or not asked.
pub(super) const UNKNOWN: i32 = i32::MIN;

const fn bits(operations: &[u8]) -> i32 {
    let mut bits = 0;
    let mut index = 0;
    while index < operations.len() {
        bits |= 1 << operations[index];
        index += 1;
    }
    bits
}

/// Read, write, create, delete, alter, describe, describe and alter configurations.
pub(super) const TOPIC: i32 = bits(&[3, 4, 5, 6, 7, 8, 10, 11]);
/// Create, alter, describe, cluster action, describe and alter configurations, idempotent write.
pub(super) const CLUSTER: i32 = bits(&[5, 7, 8, 9, 10, 11, 12]);
/// Read, delete, describe, describe and alter configurations.
pub(super) const GROUP: i32 = bits(&[3, 6, 8, 10, 11]);
