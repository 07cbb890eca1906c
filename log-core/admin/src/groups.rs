//! Groups: listing, describing, deleting (ListGroups, DescribeGroups, ConsumerGroupDescribe, DeleteGroups).

use crate::call::{Call, Coordinated};
use crate::error::check;
use crate::nodes::Node;
use crate::{ClusterAdmin, Result};
use bytes::Bytes;
use log_model::{GroupId, KafkaCode, TopicName, TopicPartition};
use log_wire::messages::consumer_group_describe_response::Assignment;
use log_wire::messages::{ConsumerGroupDescribeRequest, DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest};
use log_wire::records::{ConsumerProtocolAssignment, decode_consumer_protocol};
use std::collections::BTreeMap;
use std::fmt;

/// The protocol type of classic groups whose members are consumers.
const CONSUMER: &str = "consumer";

/// Which protocol a group's members speak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupType {
    /// JoinGroup and SyncGroup: members agree among themselves.
    Classic,
    /// KIP-848: the server assigns.
    Consumer,
    /// Another one, by the server's name for it.
    Other(String),
}

impl GroupType {
    fn of(name: &str) -> GroupType {
        match name.to_ascii_lowercase().as_str() {
            // Servers before 3.7 do not say, and have no other.
            "" | "classic" => GroupType::Classic,
            "consumer" => GroupType::Consumer,
            other => GroupType::Other(other.to_string()),
        }
    }
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GroupType::Classic => "classic",
            GroupType::Consumer => "consumer",
            GroupType::Other(name) => name,
        })
    }
}

/// A group as its coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// Its name.
    pub group: GroupId,
    /// Which protocol its members speak.
    pub group_type: GroupType,
    /// What its members are: `consumer`, `connect`; empty for a group that has positions only.
    pub protocol_type: String,
    /// Its state in Kafka's words: `Stable`, `Empty`; empty if the server does not say.
    pub state: String,
}

/// A member and what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id.
    pub member_id: String,
    /// What a static member calls itself.
    pub instance_id: Option<String>,
    /// What its client calls itself.
    pub client_id: String,
    /// Where it comes from, as Kafka writes it: `/127.0.0.1`.
    pub host: String,
    /// Its epoch, in a group of type consumer.
    pub epoch: Option<i32>,
    /// The partitions that it has, in order; empty for members that are no consumers.
    pub assignment: Vec<TopicPartition>,
    /// The partitions that it is to have, in a group of type consumer.
    pub target: Vec<TopicPartition>,
}

/// A group and its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its name.
    pub group: GroupId,
    /// Which protocol its members speak.
    pub group_type: GroupType,
    /// What its members are: `consumer`, `connect`; empty for a group that has positions only.
    pub protocol_type: String,
    /// Its state in Kafka's words: `Stable`, `Empty`, `PreparingRebalance`.
    pub state: String,
    /// How partitions are given out: the protocol that the members agreed on, or the server's assignor. Empty without members.
    pub assignor: String,
    /// The epochs of the group and of its assignment, in a group of type consumer.
    pub epochs: Option<(i32, i32)>,
    /// The node in charge.
    pub coordinator: Node,
    /// Its members, by id.
    pub members: Vec<GroupMember>,
}

impl ClusterAdmin {
    /// The groups of all coordinators, by name.
    pub async fn list_groups(&self) -> Result<Vec<GroupListing>> {
        let (call, mut groups) = (self.call(), BTreeMap::new());
        for node in call.describe_cluster().await?.nodes.iter().filter(|node| !node.is_fenced) {
            let answer = call.ask_node(node, &ListGroupsRequest::default()).await?;
            let response = answer.read()?;
            check(response.error_code, None, || format!("the groups of node {} were not listed", node.id))?;
            for group in &response.groups {
                let listing = GroupListing {
                    group: GroupId::new(&*group.group_id),
                    group_type: GroupType::of(&group.group_type),
                    protocol_type: group.protocol_type.to_string(),
                    state: group.group_state.to_string(),
                };
                groups.insert(listing.group.clone(), listing);
            }
        }
        Ok(groups.into_values().collect())
    }

