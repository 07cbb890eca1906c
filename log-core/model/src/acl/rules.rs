//! Whether the ACLs of a cluster allow an operation (Kafka's `StandardAuthorizer`).
//!
//! What forbids is stronger than what allows, whatever the patterns; where no ACL covers the resource at all, the caller decides
//! (`allow.everyone.if.no.acl.found`). Super users are the caller's business too.

use super::binding::AclBinding;
use super::resource::WILDCARD;
use super::words::{AclOperation, AclPermissionType, ResourceType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Every principal of type `User`.
const EVERYBODY: &str = "User:*";

/// Who wants to do what from where.
#[derive(Clone, Copy, Debug)]
pub struct AclAccess<'a> {
    /// Who, as `User:name`.
    pub principal: &'a str,
    /// The address it comes from.
    pub host: &'a str,
    /// What.
    pub operation: AclOperation,
}

/// What the ACLs say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclDecision {
    /// Some ACL allows it and none forbids it.
    Allowed,
    /// Some ACL forbids it, or none of those that cover the resource allows it.
    Denied,
    /// No ACL covers the resource.
    NoAcl,
}

/// The ACLs of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AclRules {
    /// The bindings, each once.
    pub bindings: BTreeSet<AclBinding>,
}

impl AclRules {
    /// What they say about an access to the resource `name`.
    pub fn decide(&self, access: &AclAccess<'_>, resource_type: ResourceType, name: &str) -> AclDecision {
        let mut decision = AclDecision::NoAcl;
        for binding in self.bindings.iter().filter(|binding| binding.pattern.covers(resource_type, name)) {
            let applies = access.is_meant_by(binding);
            match binding.entry.permission {
                AclPermissionType::Deny if applies && binding.forbids(access.operation) => return AclDecision::Denied,
                AclPermissionType::Allow if applies && binding.entry.operation.implies(access.operation) => {
                    decision = AclDecision::Allowed;
                }
                _ if decision == AclDecision::NoAcl => decision = AclDecision::Denied,
                _ => {}
            }
        }
        decision
    }

    /// Whether the access is allowed to some resource of the type, as a request without a certain resource needs to know (KIP-679).
    ///
    /// Yes, if an ACL allows it to names of which none that forbids takes all.
    pub fn decide_any(&self, access: &AclAccess<'_>, resource_type: ResourceType) -> AclDecision {
        let of_type = || self.bindings.iter().filter(|binding| binding.pattern.resource_type == resource_type);
        let meant = || of_type().filter(|binding| access.is_meant_by(binding));
        let denies: Vec<&AclBinding> = meant().filter(|binding| binding.is_deny() && binding.forbids(access.operation)).collect();
        let allows = |binding: &&AclBinding| {
            binding.entry.permission == AclPermissionType::Allow && binding.entry.operation.implies(access.operation)
        };
        let is_left = |binding: &AclBinding| !denies.iter().any(|deny| deny.takes_all_of(binding));
        match meant().filter(allows).any(is_left) {
            true => AclDecision::Allowed,
            false if of_type().next().is_none() => AclDecision::NoAcl,
            false => AclDecision::Denied,
        }
    }
}

impl AclAccess<'_> {
    fn is_meant_by(&self, binding: &AclBinding) -> bool {
        let entry = &binding.entry;
        (entry.principal == self.principal || entry.principal == EVERYBODY) && (entry.host == self.host || entry.host == WILDCARD)
    }
}

impl AclBinding {
    fn is_deny(&self) -> bool {
        self.entry.permission == AclPermissionType::Deny
    }

    /// To forbid one operation forbids no other.
    fn forbids(&self, operation: AclOperation) -> bool {
        self.entry.operation == operation || self.entry.operation == AclOperation::All
    }

