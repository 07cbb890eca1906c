//! DescribeGroups.

use super::group::{ClassicGroup, State};
use crate::groups::event::Id;
use crate::groups::views::{ClassicDescription, ClassicMemberDescription};
use bytes::Bytes;

impl ClassicGroup {
    /// The group, described.
    pub(crate) fn describe(&self) -> ClassicDescription {
        let stable = self.state == State::Stable;
        let protocol = self.protocol_name.clone().filter(|_| stable).unwrap_or_default();
        let members = self.members.values().map(|member| ClassicMemberDescription {
            member_id: Id::clone(&member.id),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            metadata: member.metadata(&protocol),
            assignment: if stable { member.assignment.clone() } else { Bytes::new() },
        });
        ClassicDescription {
            state: self.state.as_str(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            members: members.collect(),
            protocol: protocol.to_string(),
            rebalance_reason: self.reason.clone(),
        }
    }
}
