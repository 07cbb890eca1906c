//! From the options of `headwater acl create` to ACLs. Pure.

use super::arguments::{Resources, operation, pattern_type};
use anyhow::{Result, bail};
use clap::Args;
use headwater::log::acl::{
    AclBinding, AclEntry, AclOperation, AclPermissionType, CLUSTER_NAME, PatternType, ResourcePattern, ResourceType, WILDCARD,
};

/// What is to be allowed or forbidden.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Wishes {
    /// Who may, as User:name; User:* is everybody; several times for several
    #[arg(long, value_name = "PRINCIPAL")]
    allow_principal: Vec<String>,
    /// Who may not; that is stronger than whatever allows
    #[arg(long, value_name = "PRINCIPAL")]
    deny_principal: Vec<String>,
    /// From which address it is allowed [default: any]
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// From which address it is forbidden [default: any]
    #[arg(long, value_name = "HOST")]
    deny_host: Vec<String>,
    /// What: read, write, create, delete, alter, describe, describe-configs, alter-configs, …; several times for several [default: all]
    #[arg(short, long, value_name = "OPERATION")]
    operation: Vec<String>,
    #[command(flatten)]
    resources: Resources,
    /// How names are meant: literal, or prefixed for all that begin so
    #[arg(long, value_name = "TYPE", default_value = "literal")]
    resource_pattern_type: String,
    /// What a producer needs: write, describe and create on --topic, write and describe on --transactional-id
    #[arg(long, conflicts_with = "operation")]
    producer: bool,
    /// With --producer: idempotent writes too, for clusters older than Kafka 2.8
    #[arg(long, requires = "producer")]
    idempotent: bool,
    /// What a consumer needs: read and describe on --topic, read on --group
    #[arg(long, conflicts_with = "operation")]
    consumer: bool,
}

impl Wishes {
    /// The ACLs, in order, each once. Errors: nobody, nothing, or something that means nothing.
    pub(super) fn bindings(&self) -> Result<Vec<AclBinding>> {
        if self.allow_principal.is_empty() && self.deny_principal.is_empty() {
            bail!("say who: --allow-principal User:NAME or --deny-principal User:NAME");
        }
        for (hosts, principals, words) in [
            (&self.allow_host, &self.allow_principal, "--allow-host goes with --allow-principal"),
            (&self.deny_host, &self.deny_principal, "--deny-host goes with --deny-principal"),
        ] {
            if !hosts.is_empty() && principals.is_empty() {
                bail!("{words}");
            }
        }
        let pattern_type = pattern_type(&self.resource_pattern_type)?;
        let mut bindings = Vec::new();
        for (pattern, operation) in self.covered(pattern_type)? {
            let permitted = [
                (&self.allow_principal, &self.allow_host, AclPermissionType::Allow),
                (&self.deny_principal, &self.deny_host, AclPermissionType::Deny),
            ];
            for (principals, hosts, permission) in permitted {
                let any = [WILDCARD.to_string()];
                let hosts = if hosts.is_empty() { &any[..] } else { hosts };
                for (principal, host) in principals.iter().flat_map(|principal| hosts.iter().map(move |host| (principal, host))) {
                    let entry = AclEntry { principal: principal.clone(), host: host.clone(), operation, permission };
                    bindings.push(AclBinding { pattern: pattern.clone(), entry });
                }
            }
        }
        bindings.sort();
        bindings.dedup();
        if let Some((binding, rule)) = bindings.iter().find_map(|binding| Some((binding, refused(binding)?))) {
            let AclBinding { pattern, entry } = binding;
            bail!("{} on {} {:?} for {:?}: {rule}", entry.operation, pattern.resource_type, pattern.name, entry.principal);
        }
        Ok(bindings)
    }

