//! `headwater topic`: creates, lists, describes and deletes topics.

use super::data_dir::DataDir;
use crate::output;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use headwater::log::{Admin, Log, NewTopic, TopicConfig, TopicDescription, TopicName};
use serde_json::json;

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
        /// Internal topics too (names that begin with two underscores)
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

pub(crate) async fn run(arguments: TopicArguments) -> Result<()> {
    let log = arguments.data.open_log()?;
    let admin = log.admin();
    let done = match arguments.action {
        Action::List { internal, json } => list(admin.as_ref(), internal, json).await,
        Action::Describe { topic, json } => describe(admin.as_ref(), &topic, json).await,
        Action::Create { topic, partitions, config } => create(admin.as_ref(), &topic, partitions, &config).await,
        Action::Delete { topics } => delete(admin.as_ref(), &topics).await,
    };
    log.close()?;
    done
}

async fn list(admin: &dyn Admin, internal: bool, as_json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for name in admin.list_topics().await? {
        if headwater::log::is_internal_topic(name.as_str()) && !internal {
            continue;
        }
        let topic = admin.describe_topic(&name).await?;
        if as_json {
            println!("{}", summary(&topic));
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
        output::table(&["TOPIC", "PARTITIONS", "RECORDS", "SIZE"], rows);
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

async fn describe(admin: &dyn Admin, name: &str, as_json: bool) -> Result<()> {
    let topic = admin.describe_topic(&TopicName::new(name)?).await?;
    if as_json {
        println!("{}", details(&topic));
        return Ok(());
    }
    println!("topic {} ({})\n", topic.name, topic.id);
    let row = |partition: &headwater::log::PartitionInfo| {
        vec![
            partition.partition.to_string(),
            partition.log_start.to_string(),
            partition.last_stable.to_string(),
            partition.high_watermark.to_string(),
            output::bytes(partition.size_bytes),
        ]
    };
    output::table(&["PARTITION", "LOG START", "LAST STABLE", "HIGH WATERMARK", "SIZE"], topic.partitions.iter().map(row).collect());
    println!();
    let defaults = TopicConfig::default().entries();
    let entry = |(key, value): (&'static str, String)| {
        let origin = if defaults.get(key) == Some(&value) { "default" } else { "topic" };
        vec![key.to_string(), value, origin.to_string()]
    };
    output::table(&["CONFIGURATION", "VALUE", "FROM"], topic.config.entries().into_iter().map(entry).collect());
    Ok(())
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

async fn create(admin: &dyn Admin, name: &str, partition_count: i32, entries: &[String]) -> Result<()> {
    let mut config = TopicConfig::default();
    for entry in entries {
        let Some((key, value)) = entry.split_once('=') else { bail!("--config takes KEY=VALUE, not {entry:?}") };
        config.set(key, value)?;
    }
    let topic = NewTopic::new(TopicName::new(name)?, partition_count).with_config(config);
    admin.create_topic(topic).await.context("the topic was not created")?;
    println!("created topic {name} with {partition_count} partition{}", if partition_count == 1 { "" } else { "s" });
    Ok(())
}

async fn delete(admin: &dyn Admin, topics: &[String]) -> Result<()> {
    for name in topics {
        admin.delete_topic(&TopicName::new(name)?).await?;
        println!("deleted topic {name}");
    }
    Ok(())
}
