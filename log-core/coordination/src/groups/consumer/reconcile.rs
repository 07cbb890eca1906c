//! One step of a member towards its target: give up first, then come to the new epoch, then take what is free.
//!
//! Always: a partition is given to a member only when no other has it, and a member has it until it has said that it gave it up (or was fenced).
//!
//! Source: Kafka's `CurrentAssignmentBuilder`.

use crate::groups::event::Partitions;
use crate::groups::records::{AssignedPartitions, CurrentAssignment, MemberState};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a step depends on.
pub(super) struct Step<'a> {
    /// Where the member is.
    pub(super) current: &'a CurrentAssignment,
    /// The epoch of the target.
    pub(super) target_epoch: i32,
    /// The target.
    pub(super) target: &'a Partitions,
    /// The topics that the member subscribes to.
    pub(super) subscribed: &'a BTreeSet<Uuid>,
    /// What the member says it owns; `None` if it did not say.
    pub(super) owned: Option<&'a Partitions>,
}

/// The member is in a state that only a newer version knows: it must start over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Step<'_> {
    /// Where the member is after the step. `taken` tells whether another member has a partition.
    pub(super) fn next(&self, taken: impl Fn(&Uuid, i32) -> bool) -> Result<CurrentAssignment, Unreadable> {
        let current = self.current;
        Ok(match current.state {
            MemberState::Stable if current.member_epoch != self.target_epoch => self.advance(taken),
            MemberState::Stable => self.drop_unsubscribed(),
            MemberState::UnrevokedPartitions if self.owns_any(&current.pending_revocation) => self.drop_unsubscribed(),
            MemberState::UnrevokedPartitions | MemberState::UnreleasedPartitions => self.advance(taken),
            MemberState::Unknown if self.owned.is_none_or(|owned| !owned.is_empty()) => return Err(Unreadable),
            MemberState::Unknown => self.advance(taken),
        })
    }

    /// Whether the member still owns some of the partitions. As long as it does not say what it owns, it may.
    fn owns_any(&self, partitions: &AssignedPartitions) -> bool {
        let Some(owned) = self.owned else { return true };
        owned
            .iter()
            .any(|(topic, mine)| partitions.get(topic).is_some_and(|theirs| mine.iter().any(|partition| theirs.contains_key(partition))))
    }

    /// Takes away the partitions of topics that the member does not subscribe to any more; the target may not know yet.
    fn drop_unsubscribed(&self) -> CurrentAssignment {
        let current = self.current;
        let mut assigned = current.assigned.clone();
        let mut pending_revocation = current.pending_revocation.clone();
        for (topic, partitions) in assigned.extract_if(.., |topic, _| !self.subscribed.contains(topic)) {
            pending_revocation.entry(topic).or_default().extend(partitions);
        }
        if assigned == current.assigned {
            return current.clone();
        }
        if self.owns_any(&pending_revocation) {
            return self.at(current.member_epoch, MemberState::UnrevokedPartitions, assigned, pending_revocation);
        }
        self.at(current.member_epoch, current.state, assigned, current.pending_revocation.clone())
    }

    fn advance(&self, taken: impl Fn(&Uuid, i32) -> bool) -> CurrentAssignment {
        let current = self.current;
        let mut assigned = AssignedPartitions::new();
        let mut to_revoke = AssignedPartitions::new();
        for (topic, partitions) in &current.assigned {
            for (partition, epoch) in partitions {
                let keep = self.wants(topic, *partition);
                let side = if keep { &mut assigned } else { &mut to_revoke };
                side.entry(*topic).or_default().insert(*partition, *epoch);
            }
        }
        if !to_revoke.is_empty() && self.owns_any(&to_revoke) {
            return self.at(current.member_epoch, MemberState::UnrevokedPartitions, assigned, to_revoke);
        }
        let mut unreleased = false;
        for (topic, partitions) in self.target.iter().filter(|(topic, _)| self.subscribed.contains(*topic)) {
            for partition in partitions {
                if current.assigned.get(topic).is_some_and(|mine| mine.contains_key(partition)) {
                    continue;
                }
                if taken(topic, *partition) {
                    unreleased = true;
                } else {
                    assigned.entry(*topic).or_default().insert(*partition, self.target_epoch);
                }
            }
        }
        let state = if unreleased { MemberState::UnreleasedPartitions } else { MemberState::Stable };
        self.at(self.target_epoch, state, assigned, AssignedPartitions::new())
    }

    fn wants(&self, topic: &Uuid, partition: i32) -> bool {
        self.subscribed.contains(topic) && self.target.get(topic).is_some_and(|partitions| partitions.contains(&partition))
    }

    /// The step's outcome; the same one again leaves everything as it was.
    fn at(
        &self,
        member_epoch: i32,
        state: MemberState,
        assigned: AssignedPartitions,
        pending_revocation: AssignedPartitions,
    ) -> CurrentAssignment {
        let current = self.current;
        let same = current.member_epoch == member_epoch
            && current.state == state
            && current.assigned == assigned
            && current.pending_revocation == pending_revocation;
        let previous_member_epoch = if same { current.previous_member_epoch } else { current.member_epoch };
        CurrentAssignment { member_epoch, previous_member_epoch, state, assigned, pending_revocation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: Uuid = Uuid::from_u128(1);

    fn assigned(partitions: &[i32]) -> AssignedPartitions {
        if partitions.is_empty() {
            return AssignedPartitions::new();
        }
        [(TOPIC, partitions.iter().map(|partition| (*partition, 1)).collect())].into()
    }

    fn partitions(partitions: &[i32]) -> Partitions {
        [(TOPIC, partitions.iter().copied().collect())].into()
    }

    /// (has, must give up, target, owned, taken by others) at epoch 1 of 2 -> (epoch, state, has, must give up)
    #[allow(clippy::type_complexity, reason = "a table reads better than a struct here")]
    const STEPS: &[(&[i32], &[i32], &[i32], Option<&[i32]>, &[i32], (i32, MemberState, &[i32], &[i32]))] = &[
        (&[], &[], &[0, 1], Some(&[]), &[], (2, MemberState::Stable, &[0, 1], &[])),
        (&[0, 1], &[], &[0], Some(&[0, 1]), &[], (1, MemberState::UnrevokedPartitions, &[0], &[1])),
        (&[0, 1], &[], &[0], None, &[], (1, MemberState::UnrevokedPartitions, &[0], &[1])),
        (&[0], &[1], &[0, 2], Some(&[0, 1]), &[], (1, MemberState::UnrevokedPartitions, &[0], &[1])),
        (&[0], &[1], &[0, 2], Some(&[0]), &[], (2, MemberState::Stable, &[0, 2], &[])),
        (&[0], &[1], &[0, 1], Some(&[0]), &[], (2, MemberState::Stable, &[0, 1], &[])),
        (&[0], &[], &[0, 2], Some(&[0]), &[2], (2, MemberState::UnreleasedPartitions, &[0], &[])),
        (&[0], &[], &[0, 2, 3], Some(&[0]), &[2], (2, MemberState::UnreleasedPartitions, &[0, 3], &[])),
    ];

    #[test]
    fn a_member_gives_up_before_it_takes() {
        for (has, gives_up, target, owned, others, (epoch, state, has_after, gives_up_after)) in STEPS {
            let state_before = if gives_up.is_empty() { MemberState::Stable } else { MemberState::UnrevokedPartitions };
            let current = CurrentAssignment {
                member_epoch: 1,
                previous_member_epoch: 0,
                state: state_before,
                assigned: assigned(has),
                pending_revocation: assigned(gives_up),
            };
            let owned = owned.map(partitions);
            let target = partitions(target);
            let step = Step { current: &current, target_epoch: 2, target: &target, subscribed: &[TOPIC].into(), owned: owned.as_ref() };
            let next = step.next(|_, partition| others.contains(&partition)).unwrap();
            let keys = |assigned: &AssignedPartitions| assigned.get(&TOPIC).map(|all| all.keys().copied().collect()).unwrap_or_default();
            let (has, gives_up): (Vec<i32>, Vec<i32>) = (keys(&next.assigned), keys(&next.pending_revocation));
            assert_eq!(
                (next.member_epoch, next.state, &has[..], &gives_up[..]),
                (*epoch, *state, *has_after, *gives_up_after),
                "{target:?}"
            );
        }
    }

    #[test]
    fn topics_that_are_not_subscribed_any_more_are_given_up_at_once() {
        let current = CurrentAssignment { member_epoch: 2, assigned: assigned(&[0]), ..CurrentAssignment::default() };
        let target = partitions(&[0]);
        let step = Step { current: &current, target_epoch: 2, target: &target, subscribed: &BTreeSet::new(), owned: None };
        let next = step.next(|_, _| false).unwrap();
        assert_eq!((next.member_epoch, next.state), (2, MemberState::UnrevokedPartitions));
        assert_eq!((next.assigned, next.pending_revocation), (assigned(&[]), assigned(&[0])));
    }

    #[test]
    fn a_member_in_a_state_of_the_future_starts_over() {
        let current = CurrentAssignment { state: MemberState::Unknown, ..CurrentAssignment::default() };
        let step = Step { current: &current, target_epoch: 2, target: &Partitions::new(), subscribed: &BTreeSet::new(), owned: None };
        assert_eq!(step.next(|_, _| false), Err(Unreadable));
    }
}
