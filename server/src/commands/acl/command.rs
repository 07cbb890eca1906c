//! The actions of the command, and the way to each.

use super::filter::Chosen;
use super::wishes::Wishes;
use crate::kafka_form;
use crate::out::Out;
use crate::output;
use crate::place::{LogChoice, OpenLog};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use headwater::log::acl::{
    AclBinding, AclEntryFilter, AclFilter, AclOperation, AclPermissionType, PatternFilter, PatternType, ResourceType,
};
use serde_json::json;

/// Arguments of `headwater acl`.
#[derive(Debug, Args)]
pub(crate) struct AclArguments {
    #[command(flatten)]
    log: LogChoice,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List ACLs
    #[command(after_help = "Example: headwater acl list --topic orders --resource-pattern-type match --bootstrap 127.0.0.1:9092")]
    List {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        form: Form,
    },
    /// Allow or forbid something
    #[command(after_help = "Examples:\n  headwater acl create --allow-principal User:alice --operation read --topic orders\n  \
        headwater acl create --allow-principal User:bob --consumer --topic orders- --group bob- --resource-pattern-type prefixed")]
    Create {
        #[command(flatten)]
        wishes: Wishes,
        #[command(flatten)]
        form: Form,
    },
    /// Delete the ACLs that all options together mean, and show them
    #[command(after_help = "Example: headwater acl delete --principal User:alice --topic orders --bootstrap 127.0.0.1:9092")]
    Delete {
        #[command(flatten)]
        chosen: Chosen,
        /// All ACLs there are
        #[arg(long)]
        all: bool,
        /// Shows those that would be deleted and leaves them
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        form: Form,
    },
}

/// How ACLs are shown.
#[derive(Clone, Copy, Debug, Args)]
struct Form {
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
    /// The lines of kafka-acls.sh
    #[arg(long, conflicts_with = "json")]
    kafka: bool,
}

pub(crate) async fn run(arguments: AclArguments, out: &mut Out<'_>) -> Result<()> {
    let prepared = Prepared::of(&arguments.action)?;
    let log = arguments.log.open_existing().await?;
    let done = act(&log, &arguments.action, prepared, out).await;
    log.finish(done)
}

/// What the options say, known to be right before anything is opened.
enum Prepared {
    Filters(Vec<AclFilter>),
    Bindings(Vec<AclBinding>),
}

impl Prepared {
    fn of(action: &Action) -> Result<Prepared> {
        Ok(match action {
            Action::List { chosen, .. } => Prepared::Filters(chosen.filters()?),
            Action::Create { wishes, .. } => Prepared::Bindings(wishes.bindings()?),
            Action::Delete { chosen, all, .. } => {
                if chosen.is_all() != *all {
                    bail!("say which ACLs: --principal, --topic, …, or --all for all there are");
                }
                Prepared::Filters(chosen.filters()?)
            }
        })
    }
}

fn every_acl() -> AclFilter {
    let pattern = PatternFilter { resource_type: ResourceType::Any, name: None, pattern_type: PatternType::Any };
    let entry = AclEntryFilter { principal: None, host: None, operation: AclOperation::Any, permission: AclPermissionType::Any };
    AclFilter { pattern, entry }
}

async fn act(log: &OpenLog, action: &Action, prepared: Prepared, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    let mut found = Vec::new();
    match (action, prepared) {
        (Action::Create { form, .. }, Prepared::Bindings(bindings)) => {
            let existing = if form.kafka { control.describe_acls(&every_acl()).await? } else { Vec::new() };
            control.create_acls(&bindings).await?;
            if form.kafka { kafka_form::acls_added(&bindings, &existing, out) } else { show(&bindings, *form, out) }
        }
        (Action::Delete { form, dry_run: false, .. }, Prepared::Filters(filters)) => {
            for filter in &filters {
                found.extend(control.delete_acls(filter).await?);
            }
            show(&found, *form, out)
        }
        (Action::List { form, .. } | Action::Delete { form, .. }, Prepared::Filters(filters)) => {
            for filter in &filters {
                found.extend(control.describe_acls(filter).await?);
            }
            // Two filters may mean the same one.
            found.sort();
            found.dedup();
            show(&found, *form, out)
        }
        (Action::Create { .. }, Prepared::Filters(_)) | (Action::List { .. } | Action::Delete { .. }, Prepared::Bindings(_)) => Ok(()),
    }
}

fn show(bindings: &[AclBinding], form: Form, out: &mut Out<'_>) -> Result<()> {
    if form.kafka {
        return kafka_form::acls(bindings, out);
    }
    if form.json {
        return bindings.iter().try_for_each(|binding| out.line(details(binding)));
    }
    output::table(out, &["PRINCIPAL", "HOST", "PERMISSION", "OPERATION", "RESOURCE", "NAME", "PATTERN"], bindings.iter().map(row).collect())
}

fn row(AclBinding { pattern, entry }: &AclBinding) -> Vec<String> {
    vec![
        entry.principal.clone(),
        entry.host.clone(),
        entry.permission.to_string(),
        entry.operation.to_string(),
        pattern.resource_type.to_string(),
        pattern.name.clone(),
        pattern.pattern_type.to_string(),
    ]
}

fn details(AclBinding { pattern, entry }: &AclBinding) -> serde_json::Value {
    json!({
        "principal": entry.principal,
        "host": entry.host,
        "permission": entry.permission.name(),
        "operation": entry.operation.name(),
        "resource_type": pattern.resource_type.name(),
        "resource_name": pattern.name,
        "pattern_type": pattern.pattern_type.name(),
    })
}
