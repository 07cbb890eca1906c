//! One record of a group.

use super::{ClassicGroupValue, CurrentAssignment, GroupEpoch, MemberSubscription, ResolvedRegex, TargetEpoch};
use crate::groups::event::{Id, Partitions};

/// One record. Key versions are Kafka's (`CoordinatorRecordType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Key version 2, GroupMetadata: a classic group with all its members.
    ClassicGroup {
        /// The group.
        group: Id,
        /// Its state.
        value: Option<ClassicGroupValue>,
    },
    /// Key version 3, ConsumerGroupMetadata.
    GroupEpoch {
        /// The group.
        group: Id,
        /// Its epoch.
        value: Option<GroupEpoch>,
    },
    /// Key version 5, ConsumerGroupMemberMetadata.
    Member {
        /// The group.
        group: Id,
        /// The member.
        member: Id,
        /// What it subscribes to.
        value: Option<MemberSubscription>,
    },
    /// Key version 6, ConsumerGroupTargetAssignmentMetadata.
    TargetEpoch {
        /// The group.
        group: Id,
        /// The epoch of the target assignment.
        value: Option<TargetEpoch>,
    },
    /// Key version 7, ConsumerGroupTargetAssignmentMember.
    TargetMember {
        /// The group.
        group: Id,
        /// The member.
        member: Id,
        /// What it shall have.
        value: Option<Partitions>,
    },
    /// Key version 8, ConsumerGroupCurrentMemberAssignment.
    CurrentAssignment {
        /// The group.
        group: Id,
        /// The member.
        member: Id,
        /// What it has.
        value: Option<CurrentAssignment>,
    },
    /// Key version 16, ConsumerGroupRegularExpression.
    Regex {
        /// The group.
        group: Id,
        /// The expression.
        regex: Id,
        /// The topics it matches.
        value: Option<ResolvedRegex>,
    },
}

impl Record {
    /// The group whose record it is.
    pub fn group(&self) -> &Id {
        match self {
            Record::ClassicGroup { group, .. }
            | Record::GroupEpoch { group, .. }
            | Record::Member { group, .. }
            | Record::TargetEpoch { group, .. }
            | Record::TargetMember { group, .. }
            | Record::CurrentAssignment { group, .. }
            | Record::Regex { group, .. } => group,
        }
    }

    /// Whether it deletes its key.
    pub fn is_deletion(&self) -> bool {
        match self {
            Record::ClassicGroup { value, .. } => value.is_none(),
            Record::GroupEpoch { value, .. } => value.is_none(),
            Record::Member { value, .. } => value.is_none(),
            Record::TargetEpoch { value, .. } => value.is_none(),
            Record::TargetMember { value, .. } => value.is_none(),
            Record::CurrentAssignment { value, .. } => value.is_none(),
            Record::Regex { value, .. } => value.is_none(),
        }
    }
}
