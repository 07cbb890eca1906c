//! `headwater group delete` and `delete-offsets`.

use super::standing;
use crate::offsets::Partitions;
use crate::out::Out;
use crate::place::OpenLog;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use headwater::admin::Error;
use headwater::log::{GroupId, KafkaCode, TopicPartition};

/// Which groups.
#[derive(Debug, Args)]
pub(super) struct DeleteArguments {
    /// The groups
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
    /// Passes over those that do not exist
    #[arg(long)]
    if_exists: bool,
}

/// Which offsets.
#[derive(Debug, Args)]
pub(super) struct DeleteOffsetsArguments {
    /// The group
    group: String,
    /// A topic, with or without partitions: t or t:0,2-4; several times for several
    #[arg(short, long, required = true, value_name = "TOPIC[:PARTITIONS]")]
    topic: Vec<String>,
}

/// Deletes one after the other; stops at the first that cannot be.
pub(super) async fn run(log: &OpenLog, arguments: &DeleteArguments, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    for name in &arguments.groups {
        let group = GroupId::from(name.as_str());
        match control.delete_group(&group).await {
            Ok(()) => out.line(format_args!("deleted group {group}"))?,
            Err(error) if error.code() == Some(KafkaCode::GroupIdNotFound) => {
                let known = standing::check_known(log.admin().as_ref(), &group).await;
                if known.is_ok() || !arguments.if_exists {
                    known?;
                    // Positions that a process committed for itself: deleted with the group's last one.
                    let committed: Vec<TopicPartition> = log.admin().committed(&group).await?.into_keys().collect();
                    control.delete_offsets(&group, &committed).await.map_err(|error| refused(&group, error))?;
                    out.line(format_args!("deleted group {group}"))?;
                }
            }
            Err(error) => return Err(refused(&group, error)),
        }
    }
    Ok(())
}

/// Deletes all of the offsets, or none if one of them cannot be named.
pub(super) async fn offsets(log: &OpenLog, arguments: &DeleteOffsetsArguments, out: &mut Out<'_>) -> Result<()> {
    let group = GroupId::from(arguments.group.as_str());
    let choices = arguments.topic.iter().map(|text| Partitions::parse(text)).collect::<Result<Vec<_>>>()?;
    standing::check_known(log.admin().as_ref(), &group).await?;
    let committed = log.admin().committed(&group).await?;
    let is_meant =
        |partition: &TopicPartition| choices.iter().any(|choice| choice.topic == partition.topic && choice.contains(partition.partition));
    let meant: Vec<TopicPartition> = committed.into_keys().filter(is_meant).collect();
    if meant.is_empty() {
        bail!("group {group} has committed nothing for {}", arguments.topic.join(", "));
    }
    log.control().await?.delete_offsets(&group, &meant).await.map_err(|error| refused(&group, error))?;
    meant.iter().try_for_each(|partition| out.line(format_args!("deleted the offset of group {group} for {partition}")))
}

/// The reason, with what to do about it.
fn refused(group: &GroupId, error: Error) -> anyhow::Error {
    match error.code() {
        Some(KafkaCode::NonEmptyGroup) => anyhow!("group {group} has members; stop them, then delete it"),
        Some(KafkaCode::GroupSubscribedToTopic) => anyhow!("members of group {group} read the topic; stop them first"),
        _ => error.into(),
    }
}
