//! `headwater group describe`.

use super::standing::{self, Standing};
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::Result;
use clap::Args;
use headwater::log::{GroupId, TopicPartition};
use serde_json::{Value, json};

/// What to describe.
#[derive(Debug, Args)]
pub(super) struct DescribeArguments {
    /// The groups
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
    /// A JSON object a partition instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(log: &OpenLog, arguments: &DescribeArguments, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let mut rows = Vec::new();
    for name in &arguments.groups {
        let group = GroupId::from(name.as_str());
        standing::check_known(admin.as_ref(), &group).await?;
        for (partition, standing) in standing::committed(admin.as_ref(), &group).await? {
            if arguments.json {
                out.line(as_json(&group, &partition, &standing))?;
            } else {
                rows.push(row(&group, &partition, &standing));
            }
        }
    }
    if arguments.json {
        return Ok(());
    }
    output::table(out, &["GROUP", "TOPIC", "PARTITION", "CURRENT", "START", "END", "LAG", "METADATA"], rows)
}

/// A number, or a dash where there is none.
pub(super) fn cell(number: Option<i64>) -> String {
    number.map_or_else(|| "-".to_string(), |number| number.to_string())
}

fn row(group: &GroupId, partition: &TopicPartition, standing: &Standing) -> Vec<String> {
    vec![
        group.to_string(),
        partition.topic.to_string(),
        partition.partition.to_string(),
        cell(standing.committed.map(|offset| offset.0)),
        cell(standing.limits.map(|limits| limits.start.0)),
        cell(standing.limits.map(|limits| limits.end.0)),
        cell(standing.lag(standing.committed)),
        standing.metadata.clone(),
    ]
}

fn as_json(group: &GroupId, partition: &TopicPartition, standing: &Standing) -> Value {
    json!({
        "group": group.as_str(),
        "topic": partition.topic.as_str(),
        "partition": partition.partition,
        "current": standing.committed.map(|offset| offset.0),
        "start": standing.limits.map(|limits| limits.start.0),
        "end": standing.limits.map(|limits| limits.end.0),
        "lag": standing.lag(standing.committed),
        "metadata": standing.metadata,
    })
}
