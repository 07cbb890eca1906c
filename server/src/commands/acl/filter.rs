//! From the options of `headwater acl list` and `delete` to filters. Pure.

use super::arguments::{Resources, operation, pattern_type};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use headwater::log::acl::{AclEntryFilter, AclFilter, AclOperation, AclPermissionType, PatternFilter, PatternType, ResourceType};

/// Which ACLs are meant; what is not said is any.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Chosen {
    #[command(flatten)]
    resources: Resources,
    /// How names are meant: literal or prefixed for ACLs of that kind with this very name, any for both, match for all that cover the name
    #[arg(long, value_name = "TYPE", default_value = "any")]
    resource_pattern_type: String,
    /// Whose, as User:name; several times for several
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Vec<String>,
    /// Those for this address
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Those about this operation; several times for several
    #[arg(short, long, value_name = "OPERATION")]
    operation: Vec<String>,
    /// Those that allow, or those that forbid
    #[arg(long, value_enum)]
    permission: Option<Permission>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Permission {
    Allow,
    Deny,
}

/// Each, or once without any.
fn each<T: Clone>(some: &[T]) -> Vec<Option<T>> {
    if some.is_empty() { vec![None] } else { some.iter().cloned().map(Some).collect() }
}

impl Chosen {
    /// Whether nothing is said: all are meant.
    pub(super) fn is_all(&self) -> bool {
        self.resources.named().is_empty()
            && self.principal.is_empty()
            && self.host.is_none()
            && self.operation.is_empty()
            && self.permission.is_none()
    }

    /// One filter for each combination.
    pub(super) fn filters(&self) -> Result<Vec<AclFilter>> {
        let pattern_type = pattern_type(&self.resource_pattern_type)?;
        let operations = self.operation.iter().map(|text| operation(text)).collect::<Result<Vec<_>>>()?;
        let named = self.resources.named();
        if named.is_empty() && matches!(pattern_type, PatternType::Match) {
            bail!("--resource-pattern-type match goes with the name that is to be covered");
        }
        let permission = match self.permission {
            None => AclPermissionType::Any,
            Some(Permission::Allow) => AclPermissionType::Allow,
            Some(Permission::Deny) => AclPermissionType::Deny,
        };
        let mut filters = Vec::new();
        for resource in each(&named) {
            let (resource_type, name) = resource.map_or((ResourceType::Any, None), |(kind, name)| (kind, Some(name.to_string())));
            let pattern = PatternFilter { resource_type, name, pattern_type };
            for principal in each(&self.principal) {
                for operation in each(&operations) {
                    let operation = operation.unwrap_or(AclOperation::Any);
                    let entry = AclEntryFilter { principal: principal.clone(), host: self.host.clone(), operation, permission };
                    filters.push(AclFilter { pattern: pattern.clone(), entry });
                }
            }
        }
        Ok(filters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        chosen: Chosen,
    }

    fn chosen(words: &[&str]) -> Chosen {
        Whole::parse_from(["list"].iter().chain(words)).chosen
    }

    #[test]
    fn what_is_not_said_is_any_and_what_is_said_twice_is_two_filters() {
        let all = chosen(&[]).filters().expect("a filter");
        assert!(chosen(&[]).is_all() && all.len() == 1);
        assert_eq!((all[0].pattern.resource_type, all[0].entry.operation), (ResourceType::Any, AclOperation::Any));
        let words = ["-t", "a", "-t", "b", "--principal", "User:x", "-o", "read", "--permission", "deny"];
        let filters = chosen(&words).filters().expect("filters");
        let names: Vec<Option<&str>> = filters.iter().map(|filter| filter.pattern.name.as_deref()).collect();
        assert_eq!(names, [Some("a"), Some("b")]);
        assert!(!chosen(&words).is_all() && filters.iter().all(|filter| filter.entry.permission == AclPermissionType::Deny));
        assert!(chosen(&["--resource-pattern-type", "match"]).filters().is_err());
    }
}
