//! What an assignor is given, and the list of assignors.
//!
//! An assignor is a pure function: the same members and topics give the same assignment. It gives every partition of a subscribed topic to exactly
//! one member that subscribes to it.

use super::{range, uniform};
use crate::groups::event::{Id, Partitions};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An assignor.
pub(crate) struct Assignor {
    /// Kafka's name of it.
    pub(crate) name: &'static str,
    /// Who gets what.
    pub(crate) assign: fn(&Spec) -> BTreeMap<Id, Partitions>,
}

/// All assignors; the first is used when members ask for none.
pub(crate) const ASSIGNORS: &[Assignor] =
    &[Assignor { name: "uniform", assign: uniform::assign }, Assignor { name: "range", assign: range::assign }];

/// The assignor of a name.
pub(crate) fn find(name: &str) -> Option<&'static Assignor> {
    ASSIGNORS.iter().find(|assignor| assignor.name == name)
}

/// The members and the topics they subscribe to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    /// The members.
    pub(crate) members: BTreeMap<Id, SpecMember>,
    /// Each subscribed topic's partitions; only topics that exist.
    pub(crate) partition_counts: BTreeMap<Uuid, i32>,
}

/// A member.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpecMember {
    /// Its `group.instance.id`.
    pub(crate) instance_id: Option<Id>,
    /// The existing topics it subscribes to.
    pub(crate) topics: BTreeSet<Uuid>,
    /// What it was meant to have until now.
    pub(crate) previous: Partitions,
}
