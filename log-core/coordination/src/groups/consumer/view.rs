//! ConsumerGroupDescribe.

use super::group::{ConsumerGroup, without_epochs};
use crate::groups::config::GroupsConfig;
use crate::groups::event::Id;
use crate::groups::views::{ConsumerDescription, ConsumerMemberDescription};

impl ConsumerGroup {
    /// The group, described.
    pub(crate) fn describe(&self, config: &GroupsConfig) -> ConsumerDescription {
        let members = self.members.iter().map(|(id, member)| ConsumerMemberDescription {
            member_id: Id::clone(id),
            instance_id: member.subscription.instance_id.clone(),
            rack_id: member.subscription.rack_id.clone(),
            member_epoch: member.current.member_epoch,
            client_id: member.subscription.client_id.clone(),
            client_host: member.subscription.client_host.clone(),
            topic_names: member.subscription.topic_names.clone(),
            topic_regex: member.subscription.topic_regex.as_deref().unwrap_or_default().to_owned(),
            uses_classic: member.subscription.classic.is_some(),
            assignment: without_epochs(&member.current.assigned),
            target: self.targets.get(id).map(|target| (**target).clone()).unwrap_or_default(),
        });
        ConsumerDescription {
            state: self.state().as_str(),
            group_epoch: self.epoch.epoch,
            assignment_epoch: self.target_epoch.epoch,
            assignor: self.assignor(config).name.to_owned(),
            members: members.collect(),
        }
    }
}
