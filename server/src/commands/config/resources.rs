//! The configuration of nodes and groups: the server's to know and to judge.

use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use headwater::admin::{ConfigChange, ConfigEntry, ConfigResource};
use serde_json::{Value, json};

/// Whose configuration, if not that of topics.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Resource {
    /// A node instead of topics
    #[arg(long, value_name = "ID", conflicts_with_all = ["topics", "nodes", "group"])]
    node: Option<i32>,
    /// All nodes, where they do not say otherwise themselves
    #[arg(long, conflicts_with_all = ["topics", "group"])]
    nodes: bool,
    /// A group instead of topics
    #[arg(short, long, value_name = "GROUP", conflicts_with = "topics")]
    group: Option<String>,
}

impl Resource {
    pub(super) fn is_none(&self) -> bool {
        self.meant().is_none()
    }

    pub(super) fn meant(&self) -> Option<ConfigResource> {
        let node = self.node.map(ConfigResource::Broker).or(self.nodes.then_some(ConfigResource::BrokerDefault));
        node.or_else(|| self.group.clone().map(ConfigResource::Group))
    }
}

pub(super) async fn describe(log: &OpenLog, resource: &ConfigResource, (all, as_json): (bool, bool), out: &mut Out<'_>) -> Result<()> {
    let mut entries = log.control().await?.describe_config(resource).await?;
    entries.retain(|entry| all || entry.source.name() != "DEFAULT_CONFIG");
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    if as_json {
        let config: serde_json::Map<String, Value> = entries.iter().map(|entry| (entry.name.clone(), json!(entry.value))).collect();
        return out.line(json!({"resource": resource.to_string(), "config": config}));
    }
    let row = |entry: &ConfigEntry| vec![entry.name.clone(), value(entry), entry.source.name().to_ascii_lowercase().replace('_', " ")];
    output::table(out, &["CONFIGURATION", "VALUE", "FROM"], entries.iter().map(row).collect())
}

fn value(entry: &ConfigEntry) -> String {
    match &entry.value {
        Some(value) => value.clone(),
        None if entry.is_sensitive => "(not shown)".to_string(),
        None => "-".to_string(),
    }
}

pub(super) async fn alter(log: &OpenLog, resource: &ConfigResource, set: &[String], unset: &[String], out: &mut Out<'_>) -> Result<()> {
    let changes = changes(set, unset)?;
    log.control().await?.alter_config(resource, &changes).await?;
    changes.iter().try_for_each(|change| match &change.value {
        Some(value) => out.line(format_args!("{resource}: {}={value}", change.name)),
        None => out.line(format_args!("{resource}: {} as by default", change.name)),
    })
}

fn changes(set: &[String], unset: &[String]) -> Result<Vec<ConfigChange>> {
    let mut changes = Vec::new();
    for entry in set {
        let Some((key, value)) = entry.split_once('=') else { bail!("--set takes KEY=VALUE, not {entry:?}") };
        changes.push(ConfigChange { name: key.to_string(), value: Some(value.to_string()) });
    }
    changes.extend(unset.iter().map(|key| ConfigChange { name: key.clone(), value: None }));
    if changes.is_empty() {
        bail!("say what to change: --set KEY=VALUE or --unset KEY");
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_values_and_ways_back_to_the_default() {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let found = changes(&words(&["a=1=2"]), &words(&["b"])).expect("changes");
        assert_eq!(
            found.iter().map(|one| (one.name.as_str(), one.value.as_deref())).collect::<Vec<_>>(),
            [("a", Some("1=2")), ("b", None)]
        );
        assert!(changes(&words(&["a"]), &[]).is_err() && changes(&[], &[]).is_err());
    }
}
