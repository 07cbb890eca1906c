//! `headwater topic`: creates, lists, describes and deletes topics.

use super::data_dir::DataDir;
use crate::out::Out;
use crate::output;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use headwater::log::{Admin, Log, NewTopic, TopicConfig, TopicDescription, TopicName};
use headwater::{topic_keeper, topic_users};
use serde_json::json;
use std::sync::Arc;

/// Arguments of `headwater topic`.
#[derive(Debug, Args)]
pub(crate) struct TopicArguments {
    #[command(flatten)]
    data: DataDir,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the topics
    List {
        /// Internal topics too, in which the program keeps its books
        #[arg(long)]
        internal: bool,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show a topic's partitions and configuration
    Describe {
        /// The topic
        topic: String,
        /// A JSON object instead of tables
        #[arg(long)]
        json: bool,
    },
    /// Create a topic
    Create {
        /// The topic
        topic: String,
        /// How many partitions
        #[arg(short, long, default_value_t = 1)]
        partitions: i32,
        /// A configuration entry, as Kafka names it: -c retention.ms=86400000
        #[arg(short, long = "config", value_name = "KEY=VALUE")]
        config: Vec<String>,
    },
    /// Delete topics and their records
    Delete {
        /// The topics
        #[arg(required = true)]
        topics: Vec<String>,
    },
}

pub(crate) async fn run(arguments: TopicArguments, out: &mut Out<'_>) -> Result<()> {
    let log = match &arguments.action {
        Action::Create { topic, .. } => {
            // A slip in the name must not make a directory.
            refuse_kept(&TopicName::new(topic)?)?;
            arguments.data.open_log()?
        }
        _ => arguments.data.open_existing_log()?,
    };
    let log = Arc::new(log);
    let admin = log.admin();
    let shared: Arc<dyn Log> = log.clone();
    let done = match arguments.action {
        Action::List { internal, json } => list(admin.as_ref(), internal, json, out).await,
        Action::Describe { topic, json } => describe(admin.as_ref(), &topic, json, out).await,
        Action::Create { topic, partitions, config } => create(admin.as_ref(), &topic, partitions, &config, out).await,
        Action::Delete { topics } => delete(&shared, &topics, out).await,
    };
    let closed = log.close();
    // What failed first is what the user must know.
    done?;
    Ok(closed?)
}

fn refuse_kept(topic: &TopicName) -> Result<()> {
    match topic_keeper(topic) {
        Some(keeper) => bail!("topic {topic} belongs to {keeper}; choose another name"),
        None => Ok(()),
    }
}

async fn list(admin: &dyn Admin, internal: bool, as_json: bool, out: &mut Out<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for name in admin.list_topics().await? {
        if topic_keeper(&name).is_some() && !internal {
            continue;
        }
        let topic = admin.describe_topic(&name).await?;
        if as_json {
            out.line(summary(&topic))?;
        } else {
            rows.push(vec![
                name.to_string(),
                topic.partitions.len().to_string(),
                output::count(records(&topic)),
                output::bytes(size_bytes(&topic)),
            ]);
        }
    }
    if !as_json {
        output::table(out, &["TOPIC", "PARTITIONS", "RECORDS", "SIZE"], rows)?;
    }
    Ok(())
}

fn records(topic: &TopicDescription) -> u64 {
    topic.partitions.iter().map(|partition| (partition.high_watermark - partition.log_start).max(0) as u64).sum()
}

fn size_bytes(topic: &TopicDescription) -> u64 {
    topic.partitions.iter().map(|partition| partition.size_bytes).sum()
}

fn summary(topic: &TopicDescription) -> serde_json::Value {
    json!({"topic": topic.name.as_str(), "partitions": topic.partitions.len(), "records": records(topic), "size_bytes": size_bytes(topic)})
}

async fn describe(admin: &dyn Admin, name: &str, as_json: bool, out: &mut Out<'_>) -> Result<()> {
    let topic = admin.describe_topic(&TopicName::new(name)?).await?;
    if as_json {
        return out.line(details(&topic));
    }
    out.line(format_args!("topic {} ({})\n", topic.name, topic.id))?;
    let row = |partition: &headwater::log::PartitionInfo| {
        vec![
            partition.partition.to_string(),
            partition.log_start.to_string(),
            partition.last_stable.to_string(),
            partition.high_watermark.to_string(),
            output::bytes(partition.size_bytes),
        ]
    };
    output::table(out, &["PARTITION", "LOG START", "LAST STABLE", "HIGH WATERMARK", "SIZE"], topic.partitions.iter().map(row).collect())?;
    out.line("")?;
    let defaults = TopicConfig::default().entries();
    let entry = |(key, value): (&'static str, String)| {
        let origin = if defaults.get(key) == Some(&value) { "default" } else { "topic" };
        vec![key.to_string(), value, origin.to_string()]
    };
    output::table(out, &["CONFIGURATION", "VALUE", "FROM"], topic.config.entries().into_iter().map(entry).collect())
}

fn details(topic: &TopicDescription) -> serde_json::Value {
    let partition = |partition: &headwater::log::PartitionInfo| {
        json!({
            "partition": partition.partition,
            "log_start": partition.log_start.0,
            "last_stable": partition.last_stable.0,
            "high_watermark": partition.high_watermark.0,
            "size_bytes": partition.size_bytes,
        })
    };
    json!({
        "topic": topic.name.as_str(),
        "id": topic.id.to_string(),
        "partitions": topic.partitions.iter().map(partition).collect::<Vec<_>>(),
        "config": topic.config.entries(),
    })
}

async fn create(admin: &dyn Admin, name: &str, partition_count: i32, entries: &[String], out: &mut Out<'_>) -> Result<()> {
    let mut config = TopicConfig::default();
    for entry in entries {
        let Some((key, value)) = entry.split_once('=') else { bail!("--config takes KEY=VALUE, not {entry:?}") };
        config.set(key, value)?;
    }
    let topic = NewTopic::new(TopicName::new(name)?, partition_count).with_config(config);
    admin.create_topic(topic).await.context("the topic was not created")?;
    out.line(format_args!("created topic {name} with {partition_count} partition{}", if partition_count == 1 { "" } else { "s" }))
}

/// Deletes all of the topics, or none if one of them is needed.
async fn delete(log: &Arc<dyn Log>, names: &[String], out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let topics = names.iter().map(TopicName::new).collect::<Result<Vec<_>, _>>()?;
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
