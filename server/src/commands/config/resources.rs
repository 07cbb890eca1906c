//! The configuration of nodes and groups: the server's to know and to judge.

use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use headwater::admin::{ClusterAdmin, ConfigChange, ConfigEntry, ConfigResource};
use serde_json::{Value, json};

/// Entries of single listeners begin so; nodes list those only that are set.
const OF_LISTENERS: &str = "listener.name.";

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

pub(super) async fn alter(
    log: &OpenLog,
    resource: &ConfigResource,
    changes: &[ConfigChange],
    unlisted: bool,
    out: &mut Out<'_>,
) -> Result<()> {
    let control = log.control().await?;
    if !unlisted && let Some(node) = listing_node(&control, resource).await? {
        let listed = control.describe_config(&ConfigResource::Broker(node)).await?;
        check_listed(changes, &listed.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>())?;
    }
    control.alter_config(resource, changes).await?;
    changes.iter().try_for_each(|change| match &change.value {
        Some(value) => out.line(format_args!("{resource}: {}={value}", change.name)),
        None => out.line(format_args!("{resource}: {} as by default", change.name)),
    })
}

/// The node that says which entries nodes have; none for a group, whose entries the server judges itself.
async fn listing_node(control: &ClusterAdmin, resource: &ConfigResource) -> Result<Option<i32>> {
    match resource {
        ConfigResource::Broker(id) => Ok(Some(*id)),
        ConfigResource::BrokerDefault => {
            let nodes = control.describe_cluster().await?.nodes;
            Ok(nodes.into_iter().find(|node| !node.is_fenced).map(|node| node.id))
        }
        ConfigResource::Topic(_) | ConfigResource::Group(_) => Ok(None),
    }
}

/// Refuses a name that a node does not list: nodes keep any, as they may be a plug-in's, and a slip would change nothing without a word.
fn check_listed(changes: &[ConfigChange], listed: &[&str]) -> Result<()> {
    let is_known = |name: &str| listed.contains(&name) || name.starts_with(OF_LISTENERS);
    let Some(ConfigChange { name, .. }) = changes.iter().find(|change| !is_known(&change.name)) else { return Ok(()) };
    let alike = listed.iter().map(|known| (strsim::normalized_levenshtein(known, name), *known)).filter(|(likeness, _)| *likeness >= 0.6);
    let nearest = alike.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, known)| format!("; did you mean {known:?}?"));
    bail!("unknown broker configuration {name:?}{} (a plug-in's is set with --unlisted)", nearest.unwrap_or_default())
}

pub(super) fn changes(set: &[String], unset: &[String]) -> Result<Vec<ConfigChange>> {
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

    #[test]
    fn a_name_that_no_node_lists_is_refused_with_the_nearest() {
        let listed = ["log.retention.bytes", "log.retention.ms", "num.partitions"];
        let check = |name: &str| {
            let change = ConfigChange { name: name.to_string(), value: None };
            check_listed(&[change], &listed).map_err(|error| error.to_string())
        };
        for name in ["log.retention.ms", "listener.name.internal.ssl.keystore.location"] {
            assert_eq!(check(name), Ok(()));
        }
        let refused = check("log.retention.msec").expect_err("a slip");
        assert!(
            refused.starts_with("unknown broker configuration \"log.retention.msec\"; did you mean \"log.retention.ms\"?"),
            "{refused}"
        );
        let refused = check("zookeeper.connect").expect_err("another program's");
        assert!(!refused.contains("mean") && refused.contains("--unlisted"), "{refused}");
    }
}
