//! Consumer groups (KIP-848): the coordinator itself shares the partitions out and leads every member to its share.
//!
//! Three epochs follow each other: the group's grows when members, subscriptions or topics change; the target assignment is computed for a group
//! epoch; a member comes to an epoch when it has given up what its target does not contain.
//!
//! A member may speak the classic protocol: it is led the same way, by means of JoinGroup, SyncGroup and Heartbeat.

mod assignors;
mod classic_join;
mod classic_member;
mod commit;
mod group;
mod heartbeat;
mod identity;
mod leave;
mod reconcile;
mod regex;
mod subscription;
mod target;
mod validate;
mod view;

pub(crate) use classic_join::{Joining, check_classic_join, classic_join};
pub(crate) use classic_member::{classic_heartbeat, classic_sync};
pub(crate) use group::{ConsumerGroup, without_epochs};
pub(crate) use heartbeat::heartbeat;
pub(crate) use leave::{leave_group, timed_out};
pub(crate) use validate::{JOIN_EPOCH, validate};

/// What tests of the assignors need.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::assignors::{ASSIGNORS, Spec, SpecMember};
}
