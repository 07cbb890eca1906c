//! A consumer group whose members all speak the classic protocol as a classic group.
//!
//! Every member keeps what it has; the generation is the group's epoch. Then the group rebalances, so that the members share anew. That is not
//! stored, as for every classic rebalance; what is stored has the generation after, so that after a restart every member finds its generation
//! gone, joins again, and the leader shares out. (Kafka stores the target as if members had it already, with the generation as it is.)
//!
//! When a static member of the classic protocol takes the place of the last member of the consumer protocol, and every other has what it shall have,
//! nothing is shared anew.
//!
//! Source: Kafka's `validateOnlineDowngradeWithFencedMembers`, `validateOnlineDowngradeWithReplacedMember`, `convertToClassicGroup`,
//! `ClassicGroup.fromConsumerGroup`.

use crate::groups::classic::{ClassicGroup, Member, rebalance_timeout_ms};
use crate::groups::consumer::{ConsumerGroup, Joining, without_epochs};
use crate::groups::embedded;
use crate::groups::event::{Id, JoinGroup};
use crate::groups::records::{ClassicMemberMetadata, Record};
use crate::groups::turn::Turn;
use std::sync::Arc;

/// Whether a group that members have left is to be classic from now on.
pub(super) fn is_due(group: &ConsumerGroup, turn: &Turn<'_>) -> bool {
    !group.is_empty()
        && group.consumers().next().is_none()
        && turn.config.migration_policy.downgrades()
        && group.members.len() <= turn.config.max_size
}

/// The member of the consumer protocol whose place a join takes, if it is the last one and the group is to be classic from now on.
pub(super) fn last_replaced<'a>(group: &'a ConsumerGroup, request: &JoinGroup, turn: &Turn<'_>) -> Option<&'a Id> {
    let old_id = group.instances.get(request.instance_id.as_ref()?)?;
    let is_last = request.member_id.is_empty() && group.consumers().eq([old_id]);
    (is_last && turn.config.migration_policy.downgrades() && group.members.len() < turn.config.max_size).then_some(old_id)
}

/// Makes a classic group of those who are left after others went; it rebalances. The epoch has not grown since they went.
pub(super) fn downgrade(group: &ConsumerGroup, turn: &mut Turn<'_>) -> log_wire::Result<Arc<ClassicGroup>> {
    let members = group.members.keys().map(|id| classic_member(group, id, None, turn));
    let members: Vec<Member> = members.collect::<log_wire::Result<_>>()?;
    Ok(begin(group, members, true, turn))
}

/// Makes a classic group in which the last member of the consumer protocol is one that says what the join says. The join itself is yet to come.
pub(super) fn downgrade_for(
    group: &ConsumerGroup,
    replaced: &Id,
    request: &JoinGroup,
    joining: &Joining,
    turn: &mut Turn<'_>,
) -> log_wire::Result<Arc<ClassicGroup>> {
    let members = group.members.keys().map(|id| classic_member(group, id, Some((replaced, request)), turn));
    let members: Vec<Member> = members.collect::<log_wire::Result<_>>()?;
    let same_topics = group
        .members
        .get(replaced)
        .is_some_and(|old| old.subscription.topic_regex.is_none() && old.subscription.topic_names == *joining.topics());
    let rebalances = !same_topics || !group.is_settled_but_for(replaced);
    Ok(begin(group, members, rebalances, turn))
}

fn begin(group: &ConsumerGroup, members: Vec<Member>, rebalances: bool, turn: &mut Turn<'_>) -> Arc<ClassicGroup> {
    group.bury(turn);
    turn.timers.clear_all();
    let mut new = ClassicGroup::of_members(Id::clone(&group.id), group.epoch.epoch, members, turn.now_ms);
    let mut value = new.to_value();
    if rebalances {
        value.generation = value.generation.checked_add(1).unwrap_or(1);
    }
    turn.records.push(Record::ClassicGroup { group: Id::clone(&group.id), value: Some(value) });
    new.arm(turn);
    if rebalances {
        new.prepare_rebalance("the group goes from the consumer protocol to the classic one", turn);
    }
    Arc::new(new)
}

/// A member as a classic one, with what it has; `replaced` is one that will say what the request says.
fn classic_member(group: &ConsumerGroup, id: &Id, replaced: Option<(&Id, &JoinGroup)>, turn: &Turn<'_>) -> log_wire::Result<Member> {
    let member = group.members.get(id).cloned().unwrap_or_default();
    let request = replaced.filter(|(replaced, _)| *replaced == id).map(|(_, request)| request);
    let ClassicMemberMetadata { session_timeout_ms, protocols } = match request {
        Some(request) => ClassicMemberMetadata { session_timeout_ms: request.session_timeout_ms, protocols: request.protocols.clone() },
        None => member.subscription.classic.clone().unwrap_or_default(),
    };
    let metadata = protocols.first().map(|(_, metadata)| metadata.clone()).unwrap_or_default();
    Ok(Member {
        id: Id::clone(id),
        instance_id: member.subscription.instance_id.clone(),
        client_id: member.subscription.client_id.clone(),
        client_host: member.subscription.client_host.clone(),
        rebalance_timeout_ms: request.map_or(member.subscription.rebalance_timeout_ms, rebalance_timeout_ms),
        session_timeout_ms,
        protocols,
        assignment: embedded::write_assignment(&without_epochs(&member.current.assigned), metadata, turn.topics)?,
        join: None,
        sync: None,
        is_new: false,
    })
}
