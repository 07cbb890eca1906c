//! `kafka-acls.sh`.

use crate::out::Out;
use anyhow::Result;
use headwater::log::acl::{AclBinding, AclEntry, ResourcePattern};

/// What `--list` prints.
pub(crate) fn acls(bindings: &[AclBinding], out: &mut Out<'_>) -> Result<()> {
    for group in bindings.chunk_by(|one, other| one.pattern == other.pattern) {
        out.line(format_args!("Current ACLs for resource `{}`:", shown(&group[0].pattern)))?;
        group.iter().try_for_each(|binding| out.line(format_args!("\t{}", said(&binding.entry))))?;
        out.line("")?;
    }
    Ok(())
}

/// What `--add` prints: for each resource the ACLs that there were already, then the new ones. The bindings are in order.
pub(crate) fn acls_added(bindings: &[AclBinding], existing: &[AclBinding], out: &mut Out<'_>) -> Result<()> {
    for group in bindings.chunk_by(|one, other| one.pattern == other.pattern) {
        let pattern = shown(&group[0].pattern);
        let (old, new): (Vec<_>, Vec<_>) = group.iter().partition(|binding| existing.contains(binding));
        for binding in old {
            out.line(format_args!("Acl (pattern={pattern}, entry={}) already exists.", said(&binding.entry)))?;
        }
        if !new.is_empty() {
            let entries: Vec<String> = new.iter().map(|binding| format!("\t{}", said(&binding.entry))).collect();
            // The blank before the first entry is Kafka's.
            out.line(format_args!("Adding ACLs for resource `{pattern}`: \n {}\n", entries.join("\n")))?;
        }
    }
    Ok(())
}

fn said(entry: &AclEntry) -> String {
    let AclEntry { principal, host, operation, permission } = entry;
    format!("(principal={principal}, host={host}, operation={operation}, permissionType={permission})")
}

fn shown(pattern: &ResourcePattern) -> String {
    format!("ResourcePattern(resourceType={}, name={}, patternType={})", pattern.resource_type, pattern.name, pattern.pattern_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::printed;
    use headwater::log::acl::{AclOperation, AclPermissionType, ResourceType};

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
        let expected = "Acl (pattern=ResourcePattern(resourceType=TOPIC, name=pre, patternType=PREFIXED), \
            entry=(principal=User:bob, host=*, operation=READ, permissionType=ALLOW)) already exists.\n\
            Adding ACLs for resource `ResourcePattern(resourceType=TOPIC, name=pre, patternType=PREFIXED)`: \n \
            \t(principal=User:bob, host=*, operation=DESCRIBE, permissionType=ALLOW)\n\n";
        assert_eq!(printed(|out| acls_added(&bindings[..2], &bindings[..1], out)), expected);
        assert_eq!(printed(|out| acls_added(&bindings[..2], &bindings, out)).lines().count(), 2);
    }
}
