//! What is known of groups: who is in them, as their coordinator says, and where they stand, as the log says.

use super::standing::{self, Standing, Standings};
use crate::place::{Control, OpenLog};
use anyhow::Result;
use headwater::admin::{GroupDescription, GroupListing, GroupMember, GroupType, Node};
use headwater::log::{GroupId, TopicPartition};
use std::collections::BTreeMap;

/// The state of a group without members, in Kafka's words.
const EMPTY: &str = "Empty";

/// A group: its members and its standings.
pub(super) struct GroupFacts {
    pub(super) description: GroupDescription,
    /// Of partitions that it has committed for, or that a member has.
    pub(super) standings: Standings,
}

/// A line about a group: a partition, who has it, or a member that has none.
pub(super) struct Line<'a> {
    pub(super) partition: Option<(&'a TopicPartition, &'a Standing)>,
    pub(super) member: Option<&'a GroupMember>,
}

impl GroupFacts {
    /// Asks for all of it. Errors: there is no such group; the nearest that there is is named.
    pub(super) async fn of(log: &OpenLog, control: &Control, group: &GroupId) -> Result<GroupFacts> {
        let admin = log.admin();
        let description = match control.describe_group(group).await? {
            Some(found) => found,
            None => {
                standing::check_known(admin.as_ref(), group).await?;
                without_members(control, group).await?
            }
        };
        let mut standings = standing::committed(admin.as_ref(), group).await?;
        let assigned = description.members.iter().flat_map(|member| &member.assignment);
        standing::add_uncommitted(admin.as_ref(), &mut standings, assigned).await?;
        Ok(GroupFacts { description, standings })
    }

    /// Partitions in order, then members without any.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let members = &self.description.members;
        let owners: BTreeMap<&TopicPartition, &GroupMember> =
            members.iter().flat_map(|member| member.assignment.iter().map(move |partition| (partition, member))).collect();
        let partitions = self.standings.iter();
        let partitions = partitions.map(|one| Line { partition: Some(one), member: owners.get(one.0).copied() });
        let idle = members.iter().filter(|member| member.assignment.is_empty());
        partitions.chain(idle.map(|member| Line { partition: None, member: Some(member) })).collect()
    }
}

/// A group of which the log knows nothing but positions.
async fn without_members(control: &Control, group: &GroupId) -> Result<GroupDescription> {
    let cluster = control.describe_cluster().await?;
    let nobody = Node { id: -1, host: String::new(), port: 0, rack: None, is_fenced: false };
    Ok(GroupDescription {
        group: group.clone(),
        group_type: GroupType::Classic,
        protocol_type: String::new(),
        state: EMPTY.to_string(),
        assignor: String::new(),
        epochs: None,
        coordinator: cluster.nodes.into_iter().next().unwrap_or(nobody),
        members: Vec::new(),
    })
}

/// All groups, by name: those that coordinators list, and on a directory those that committed from within a process too.
pub(in crate::commands) async fn listed(log: &OpenLog, control: &Control) -> Result<Vec<GroupListing>> {
    let mut groups: BTreeMap<GroupId, GroupListing> =
        control.list_groups().await?.into_iter().map(|listing| (listing.group.clone(), listing)).collect();
    if log.servers().is_none() {
        for group in log.admin().list_groups().await? {
            let of_this_process = || GroupListing {
                group: group.clone(),
                group_type: GroupType::Classic,
                protocol_type: String::new(),
                state: EMPTY.to_string(),
            };
            groups.entry(group.clone()).or_insert_with(of_this_process);
        }
    }
    Ok(groups.into_values().collect())
}

/// A text, or a dash where there is none.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_string() } else { text.to_string() }
}
