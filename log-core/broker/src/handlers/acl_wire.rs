//! Filters of ACLs as requests carry them.

use crate::handlers::refusal::Refusal;
use log_model::acl::{AclEntryFilter, AclFilter, AclOperation, AclPermissionType, PatternFilter, PatternType, ResourceType};
use std::borrow::Cow;

/// The parts of a filter on the wire.
pub(super) struct FilterParts<'a> {
    pub(super) resource_type: i8,
    pub(super) resource_name: Option<Cow<'a, str>>,
    pub(super) pattern_type: i8,
    pub(super) principal: Option<Cow<'a, str>>,
    pub(super) host: Option<Cow<'a, str>>,
    pub(super) operation: i8,
    pub(super) permission: i8,
}

impl FilterParts<'_> {
    /// The filter. Errors: it holds a number that Kafka 4.3 does not have.
    pub(super) fn filter(self) -> Result<AclFilter, Refusal> {
        let filter = AclFilter {
            pattern: PatternFilter {
                resource_type: ResourceType::from_i8(self.resource_type),
                name: self.resource_name.map(Cow::into_owned),
                pattern_type: PatternType::from_i8(self.pattern_type),
            },
            entry: AclEntryFilter {
                principal: self.principal.map(Cow::into_owned),
                host: self.host.map(Cow::into_owned),
                operation: AclOperation::from_i8(self.operation),
                permission: AclPermissionType::from_i8(self.permission),
            },
        };
        match filter.has_unknown() {
            true => Err(Refusal::invalid("The AclBindingFilter must not contain UNKNOWN elements.")),
            false => Ok(filter),
        }
    }
}
