//! The resources an ACL covers.

use super::words::{PatternType, ResourceType};
use serde::{Deserialize, Serialize};

/// The name of a literal pattern that matches every resource of its type.
pub const WILDCARD: &str = "*";

/// The name of the one resource of type [`ResourceType::Cluster`].
pub const CLUSTER_NAME: &str = "kafka-cluster";

/// Resources of one type, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourcePattern {
    /// The type.
    pub resource_type: ResourceType,
    /// The name, its beginning, or `*`.
    pub name: String,
    /// How the name is meant: literal or prefixed.
    pub pattern_type: PatternType,
}

impl ResourcePattern {
    /// The one resource with this very name.
    pub fn literal(resource_type: ResourceType, name: impl Into<String>) -> Self {
        ResourcePattern { resource_type, name: name.into(), pattern_type: PatternType::Literal }
    }

    /// The resources whose names begin so.
    pub fn prefixed(resource_type: ResourceType, name: impl Into<String>) -> Self {
        ResourcePattern { resource_type, name: name.into(), pattern_type: PatternType::Prefixed }
    }

    /// Whether the resource `name` of this type is among them.
    pub fn covers(&self, resource_type: ResourceType, name: &str) -> bool {
        self.resource_type == resource_type
            && match self.pattern_type {
                PatternType::Literal => self.name == name || self.name == WILDCARD,
                PatternType::Prefixed => name.starts_with(&self.name),
                PatternType::Unknown | PatternType::Any | PatternType::Match => false,
            }
    }
}