    /// Whether the pattern covers every name that the pattern of `other` covers.
    fn takes_all_of(&self, other: &AclBinding) -> bool {
        use super::words::PatternType::{Literal, Prefixed};
        let (mine, theirs) = (&self.pattern, &other.pattern);
        let is_everything = mine.pattern_type == Literal && mine.name == WILDCARD;
        let is_wildcard = theirs.pattern_type == Literal && theirs.name == WILDCARD;
        match (mine.pattern_type, theirs.pattern_type) {
            _ if is_everything => true,
            _ if is_wildcard => false,
            (Literal, Literal) => mine.name == theirs.name,
            (Prefixed, Literal | Prefixed) => theirs.name.starts_with(&mine.name),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AclEntry, PatternType, ResourcePattern};
    use super::*;

    /// Rules as `allow|deny principal host operation name`, the name with a trailing `%` for a prefix.
    fn rules(lines: &[&str]) -> AclRules {
        let binding = |line: &&str| {
            let [permission, principal, host, operation, name] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
            let pattern_type = if name.ends_with('%') { PatternType::Prefixed } else { PatternType::Literal };
            let entry = AclEntry {
                principal: format!("User:{principal}"),
                host: host.into(),
                operation: AclOperation::from_name(operation).unwrap(),
                permission: AclPermissionType::from_name(permission).unwrap(),
            };
            let pattern = ResourcePattern { resource_type: ResourceType::Topic, name: name.trim_end_matches('%').into(), pattern_type };
            AclBinding { pattern, entry }
        };
        AclRules { bindings: lines.iter().map(binding).collect() }
    }

    fn access(operation: AclOperation) -> AclAccess<'static> {
        AclAccess { principal: "User:alice", host: "10.0.0.1", operation }
    }

    #[test]
    fn what_forbids_is_stronger_than_what_allows() {
        use AclDecision::{Allowed, Denied, NoAcl};
        use AclOperation::{Describe, DescribeConfigs, Read, Write};
        let cases: [(&[&str], AclOperation, AclDecision); 15] = [
            (&[], Read, NoAcl),
            (&["allow alice * read other"], Read, NoAcl),
            (&["allow bob * read orders"], Read, Denied),
            (&["allow alice * read orders"], Read, Allowed),
            (&["allow alice * read orders"], Write, Denied),
            (&["allow alice * read orders"], Describe, Allowed),
            (&["allow alice * alter_configs orders"], DescribeConfigs, Allowed),
            (&["allow alice * describe orders"], Read, Denied),
            (&["allow * 10.0.0.1 all *"], Write, Allowed),
            (&["allow * 10.0.0.2 all *"], Write, Denied),
            (&["allow alice * read ord%"], Read, Allowed),
            (&["allow alice * read orders", "deny * * read ord%"], Read, Denied),
            (&["allow alice * read orders", "deny alice * all *"], Describe, Denied),
            (&["allow alice * read orders", "deny alice * write orders"], Describe, Allowed),
            (&["deny bob * read orders", "allow alice * read orders"], Read, Allowed),
        ];
        for (lines, operation, expected) in cases {
            assert_eq!(rules(lines).decide(&access(operation), ResourceType::Topic, "orders"), expected, "{lines:?} {operation}");
        }
        assert_eq!(rules(&["allow alice * read *"]).decide(&access(Read), ResourceType::Group, "orders"), NoAcl);
    }

    #[test]
    fn some_resource_is_enough_where_none_is_named() {
        use AclDecision::{Allowed, Denied, NoAcl};
        let cases: [(&[&str], AclDecision); 9] = [
            (&[], NoAcl),
            (&["allow bob * write a"], Denied),
            (&["allow alice * write a"], Allowed),
            (&["allow alice * write a", "deny alice * write *"], Denied),
            (&["allow alice * write a", "deny alice * write a"], Denied),
            (&["allow alice * write ab", "deny alice * write a%"], Denied),
            (&["allow alice * write a%", "deny alice * write ab%"], Allowed),
            (&["allow alice * write *", "deny alice * write a%"], Allowed),
            (&["allow alice * write a", "allow alice * write b", "deny alice * all a"], Allowed),
        ];
        for (lines, expected) in cases {
            assert_eq!(rules(lines).decide_any(&access(AclOperation::Write), ResourceType::Topic), expected, "{lines:?}");
        }
    }
}
