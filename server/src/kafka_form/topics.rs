//! `kafka-topics.sh --describe`.

use crate::out::Out;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headwater::admin::{ConfigEntry, TopicReplicas};

fn joined(nodes: &[i32]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A line for the topic, one for each partition. The configuration is what is set anywhere, not what is a default.
pub(crate) fn topic(topic: &TopicReplicas, config: &[ConfigEntry], out: &mut Out<'_>) -> Result<()> {
    let set = config.iter().filter(|entry| entry.source.name() != "DEFAULT_CONFIG");
    let set: Vec<String> = set.map(|entry| format!("{}={}", entry.name, entry.value.as_deref().unwrap_or("null"))).collect();
    out.line(format_args!(
        "Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}",
        topic.name,
        URL_SAFE_NO_PAD.encode(topic.id.0.as_bytes()),
        topic.partitions.len(),
        topic.partitions.first().map_or(0, |partition| partition.replicas.len()),
        set.join(","),
    ))?;
    for partition in &topic.partitions {
        out.line(format_args!(
            "\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\tElr: \tLastKnownElr: ",
            topic.name,
            partition.partition,
            partition.leader.map_or_else(|| "none".to_string(), |leader| leader.to_string()),
            joined(&partition.replicas),
            joined(&partition.in_sync),
        ))?;
    }
    Ok(())
}
