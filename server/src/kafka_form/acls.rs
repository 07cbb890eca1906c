//! `kafka-acls.sh`.

use crate::out::Out;
use anyhow::Result;
use headwater::log::acl::{AclBinding, ResourcePattern};

/// What `--list` prints.
pub(crate) fn acls(bindings: &[AclBinding], out: &mut Out<'_>) -> Result<()> {
    each(bindings, |pattern| format!("Current ACLs for resource `{}`:", shown(pattern)), out)
}

/// What `--add` prints.
pub(crate) fn acls_added(bindings: &[AclBinding], out: &mut Out<'_>) -> Result<()> {
    each(bindings, |pattern| format!("Adding ACLs for resource `{}`: ", shown(pattern)), out)
}

/// A headline for each resource and a line for each of its entries; the bindings are in order.
fn each(bindings: &[AclBinding], headline: impl Fn(&ResourcePattern) -> String, out: &mut Out<'_>) -> Result<()> {
    for group in bindings.chunk_by(|one, other| one.pattern == other.pattern) {
        out.line(headline(&group[0].pattern))?;
        for AclBinding { entry, .. } in group {
            out.line(format_args!(
                "\t(principal={}, host={}, operation={}, permissionType={})",
                entry.principal, entry.host, entry.operation, entry.permission
            ))?;
        }
        out.line("")?;
    }
    Ok(())
}

fn shown(pattern: &ResourcePattern) -> String {
    format!("ResourcePattern(resourceType={}, name={}, patternType={})", pattern.resource_type, pattern.name, pattern.pattern_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::printed;
    use headwater::log::acl::{AclEntry, AclOperation, AclPermissionType, ResourceType};

    #[test]
    fn entries_stand_below_their_resource() {
        let binding = |pattern: ResourcePattern, operation| AclBinding {
            pattern,
            entry: AclEntry { principal: "User:bob".into(), host: "*".into(), operation, permission: AclPermissionType::Allow },
        };
        let (topic, group) = (ResourcePattern::prefixed(ResourceType::Topic, "pre"), ResourcePattern::literal(ResourceType::Group, "g"));
        let bindings =
            [binding(topic.clone(), AclOperation::Read), binding(topic, AclOperation::Describe), binding(group, AclOperation::Read)];
        let expected = "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=pre, patternType=PREFIXED)`:\n\
            \t(principal=User:bob, host=*, operation=READ, permissionType=ALLOW)\n\
            \t(principal=User:bob, host=*, operation=DESCRIBE, permissionType=ALLOW)\n\n\
            Current ACLs for resource `ResourcePattern(resourceType=GROUP, name=g, patternType=LITERAL)`:\n\
            \t(principal=User:bob, host=*, operation=READ, permissionType=ALLOW)\n\n";
        assert_eq!(printed(|out| acls(&bindings, out)), expected);
        assert!(printed(|out| acls_added(&bindings[..1], out)).starts_with("Adding ACLs for resource `"));
    }
}
