//! A classic group of consumers as a consumer group.
//!
//! Every member keeps what it has, at the epoch that is the group's generation; that is the target as well until the next one is computed. Who waits
//! for the classic rebalance is told to join again.
//!
//! A partition that two members claim, by an assignor of theirs that is wrong, goes to the first. While a rebalance is under way an assignment may
//! be void: what its member still has is what it said when it joined. Unlike in Kafka, the target is computed anew even if the member that joins takes
//! the place of one with the same subscription, unless the group is stable and nothing is left over: cooperative members share out in two steps.
//!
//! Source: Kafka's `validateOnlineUpgrade`, `convertToConsumerGroup`, `ConsumerGroup.fromClassicGroup`.

use crate::groups::classic::{CONSUMER_PROTOCOL, ClassicGroup, Member, State};
use crate::groups::consumer::ConsumerGroup;
use crate::groups::embedded::{self, Subscription};
use crate::groups::event::{Id, Partitions};
use crate::groups::records::{AssignedPartitions, ClassicMemberMetadata, CurrentAssignment, GroupEpoch, MemberState, MemberSubscription};
use crate::groups::records::{Record, TargetEpoch};
use crate::groups::turn::Turn;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Why a classic group stays one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Obstacle {
    /// The policy does not allow it.
    #[error("online upgrade is disabled")]
    Disabled,
    /// Its members are no consumers.
    #[error("the group does not use the consumer embedded protocol")]
    OtherProtocol,
    /// It has too many members.
    #[error("the group size exceeds the consumer group maximum size")]
    TooLarge,
    /// Its members' data cannot be read.
    #[error("the embedded consumer protocol is malformed")]
    Malformed,
    /// Its members' assignor keeps data of its own.
    #[error(
        "an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade"
    )]
    CustomAssignor,
}

/// A member of the classic group, read.
struct Known<'a> {
    member: &'a Member,
    said: Subscription,
    has: Partitions,
}

/// Writes the end of the classic group and the beginning of the consumer group. Nothing was written if there is an obstacle.
pub(super) fn upgrade(group: &ClassicGroup, turn: &mut Turn<'_>) -> Result<Arc<ConsumerGroup>, Obstacle> {
    if !turn.config.migration_policy.upgrades() {
        return Err(Obstacle::Disabled);
    }
    if group.protocol_type.as_deref() != Some(CONSUMER_PROTOCOL) {
        return Err(Obstacle::OtherProtocol);
    }
    if group.members.len() > turn.config.consumer_max_size {
        return Err(Obstacle::TooLarge);
    }
    let mut taken: BTreeSet<(Uuid, i32)> = BTreeSet::new();
    let mut known: BTreeMap<&Id, Known<'_>> = BTreeMap::new();
    for (id, member) in &group.members {
        known.insert(id, read(group, member, &mut taken, turn)?);
    }
    group.bury(turn);
    let mut new = Arc::new(ConsumerGroup::new(Id::clone(&group.id)));
    write(&mut new, group, &known, turn);
    turn.timers.clear_all();
    new.arm(turn);
    Ok(new)
}

fn read<'a>(group: &ClassicGroup, member: &'a Member, taken: &mut BTreeSet<(Uuid, i32)>, turn: &Turn<'_>) -> Result<Known<'a>, Obstacle> {
    let assignment = embedded::read_assignment(&member.assignment, turn.topics).map_err(|_| Obstacle::Malformed)?;
    if assignment.has_user_data {
        return Err(Obstacle::CustomAssignor);
    }
    // Before the first generation there is no common protocol yet.
    let metadata = match &group.protocol_name {
        Some(protocol) => member.metadata(protocol),
        None => member.protocols.first().map(|(_, metadata)| metadata.clone()).unwrap_or_default(),
    };
    let said = embedded::read_subscription(&metadata, turn.topics).map_err(|_| Obstacle::Malformed)?;
    let mut has = if member.assignment.is_empty() { said.owned.clone() } else { assignment.partitions };
    for (topic, partitions) in &mut has {
        partitions.retain(|partition| taken.insert((*topic, *partition)));
    }
    has.retain(|_, partitions| !partitions.is_empty());
    Ok(Known { member, said, has })
}

fn write(new: &mut Arc<ConsumerGroup>, group: &ClassicGroup, known: &BTreeMap<&Id, Known<'_>>, turn: &mut Turn<'_>) {
    let epoch = group.generation;
    let of = || Id::clone(&group.id);
    for (id, known) in known {
        new.emit(Record::Member { group: of(), member: Id::clone(id), value: Some(subscription(known)) }, turn);
    }
    let names: BTreeSet<&Id> = known.values().flat_map(|known| &known.said.topics).collect();
    let is_final = group.state == State::Stable && names.iter().all(|name| is_given(name, known, turn));
    let metadata_hash = if is_final { turn.topics.hash(names.into_iter()) } else { 0 };
    new.emit(Record::GroupEpoch { group: of(), value: Some(GroupEpoch { epoch, metadata_hash }) }, turn);
    for (id, known) in known {
        new.emit(Record::TargetMember { group: of(), member: Id::clone(id), value: Some(known.has.clone()) }, turn);
    }
    new.emit(Record::TargetEpoch { group: of(), value: Some(TargetEpoch { epoch, timestamp_ms: 0 }) }, turn);
    for (id, known) in known {
        let current = CurrentAssignment {
            member_epoch: epoch,
            previous_member_epoch: epoch,
            state: MemberState::Stable,
            assigned: at_epoch(&known.has, epoch),
            pending_revocation: AssignedPartitions::new(),
        };
        new.emit(Record::CurrentAssignment { group: of(), member: Id::clone(id), value: Some(current) }, turn);
    }
}

/// Whether every partition of a topic belongs to somebody.
fn is_given(name: &Id, known: &BTreeMap<&Id, Known<'_>>, turn: &Turn<'_>) -> bool {
    let Some(topic) = turn.topics.get(name) else { return true };
    let given = known.values().filter_map(|known| known.has.get(&topic.id)).map(BTreeSet::len).sum::<usize>();
    usize::try_from(topic.partition_count).is_ok_and(|count| given >= count)
}

fn subscription(known: &Known<'_>) -> MemberSubscription {
    let member = known.member;
    MemberSubscription {
        instance_id: member.instance_id.clone(),
        rack_id: known.said.rack_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        topic_names: known.said.topics.clone(),
        topic_regex: None,
        rebalance_timeout_ms: member.rebalance_timeout_ms,
        server_assignor: None,
        classic: Some(ClassicMemberMetadata { session_timeout_ms: member.session_timeout_ms, protocols: member.protocols.clone() }),
    }
}

fn at_epoch(partitions: &Partitions, epoch: i32) -> AssignedPartitions {
    partitions.iter().map(|(topic, all)| (*topic, all.iter().map(|partition| (*partition, epoch)).collect())).collect()
}
