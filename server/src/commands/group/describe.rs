//! `headwater group describe`.

use super::facts::{self, GroupFacts, Line, or_dash};
use crate::kafka_form::{self, GroupRow};
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::Args;
use headwater::admin::{GroupDescription, GroupMember};
use headwater::log::{GroupId, TopicPartition};
use serde_json::{Value, json};

/// What to describe.
#[derive(Debug, Args)]
pub(super) struct DescribeArguments {
    /// The groups
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "GROUP")]
    groups: Vec<String>,
    /// All groups
    #[arg(long, visible_alias = "all-groups")]
    all: bool,
    /// Where they stand in each partition and who reads it, which is shown without any of these
    #[arg(long)]
    offsets: bool,
    /// Their members and what each one reads
    #[arg(long, conflicts_with = "offsets")]
    members: bool,
    /// Their state, coordinator and assignor
    #[arg(long, conflicts_with_all = ["offsets", "members"])]
    state: bool,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
    /// The lines of kafka-consumer-groups.sh --describe
    #[arg(long, conflicts_with = "json")]
    kafka: bool,
    /// With --members and --kafka: the columns of --verbose
    #[arg(long, requires = "members", requires = "kafka")]
    verbose: bool,
}

pub(super) async fn run(log: &OpenLog, arguments: &DescribeArguments, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    let groups: Vec<GroupId> = match arguments.all {
        true => facts::listed(log, &control).await?.into_iter().map(|listing| listing.group).collect(),
        false => arguments.groups.iter().map(|name| GroupId::from(name.as_str())).collect(),
    };
    let mut described = Vec::new();
    for group in &groups {
        if group.as_str().is_empty() {
            bail!("the group has no name");
        }
        described.push(GroupFacts::of(log, &control, group).await?);
    }
    if arguments.kafka {
        return as_kafka(&described, arguments, out);
    }
    if arguments.json {
        return described.iter().flat_map(|group| objects(group, arguments)).try_for_each(|object| out.line(object));
    }
    let descriptions = described.iter().map(|group| &group.description);
    if arguments.state {
        let header = ["GROUP", "TYPE", "PROTOCOL", "STATE", "ASSIGNOR", "COORDINATOR", "MEMBERS"];
        return output::table(out, &header, descriptions.map(state_row).collect());
    }
    if arguments.members {
        let rows = descriptions.flat_map(|group| group.members.iter().map(|member| member_row(group, member))).collect();
        output::table(out, &["GROUP", "MEMBER", "INSTANCE", "HOST", "CLIENT", "PARTITIONS"], rows)?;
    } else {
        let rows = described.iter().flat_map(|group| group.lines().iter().map(|line| row(group, line)).collect::<Vec<_>>());
        output::table(out, &["GROUP", "TOPIC", "PARTITION", "CURRENT", "START", "END", "LAG", "MEMBER", "HOST", "CLIENT"], rows.collect())?;
    }
    out.flush()?;
    for group in described.iter().filter(|group| group.description.members.is_empty()) {
        output::message(&format!("group {} has no members", group.description.group));
    }
    Ok(())
}

/// A number, or a dash where there is none.
pub(super) fn cell(number: Option<i64>) -> String {
    number.map_or_else(|| "-".to_string(), |number| number.to_string())
}

fn row(group: &GroupFacts, line: &Line<'_>) -> Vec<String> {
    let of_member = |text: fn(&GroupMember) -> &String| line.member.map_or_else(|| "-".to_string(), |member| text(member).clone());
    let standing = line.partition.map(|(_, standing)| standing);
    let limits = standing.and_then(|standing| standing.limits);
    vec![
        group.description.group.to_string(),
        line.partition.map_or_else(|| "-".to_string(), |(partition, _)| partition.topic.to_string()),
        cell(line.partition.map(|(partition, _)| i64::from(partition.partition))),
        cell(standing.and_then(|standing| standing.committed).map(|offset| offset.0)),
        cell(limits.map(|limits| limits.start.0)),
        cell(limits.map(|limits| limits.end.0)),
        cell(standing.and_then(|standing| standing.lag(standing.committed))),
        of_member(|member| &member.member_id),
        of_member(|member| &member.host),
        of_member(|member| &member.client_id),
    ]
}

