//! Access control lists: the values of Kafka's ACLs and how filters and resources match them.
//!
//! Numbers and names are those of `org.apache.kafka.common.acl` and `org.apache.kafka.common.resource` 4.3. Deciding whether a request is allowed
//! is [`AclRules::decide`]; where the bindings are kept is not here.

mod binding;
mod filter;
mod resource;
mod rules;
mod words;

pub use binding::{AclBinding, AclEntry};
pub use filter::{AclEntryFilter, AclFilter, PatternFilter};
pub use resource::{CLUSTER_NAME, ResourcePattern, WILDCARD};
pub use rules::{AclAccess, AclDecision, AclRules};
pub use words::{AclOperation, AclPermissionType, PatternType, ResourceType};
