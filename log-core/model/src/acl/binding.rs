//! An ACL: who may or may not do what, from where, to which resources.

use super::resource::{CLUSTER_NAME, ResourcePattern};
use super::words::{AclOperation, AclPermissionType, PatternType, ResourceType};
use serde::{Deserialize, Serialize};

/// Who may or may not do what, from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AclEntry {
    /// Who, as `User:name`; `User:*` is everybody.
    pub principal: String,
    /// From which address; `*` is any.
    pub host: String,
    /// What.
    pub operation: AclOperation,
    /// May or may not.
    pub permission: AclPermissionType,
}

/// An entry and the resources it covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AclBinding {
    /// The resources.
    pub pattern: ResourcePattern,
    /// The entry.
    pub entry: AclEntry,
}

impl AclBinding {
    /// Whether the resources know the operation. Kafka stores an entry of which this is not so, and nothing ever asks for it.
    pub fn has_effect(&self) -> bool {
        self.entry.operation == AclOperation::All || self.pattern.resource_type.operations().contains(&self.entry.operation)
    }

    /// Why the binding cannot be stored, in the words of an answer (`AclAuthorizer`, `AclControlManager.validateNewAcl`).
    pub fn broken_rule(&self) -> Option<&'static str> {
        let (pattern, entry) = (&self.pattern, &self.entry);
        match pattern.resource_type {
            ResourceType::Unknown | ResourceType::Any => return Some("the resource type must be a certain one"),
            ResourceType::Cluster if pattern.name != CLUSTER_NAME => return Some("the name of the cluster resource is kafka-cluster"),
            _ => {}
        }
        match () {
            () if !matches!(pattern.pattern_type, PatternType::Literal | PatternType::Prefixed) => {
                Some("the pattern type must be literal or prefixed")
            }
            () if !matches!(entry.permission, AclPermissionType::Allow | AclPermissionType::Deny) => {
                Some("the permission must be allow or deny")
            }
            () if matches!(entry.operation, AclOperation::Unknown | AclOperation::Any) => Some("the operation must be a certain one"),
            () if pattern.name.is_empty() => Some("the resource name is empty"),
            () if !is_principal(&entry.principal) => Some("the principal must be a type and a name, such as User:alice"),
            () if entry.host.is_empty() => Some("the host is empty"),
            () => None,
        }
    }
}

/// Whether a text has the form `Type:name`.
fn is_principal(text: &str) -> bool {
    text.split_once(':').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(pattern: ResourcePattern, operation: AclOperation) -> AclBinding {
        let entry = AclEntry { principal: "User:alice".into(), host: "*".into(), operation, permission: AclPermissionType::Allow };
        AclBinding { pattern, entry }
    }

    #[test]
    fn a_binding_that_means_nothing_is_refused() {
        let good = binding(ResourcePattern::literal(ResourceType::Topic, "t"), AclOperation::Read);
        assert_eq!(good.broken_rule(), None);
        assert_eq!(binding(ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME), AclOperation::All).broken_rule(), None);
        let with_entry = |change: fn(&mut AclEntry)| {
            let mut binding = good.clone();
            change(&mut binding.entry);
            binding
        };
        let with_pattern = |change: fn(&mut ResourcePattern)| {
            let mut binding = good.clone();
            change(&mut binding.pattern);
            binding
        };
        let cases = [
            (with_pattern(|pattern| pattern.resource_type = ResourceType::Any), "the resource type must be a certain one"),
            (with_pattern(|pattern| pattern.resource_type = ResourceType::Cluster), "the name of the cluster resource is kafka-cluster"),
            (with_pattern(|pattern| pattern.pattern_type = PatternType::Match), "the pattern type must be literal or prefixed"),
            (with_pattern(|pattern| pattern.name.clear()), "the resource name is empty"),
            (with_entry(|entry| entry.permission = AclPermissionType::Any), "the permission must be allow or deny"),
            (with_entry(|entry| entry.operation = AclOperation::Any), "the operation must be a certain one"),
            (with_entry(|entry| entry.principal = "alice".into()), "the principal must be a type and a name, such as User:alice"),
            (with_entry(|entry| entry.host.clear()), "the host is empty"),
        ];
        for (binding, expected) in cases {
            assert_eq!(binding.broken_rule(), Some(expected), "{binding:?}");
        }
        let idle = with_entry(|entry| entry.operation = AclOperation::ClusterAction);
        assert_eq!((idle.broken_rule(), idle.has_effect(), good.has_effect()), (None, false, true));
    }
}
