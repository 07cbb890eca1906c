//! `headwater topic describe`.

use crate::kafka_form;
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::Result;
use headwater::admin::ConfigResource;
use headwater::log::{PartitionInfo, TopicDescription, TopicName};
use headwater::topic_keeper;
use serde_json::json;

/// How topics are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Tables,
    Json,
    /// The lines of kafka-topics.sh.
    Kafka,
}

pub(super) async fn describe(log: &OpenLog, names: &[String], form: Form, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let mut topics = names.iter().map(TopicName::new).collect::<Result<Vec<_>, _>>()?;
    if topics.is_empty() {
        topics = admin.list_topics().await?;
        topics.retain(|topic| topic_keeper(topic).is_none());
    }
    if form == Form::Kafka {
        return as_kafka(log, &topics, out).await;
    }
    for (index, name) in topics.iter().enumerate() {
        let topic = admin.describe_topic(name).await?;
        if form == Form::Json {
            out.line(details(&topic))?;
            continue;
        }
        if index > 0 {
            out.line("")?;
        }
        show(&topic, out)?;
    }
    Ok(())
}

async fn as_kafka(log: &OpenLog, topics: &[TopicName], out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    for topic in control.topic_replicas(Some(topics)).await? {
        let config = control.describe_config(&ConfigResource::Topic(topic.name.to_string())).await?;
        kafka_form::topic(&topic, &config, out)?;
    }
    Ok(())
}

fn show(topic: &TopicDescription, out: &mut Out<'_>) -> Result<()> {
    out.line(format_args!("topic {} ({})\n", topic.name, topic.id))?;
    let row = |partition: &PartitionInfo| {
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
    let entry = |(key, value): (&'static str, String)| {
        let origin = if topic.config.is_set(key) { "topic" } else { "default" };
        vec![key.to_string(), value, origin.to_string()]
    };
    output::table(out, &["CONFIGURATION", "VALUE", "FROM"], topic.config.entries().into_iter().map(entry).collect())
}

fn details(topic: &TopicDescription) -> serde_json::Value {
    let partition = |partition: &PartitionInfo| {
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
