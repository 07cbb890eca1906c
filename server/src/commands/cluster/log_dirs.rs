//! `headwater cluster log-dirs`.

use crate::kafka_form;
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use headwater::admin::{LogDir, ReplicaSize};
use headwater::log::TopicName;
use serde_json::json;

/// Which directories.
#[derive(Debug, Args)]
pub(super) struct LogDirsArguments {
    /// Only these topics; several times for several
    #[arg(short, long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// Only these nodes; several times for several
    #[arg(short, long, value_name = "ID")]
    node: Vec<i32>,
    /// One JSON object a partition instead of a table
    #[arg(long)]
    json: bool,
    /// The JSON that kafka-log-dirs.sh prints
    #[arg(long, conflicts_with = "json")]
    kafka: bool,
}

pub(super) async fn show(log: &OpenLog, arguments: &LogDirsArguments, out: &mut Out<'_>) -> Result<()> {
    let topics = arguments.topic.iter().map(TopicName::new).collect::<Result<Vec<_>, _>>()?;
    let control = log.control().await?;
    for topic in &topics {
        // A slip in the name is no empty topic.
        log.admin().describe_topic(topic).await?;
    }
    let mut dirs = control.describe_log_dirs(None).await?;
    if let Some(node) = arguments.node.iter().find(|node| dirs.iter().all(|dir| dir.node != **node)) {
        bail!("the cluster has no node {node}; headwater cluster names those it has");
    }
    dirs.retain(|dir| arguments.node.is_empty() || arguments.node.contains(&dir.node));
    for dir in &mut dirs {
        dir.replicas.retain(|replica| topics.is_empty() || topics.contains(&replica.partition.topic));
    }
    if arguments.kafka {
        return kafka_form::log_dirs(&dirs, out);
    }
    let mut rows = Vec::new();
    for (dir, replica) in dirs.iter().flat_map(|dir| dir.replicas.iter().map(move |replica| (dir, replica))) {
        if arguments.json { out.line(details(dir, replica))? } else { rows.push(row(dir, replica)) }
    }
    if arguments.json {
        return Ok(());
    }
    output::table(out, &["NODE", "DIRECTORY", "TOPIC", "PARTITION", "SIZE", "BEHIND"], rows)
}

fn row(dir: &LogDir, replica: &ReplicaSize) -> Vec<String> {
    vec![
        dir.node.to_string(),
        dir.path.clone(),
        replica.partition.topic.to_string(),
        replica.partition.partition.to_string(),
        output::bytes(replica.size_bytes),
        replica.offset_lag.to_string(),
    ]
}

fn details(dir: &LogDir, replica: &ReplicaSize) -> serde_json::Value {
    json!({
        "node": dir.node,
        "directory": dir.path,
        "topic": replica.partition.topic.as_str(),
        "partition": replica.partition.partition,
        "size_bytes": replica.size_bytes,
        "offset_lag": replica.offset_lag,
        "is_future": replica.is_future,
    })
}
