//! Log directories and what partitions take of them (DescribeLogDirs).

use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_model::{TopicName, TopicPartition};
use log_wire::messages::DescribeLogDirsRequest;
use log_wire::messages::describe_log_dirs_request::DescribableLogDirTopic;
use std::collections::BTreeMap;

/// A directory of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDir {
    /// The node.
    pub node: i32,
    /// The directory's path there.
    pub path: String,
    /// The size of its file system; none if the node does not say.
    pub total_bytes: Option<u64>,
    /// What is free there; none if the node does not say.
    pub usable_bytes: Option<u64>,
    /// The replicas in it, by topic and partition.
    pub replicas: Vec<ReplicaSize>,
}

/// A replica in a log directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaSize {
    /// Of which partition.
    pub partition: TopicPartition,
    /// What its files take.
    pub size_bytes: u64,
    /// How many records it is behind.
    pub offset_lag: i64,
    /// It is being made to take the place of one in another directory.
    pub is_future: bool,
}

impl ClusterAdmin {
    /// The directories of all nodes; of these partitions only, or of all.
    pub async fn describe_log_dirs(&self, only: Option<&[TopicPartition]>) -> Result<Vec<LogDir>> {
        let topics = only.map(|partitions| {
            let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
            for partition in partitions {
                topics.entry(&partition.topic).or_default().push(partition.partition);
            }
            let one = |(topic, partitions): (&TopicName, Vec<i32>)| DescribableLogDirTopic {
                topic: topic.as_str().to_string().into(),
                partitions,
            };
            topics.into_iter().map(one).collect()
        });
        let request = DescribeLogDirsRequest { topics };
        let (call, mut found) = (self.call(), Vec::new());
        for node in call.describe_cluster().await?.nodes.iter().filter(|node| !node.is_fenced) {
            let answer = call.ask_node(node, &request).await?;
            let response = answer.read()?;
            let what = || format!("the log directories of node {} were not described", node.id);
            check(response.error_code, None, what)?;
            for dir in &response.results {
                check(dir.error_code, None, what)?;
                let mut replicas: Vec<ReplicaSize> = Vec::new();
                for topic in &dir.topics {
                    // A name that is none of Kafka's cannot be asked about either.
                    let Ok(name) = TopicName::new(&*topic.name) else { continue };
                    replicas.extend(topic.partitions.iter().map(|replica| ReplicaSize {
                        partition: name.partition(replica.partition_index),
                        size_bytes: u64::try_from(replica.partition_size).unwrap_or(0),
                        offset_lag: replica.offset_lag,
                        is_future: replica.is_future_key,
                    }));
                }
                replicas.sort_by(|one, other| one.partition.cmp(&other.partition));
                let bytes = |bytes: i64| u64::try_from(bytes).ok();
                found.push(LogDir {
                    node: node.id,
                    path: dir.log_dir.to_string(),
                    total_bytes: bytes(dir.total_bytes),
                    usable_bytes: bytes(dir.usable_bytes),
                    replicas,
                });
            }
        }
        Ok(found)
    }

    /// The bytes of each partition: of its largest replica, where nodes keep several.
    pub async fn partition_sizes(&self, only: Option<&[TopicPartition]>) -> Result<BTreeMap<TopicPartition, u64>> {
        let mut sizes = BTreeMap::new();
        for replica in self.describe_log_dirs(only).await?.into_iter().flat_map(|dir| dir.replicas) {
            let size: &mut u64 = sizes.entry(replica.partition).or_default();
            *size = (*size).max(replica.size_bytes);
        }
        Ok(sizes)
    }
}
