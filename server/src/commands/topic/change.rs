//! `headwater topic create`, `alter` and `delete`.

use super::command::refuse_kept;
use crate::out::Out;
use anyhow::{Context, Result, bail};
use headwater::log::{Admin, Log, NewTopic, TopicConfig, TopicName};
use headwater::{topic_keeper, topic_users};
use std::sync::Arc;

fn counted(partitions: i32) -> String {
    format!("{partitions} partition{}", if partitions == 1 { "" } else { "s" })
}

pub(super) async fn create(
    admin: &dyn Admin,
    name: TopicName,
    partition_count: Option<i32>,
    entries: &[String],
    out: &mut Out<'_>,
) -> Result<()> {
    let mut config = TopicConfig::default();
    for entry in entries {
        let Some((key, value)) = entry.split_once('=') else { bail!("--config takes KEY=VALUE, not {entry:?}") };
        config.set(key, value)?;
    }
    let topic = NewTopic::new(name.clone(), partition_count.unwrap_or(NewTopic::DEFAULT_PARTITIONS)).with_config(config);
    let created = admin.create_topic(topic).await.with_context(|| format!("topic {name} was not created, or may not be seen"))?;
    out.line(format_args!("created topic {name} with {}", counted(created.partitions.len() as i32)))
}

/// Gives a topic more partitions.
pub(super) async fn alter(admin: &dyn Admin, topic: TopicName, partition_count: i32, out: &mut Out<'_>) -> Result<()> {
    refuse_kept(&topic)?;
    admin.add_partitions(&topic, partition_count).await.context("no partition was added")?;
    out.line(format_args!("topic {topic} has {} now", counted(partition_count)))
}

/// Deletes all of the topics, or none if one of them is needed.
pub(super) async fn delete(log: &Arc<dyn Log>, names: &[String], if_exists: bool, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let mut topics = names.iter().map(TopicName::new).collect::<Result<Vec<_>, _>>()?;
    if if_exists {
        let known = admin.list_topics().await?;
        topics.retain(|topic| known.contains(topic));
    }
    for topic in &topics {
        admin.describe_topic(topic).await?;
        let users = topic_users(log, topic).await?;
        if !users.is_empty() {
            let hint = if topic_keeper(topic).is_some() { "it cannot be deleted" } else { "drop what uses it with SQL first" };
            bail!("topic {topic} is used by {}; {hint}", users.join(", "));
        }
    }
    for topic in &topics {
        admin.delete_topic(topic).await?;
        out.line(format_args!("deleted topic {topic}"))?;
    }
    Ok(())
}
