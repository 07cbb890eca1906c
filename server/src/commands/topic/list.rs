//! `headwater topic list`.

use crate::out::Out;
use crate::output;
use anyhow::Result;
use headwater::log::{Admin, TopicDescription};
use headwater::topic_keeper;
use serde_json::json;

pub(super) async fn list(admin: &dyn Admin, internal: bool, (as_json, as_names): (bool, bool), out: &mut Out<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for name in admin.list_topics().await? {
        if topic_keeper(&name).is_some() && !internal {
            continue;
        }
        if as_names {
            out.line(&name)?;
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
    if !as_json && !as_names {
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
