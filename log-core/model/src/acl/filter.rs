//! Which ACLs are asked for, or to be deleted (`AclBindingFilter`, KIP-290).

use super::binding::{AclBinding, AclEntry};
use super::resource::{ResourcePattern, WILDCARD};
use super::words::{AclOperation, AclPermissionType, PatternType, ResourceType};

/// Patterns of resources; what is absent or `Any` is any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatternFilter {
    /// The type, or any.
    pub resource_type: ResourceType,
    /// The name, or any.
    pub name: Option<String>,
    /// Literal or prefixed: patterns of that kind with this very name. Any: with this very name. Match: patterns that cover this name.
    pub pattern_type: PatternType,
}

/// Entries of ACLs; what is absent or `Any` is any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AclEntryFilter {
    /// The very principal, or any.
    pub principal: Option<String>,
    /// The very host, or any.
    pub host: Option<String>,
    /// The very operation, or any.
    pub operation: AclOperation,
    /// The very permission, or any.
    pub permission: AclPermissionType,
}

/// ACLs by pattern and entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AclFilter {
    /// The patterns.
    pub pattern: PatternFilter,
    /// The entries.
    pub entry: AclEntryFilter,
}

impl AclFilter {
    /// Whether the ACL is among those meant.
    pub fn matches(&self, binding: &AclBinding) -> bool {
        self.pattern.matches(&binding.pattern) && self.entry.matches(&binding.entry)
    }

    /// Whether some part is a number of a newer Kafka: such a filter is refused.
    pub fn has_unknown(&self) -> bool {
        self.pattern.resource_type == ResourceType::Unknown
            || self.pattern.pattern_type == PatternType::Unknown
            || self.entry.operation == AclOperation::Unknown
            || self.entry.permission == AclPermissionType::Unknown
    }
}

impl PatternFilter {
    /// Whether the pattern is among those meant.
    pub fn matches(&self, pattern: &ResourcePattern) -> bool {
        if self.resource_type != ResourceType::Any && self.resource_type != pattern.resource_type {
            return false;
        }
        if !matches!(self.pattern_type, PatternType::Any | PatternType::Match) && self.pattern_type != pattern.pattern_type {
            return false;
        }
        let Some(name) = &self.name else { return true };
        if self.pattern_type != PatternType::Match {
            return *name == pattern.name;
        }
        match pattern.pattern_type {
            PatternType::Literal => *name == pattern.name || pattern.name == WILDCARD,
            PatternType::Prefixed => name.starts_with(&pattern.name),
            PatternType::Unknown | PatternType::Any | PatternType::Match => false,
        }
    }
}

impl AclEntryFilter {
    /// Whether the entry is among those meant.
    pub fn matches(&self, entry: &AclEntry) -> bool {
        self.principal.as_ref().is_none_or(|principal| *principal == entry.principal)
            && self.host.as_ref().is_none_or(|host| *host == entry.host)
            && (self.operation == AclOperation::Any || self.operation == entry.operation)
            && (self.permission == AclPermissionType::Any || self.permission == entry.permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Patterns as `type:name:kind`, filters alike with `-` for no name.
    #[test]
    fn patterns_match_as_kip_290_says() {
        let patterns = [
            ResourcePattern::literal(ResourceType::Topic, "foo"),
            ResourcePattern::literal(ResourceType::Topic, "*"),
            ResourcePattern::prefixed(ResourceType::Topic, "foo"),
            ResourcePattern::prefixed(ResourceType::Topic, "f"),
            ResourcePattern::literal(ResourceType::Topic, "foobar"),
            ResourcePattern::literal(ResourceType::Group, "foo"),
        ];
        let cases: [(ResourceType, Option<&str>, PatternType, &[usize]); 11] = [
            (ResourceType::Any, None, PatternType::Any, &[0, 1, 2, 3, 4, 5]),
            (ResourceType::Any, None, PatternType::Match, &[0, 1, 2, 3, 4, 5]),
            (ResourceType::Topic, None, PatternType::Any, &[0, 1, 2, 3, 4]),
            (ResourceType::Topic, None, PatternType::Prefixed, &[2, 3]),
            (ResourceType::Topic, Some("foo"), PatternType::Literal, &[0]),
            (ResourceType::Topic, Some("foo"), PatternType::Prefixed, &[2]),
            (ResourceType::Topic, Some("foo"), PatternType::Any, &[0, 2]),
            (ResourceType::Topic, Some("foo"), PatternType::Match, &[0, 1, 2, 3]),
            (ResourceType::Topic, Some("foobar"), PatternType::Match, &[1, 2, 3, 4]),
            (ResourceType::Topic, Some("*"), PatternType::Match, &[1]),
            (ResourceType::Any, Some("foo"), PatternType::Match, &[0, 1, 2, 3, 5]),
        ];
        for (resource_type, name, pattern_type, expected) in cases {
            let filter = PatternFilter { resource_type, name: name.map(str::to_string), pattern_type };
            let found: Vec<usize> = (0..patterns.len()).filter(|index| filter.matches(&patterns[*index])).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
    }

    #[test]
    fn entries_match_by_each_part() {
        let entry = AclEntry {
            principal: "User:alice".into(),
            host: "*".into(),
            operation: AclOperation::Read,
            permission: AclPermissionType::Allow,
        };
        let any = AclEntryFilter { principal: None, host: None, operation: AclOperation::Any, permission: AclPermissionType::Any };
        let cases = [
            (any.clone(), true),
            (AclEntryFilter { principal: Some("User:alice".into()), host: Some("*".into()), ..any.clone() }, true),
            (AclEntryFilter { principal: Some("User:*".into()), ..any.clone() }, false),
            (AclEntryFilter { host: Some("10.0.0.1".into()), ..any.clone() }, false),
            (AclEntryFilter { operation: AclOperation::All, ..any.clone() }, false),
            (AclEntryFilter { permission: AclPermissionType::Deny, ..any.clone() }, false),
        ];
        for (filter, expected) in cases {
            assert_eq!(filter.matches(&entry), expected, "{filter:?}");
        }
        let pattern = PatternFilter { resource_type: ResourceType::Any, name: None, pattern_type: PatternType::Any };
        assert!(!AclFilter { pattern: pattern.clone(), entry: any.clone() }.has_unknown());
        let newer = AclEntryFilter { operation: AclOperation::from_i8(99), ..any };
        assert!(AclFilter { pattern, entry: newer }.has_unknown());
    }
}