    /// A group and its members; `None` if there is no such group.
    pub async fn describe_group(&self, group: &GroupId) -> Result<Option<GroupDescription>> {
        let call = self.call();
        call.coordinated(Coordinated::Group(group.as_str()), async |node| {
            // A server without the newer protocol has no groups of it.
            match call.describe_consumer_group(&node, group).await {
                Ok(Some(found)) => Ok(Some(found)),
                Ok(None) | Err(crate::Error::Unserved { .. }) => call.describe_classic_group(&node, group).await,
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Deletes a group with all that it has committed.
    ///
    /// # Errors
    /// `GroupIdNotFound`; `NonEmptyGroup`: it has members.
    pub async fn delete_group(&self, group: &GroupId) -> Result<()> {
        let call = self.call();
        call.coordinated(Coordinated::Group(group.as_str()), async |node| {
            let answer = call.ask_node(&node, &DeleteGroupsRequest { groups_names: vec![group.as_str().into()] }).await?;
            let response = answer.read()?;
            response.results.iter().try_for_each(|result| check(result.error_code, None, || format!("group {group} was not deleted")))
        })
        .await
    }
}

impl Call<'_> {
    async fn describe_consumer_group(&self, node: &Node, group: &GroupId) -> Result<Option<GroupDescription>> {
        let request = ConsumerGroupDescribeRequest { group_ids: vec![group.as_str().into()], ..Default::default() };
        let answer = self.ask_node(node, &request).await?;
        let response = answer.read()?;
        let Some(found) = response.groups.first() else { return Ok(None) };
        if is_missing(found.error_code) {
            return Ok(None);
        }
        check(found.error_code, found.error_message.as_deref(), || format!("group {group}"))?;
        let members = found.members.iter().map(|member| GroupMember {
            member_id: member.member_id.to_string(),
            instance_id: member.instance_id.as_ref().map(ToString::to_string),
            client_id: member.client_id.to_string(),
            host: member.client_host.to_string(),
            epoch: Some(member.member_epoch),
            assignment: assigned(&member.assignment),
            target: assigned(&member.target_assignment),
        });
        Ok(Some(GroupDescription {
            group: group.clone(),
            group_type: GroupType::Consumer,
            protocol_type: CONSUMER.to_string(),
            state: found.group_state.to_string(),
            assignor: found.assignor_name.to_string(),
            epochs: Some((found.group_epoch, found.assignment_epoch)),
            coordinator: node.clone(),
            members: by_id(members.collect()),
        }))
    }

    async fn describe_classic_group(&self, node: &Node, group: &GroupId) -> Result<Option<GroupDescription>> {
        let request = DescribeGroupsRequest { groups: vec![group.as_str().into()], ..Default::default() };
        let answer = self.ask_node(node, &request).await?;
        let response = answer.read()?;
        // Up to version 5 a group that there is not is a dead one.
        let Some(found) = response.groups.first().filter(|found| !is_missing(found.error_code) && found.group_state != "Dead") else {
            return Ok(None);
        };
        check(found.error_code, found.error_message.as_deref(), || format!("group {group}"))?;
        let is_consumer = found.protocol_type == CONSUMER;
        let members = found.members.iter().map(|member| GroupMember {
            member_id: member.member_id.to_string(),
            instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
            client_id: member.client_id.to_string(),
            host: member.client_host.to_string(),
            epoch: None,
            assignment: if is_consumer { agreed(&member.member_assignment) } else { Vec::new() },
            target: Vec::new(),
        });
        Ok(Some(GroupDescription {
            group: group.clone(),
            group_type: GroupType::Classic,
            protocol_type: found.protocol_type.to_string(),
            state: found.group_state.to_string(),
            assignor: found.protocol_data.to_string(),
            epochs: None,
            coordinator: node.clone(),
            members: by_id(members.collect()),
        }))
    }
}

/// Whether the group is none, or none of the type asked for.
fn is_missing(code: i16) -> bool {
    code == KafkaCode::GroupIdNotFound.as_i16()
}

fn by_id(mut members: Vec<GroupMember>) -> Vec<GroupMember> {
    members.sort_by(|one, other| one.member_id.cmp(&other.member_id));
    members
}

fn assigned(assignment: &Assignment<'_>) -> Vec<TopicPartition> {
    partitions(assignment.topic_partitions.iter().map(|topic| (&*topic.topic_name, topic.partitions.as_slice())))
}

/// What the members agreed that one gets. Bytes that are none of the consumers' are nothing that could be shown.
fn agreed(bytes: &[u8]) -> Vec<TopicPartition> {
    let bytes = Bytes::copy_from_slice(bytes);
    match decode_consumer_protocol::<ConsumerProtocolAssignment<'_>>(&bytes) {
        Ok(found) => partitions(found.assigned_partitions.iter().map(|topic| (&*topic.topic, topic.partitions.as_slice()))),
        Err(_) => Vec::new(),
    }
}

fn partitions<'a>(topics: impl Iterator<Item = (&'a str, &'a [i32])>) -> Vec<TopicPartition> {
    let mut all: Vec<TopicPartition> = topics
        .filter_map(|(name, partitions)| Some((TopicName::new(name).ok()?, partitions)))
        .flat_map(|(name, partitions)| partitions.iter().map(move |partition| name.partition(*partition)))
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_wire::records::consumer_protocol_assignment::TopicPartition as Assigned;
    use log_wire::records::encode_value;

    #[test]
    fn what_members_agreed_on_is_read_in_every_version_and_garbage_is_nothing() {
        let assigned_partitions =
            vec![Assigned { topic: "t".into(), partitions: vec![2, 0] }, Assigned { topic: "a".into(), partitions: vec![1] }];
        let assignment = ConsumerProtocolAssignment { assigned_partitions, ..Default::default() };
        for version in 0..=3 {
            let found = agreed(&encode_value(&assignment, version).unwrap());
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a-1", "t-0", "t-2"], "{version}");
        }
        for bytes in [&b""[..], b"\0", b"\0\0\x7f\xff\xff\xff", b"\xff\xff"] {
            assert_eq!(agreed(bytes), [], "{bytes:?}");
        }
    }

    #[test]
    fn types_have_the_names_that_servers_use() {
        for (told, expected) in [("", "classic"), ("Classic", "classic"), ("consumer", "consumer"), ("Share", "share")] {
            assert_eq!(GroupType::of(told).to_string(), expected);
        }
    }
}