    /// The resources, and what is done with each.
    fn covered(&self, pattern_type: PatternType) -> Result<Vec<(ResourcePattern, AclOperation)>> {
        let named = self.resources.named();
        if named.is_empty() {
            bail!("say what of: --topic, --group, --transactional-id, --user-principal or --cluster");
        }
        let mut operations = self.operation.iter().map(|text| operation(text)).collect::<Result<Vec<_>>>()?;
        if operations.is_empty() {
            operations.push(AclOperation::All);
        }
        let mut covered = Vec::new();
        for (resource_type, name) in named {
            // The cluster has one name, which is no beginning of others.
            let pattern_type = if resource_type == ResourceType::Cluster { PatternType::Literal } else { pattern_type };
            let pattern = ResourcePattern { resource_type, name: name.to_string(), pattern_type };
            let of_roles = self.of_roles(resource_type);
            let meant = if self.producer || self.consumer { &of_roles } else { &operations };
            covered.extend(meant.iter().map(|operation| (pattern.clone(), *operation)));
        }
        if self.idempotent {
            covered.push((ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME), AclOperation::IdempotentWrite));
        }
        if (self.producer || self.consumer) && self.resources.topic.is_empty() {
            bail!("--producer and --consumer are about --topic; name one");
        }
        if self.consumer && self.resources.group.is_empty() {
            bail!("--consumer needs the --group that reads");
        }
        Ok(covered)
    }

    /// What a producer, a consumer or both do with a resource.
    fn of_roles(&self, resource_type: ResourceType) -> Vec<AclOperation> {
        use AclOperation::{Create, Describe, Read, Write};
        let of_producer: &[AclOperation] = match resource_type {
            ResourceType::Topic => &[Write, Describe, Create],
            ResourceType::TransactionalId => &[Write, Describe],
            _ => &[],
        };
        let of_consumer: &[AclOperation] = match resource_type {
            ResourceType::Topic => &[Read, Describe],
            ResourceType::Group => &[Read],
            _ => &[],
        };
        let roles = [(self.producer, of_producer), (self.consumer, of_consumer)];
        roles.into_iter().filter(|(is_meant, _)| *is_meant).flat_map(|(_, operations)| operations.iter().copied()).collect()
    }
}

/// Why a binding is not made: what a server refuses, and what would have no effect.
fn refused(binding: &AclBinding) -> Option<&'static str> {
    binding.broken_rule().or((!binding.has_effect()).then_some("the resource type has no such operation"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::collections::BTreeSet;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        wishes: Wishes,
    }

    /// Each ACL in a few words.
    fn wished(words: &[&str]) -> Result<Vec<String>, String> {
        let wishes = Whole::try_parse_from(["create"].iter().chain(words)).map_err(|error| error.to_string())?.wishes;
        let short = |AclBinding { pattern, entry }: AclBinding| {
            let (kind, name, how) = (pattern.resource_type, pattern.name, pattern.pattern_type);
            format!("{} {} {} {} {kind}:{name}:{how}", entry.permission, entry.principal, entry.host, entry.operation)
        };
        wishes.bindings().map(|all| all.into_iter().map(short).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_combination_is_an_acl_of_its_own_and_what_is_not_said_is_any() {
        let words = [
            "--allow-principal",
            "User:a",
            "--deny-principal",
            "User:b",
            "--deny-host",
            "10.0.0.1",
            "-t",
            "x",
            "-o",
            "read",
            "-o",
            "write",
        ];
        let expected = [
            "DENY User:b 10.0.0.1 READ TOPIC:x:LITERAL",
            "DENY User:b 10.0.0.1 WRITE TOPIC:x:LITERAL",
            "ALLOW User:a * READ TOPIC:x:LITERAL",
            "ALLOW User:a * WRITE TOPIC:x:LITERAL",
        ];
        let wished: BTreeSet<String> = wished(&words).expect("ACLs").into_iter().collect();
        assert_eq!(wished, expected.map(str::to_string).into());
    }

    #[test]
    fn roles_are_the_operations_that_they_need() {
        let words = ["--allow-principal", "User:a", "--consumer", "-t", "x", "-g", "y", "--resource-pattern-type", "prefixed"];
        let expected =
            ["ALLOW User:a * READ TOPIC:x:PREFIXED", "ALLOW User:a * DESCRIBE TOPIC:x:PREFIXED", "ALLOW User:a * READ GROUP:y:PREFIXED"];
        assert_eq!(wished(&words).expect("ACLs"), expected);
        let words = ["--allow-principal", "User:a", "--producer", "--idempotent", "-t", "x"];
        let expected = [
            "ALLOW User:a * WRITE TOPIC:x:LITERAL",
            "ALLOW User:a * CREATE TOPIC:x:LITERAL",
            "ALLOW User:a * DESCRIBE TOPIC:x:LITERAL",
            "ALLOW User:a * IDEMPOTENT_WRITE CLUSTER:kafka-cluster:LITERAL",
        ];
        assert_eq!(wished(&words).expect("ACLs"), expected);
    }

    #[test]
    fn what_says_too_little_or_nonsense_is_refused_with_the_fix() {
        let cases: [(&[&str], &str); 7] = [
            (&["-t", "x"], "--allow-principal User:NAME"),
            (&["--allow-principal", "User:a"], "--topic"),
            (&["--allow-principal", "a", "-t", "x"], "User:alice"),
            (&["--allow-principal", "User:a", "-t", "x", "-o", "reed"], "read, write"),
            (&["--allow-principal", "User:a", "-g", "x", "-o", "write"], "no such operation"),
            (&["--allow-principal", "User:a", "-t", "x", "--resource-pattern-type", "match"], "literal or prefixed"),
            (&["--allow-principal", "User:a", "-t", "x", "--consumer"], "--group"),
        ];
        for (words, word) in cases {
            let error = wished(words).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }
}
