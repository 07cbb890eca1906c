//! ListGroups (16), versions 0 to 5: all groups, or those in some states or of some types.

use crate::handlers::Context;
use log_coordination::groups::ListFilter;
use log_model::acl::{AclOperation, ResourceType};
use log_wire::messages::list_groups_request::ListGroupsRequest;
use log_wire::messages::list_groups_response::{ListGroupsResponse, ListedGroup};

pub(super) async fn handle(context: &Context, request: ListGroupsRequest<'_>) -> ListGroupsResponse<'static> {
    let texts = |texts: Vec<std::borrow::Cow<'_, str>>| texts.into_iter().map(|text| text.into_owned()).collect();
    let filter = ListFilter { states: texts(request.states_filter), types: texts(request.types_filter) };
    let listed = context.core().group_coordinator.machine().list(&filter);
    let sees_all = context.allows_cluster(AclOperation::Describe);
    let visible = listed.into_iter().filter(|group| sees_all || context.allows(AclOperation::Describe, ResourceType::Group, &group.group));
    let groups = visible.map(|group| ListedGroup {
        group_id: group.group.to_string().into(),
        protocol_type: group.protocol_type.into(),
        group_state: group.state.into(),
        group_type: group.group_type.as_str().into(),
    });
    ListGroupsResponse { groups: groups.collect(), ..ListGroupsResponse::default() }
}