fn state_row(group: &GroupDescription) -> Vec<String> {
    let coordinator = format!("{}:{} ({})", group.coordinator.host, group.coordinator.port, group.coordinator.id);
    vec![
        group.group.to_string(),
        group.group_type.to_string(),
        or_dash(&group.protocol_type),
        group.state.clone(),
        or_dash(&group.assignor),
        coordinator,
        group.members.len().to_string(),
    ]
}

fn member_row(group: &GroupDescription, member: &GroupMember) -> Vec<String> {
    let partitions: Vec<String> = member.assignment.iter().map(TopicPartition::to_string).collect();
    vec![
        group.group.to_string(),
        member.member_id.clone(),
        member.instance_id.clone().unwrap_or_else(|| "-".to_string()),
        member.host.clone(),
        member.client_id.clone(),
        or_dash(&partitions.join(", ")),
    ]
}

/// One object a group for `--state`, a member for `--members`, else a partition.
fn objects(group: &GroupFacts, arguments: &DescribeArguments) -> Vec<Value> {
    let description = &group.description;
    if arguments.state {
        return vec![json!({
            "group": description.group.as_str(),
            "type": description.group_type.to_string(),
            "protocol": description.protocol_type,
            "state": description.state,
            "assignor": description.assignor,
            "coordinator": {"id": description.coordinator.id, "host": description.coordinator.host, "port": description.coordinator.port},
            "members": description.members.len(),
        })];
    }
    if arguments.members {
        let member = |member: &GroupMember| {
            json!({
                "group": description.group.as_str(),
                "member": member.member_id,
                "instance": member.instance_id,
                "host": member.host,
                "client": member.client_id,
                "epoch": member.epoch,
                "partitions": partitions(&member.assignment),
            })
        };
        return description.members.iter().map(member).collect();
    }
    group.lines().iter().map(|line| line_object(description, line)).collect()
}

fn partitions(partitions: &[TopicPartition]) -> Vec<Value> {
    partitions.iter().map(|one| json!({"topic": one.topic.as_str(), "partition": one.partition})).collect()
}

fn line_object(group: &GroupDescription, line: &Line<'_>) -> Value {
    let standing = line.partition.map(|(_, standing)| standing);
    let limits = standing.and_then(|standing| standing.limits);
    json!({
        "group": group.group.as_str(),
        "topic": line.partition.map(|(partition, _)| partition.topic.as_str()),
        "partition": line.partition.map(|(partition, _)| partition.partition),
        "current": standing.and_then(|standing| standing.committed).map(|offset| offset.0),
        "start": limits.map(|limits| limits.start.0),
        "end": limits.map(|limits| limits.end.0),
        "lag": standing.and_then(|standing| standing.lag(standing.committed)),
        "metadata": standing.map(|standing| standing.metadata.as_str()),
        "member": line.member.map(|member| member.member_id.as_str()),
        "host": line.member.map(|member| member.host.as_str()),
        "client": line.member.map(|member| member.client_id.as_str()),
    })
}

/// One table a group, as Kafka's tool prints them.
fn as_kafka(groups: &[GroupFacts], arguments: &DescribeArguments, out: &mut Out<'_>) -> Result<()> {
    for group in groups {
        let description = &group.description;
        if description.members.is_empty() {
            out.flush()?;
            output::message(&format!("\nConsumer group '{}' has no active members.", description.group));
        }
        match () {
            () if arguments.state => kafka_form::group_states(&[description], out)?,
            () if arguments.members => kafka_form::group_members(&[description], arguments.verbose, out)?,
            () => {
                let lines = group.lines();
                if !lines.is_empty() {
                    let rows: Vec<GroupRow<'_>> = lines.iter().map(|line| kafka_row(description.group.as_str(), line)).collect();
                    kafka_form::group_offsets(&rows, out)?;
                }
            }
        }
    }
    Ok(())
}

fn kafka_row<'a>(group: &'a str, line: &Line<'a>) -> GroupRow<'a> {
    let standing = line.partition.map(|(_, standing)| standing);
    GroupRow {
        group,
        partition: line.partition.map(|(partition, _)| partition.clone()),
        current: standing.and_then(|standing| standing.committed).map(|offset| offset.0),
        end: standing.and_then(|standing| standing.limits).map(|limits| limits.end.0),
        lag: standing.and_then(|standing| standing.lag(standing.committed)),
        member: line.member,
    }
}
