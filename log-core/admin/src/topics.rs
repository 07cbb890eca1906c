//! Topics and where their replicas are (Metadata).

use crate::call::{Call, port_of};
use crate::error::check;
use crate::nodes::Node;
use crate::{ClusterAdmin, Error, Result};
use log_model::{TopicId, TopicName, TopicPartition};
use log_wire::messages::MetadataRequest;
use log_wire::messages::metadata_request::MetadataRequestTopic;

/// A partition and its replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReplicas {
    /// The partition's index.
    pub partition: i32,
    /// The node that leads it; none while there is none.
    pub leader: Option<i32>,
    /// The nodes that keep it.
    pub replicas: Vec<i32>,
    /// Those of them that have all of it.
    pub in_sync: Vec<i32>,
}

/// A topic and its replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicReplicas {
    /// Its name.
    pub name: TopicName,
    /// Its id.
    pub id: TopicId,
    /// The server keeps its own books in it.
    pub is_internal: bool,
    /// Its partitions, by index.
    pub partitions: Vec<PartitionReplicas>,
}

impl ClusterAdmin {
    /// Where the replicas of these topics are, in the order asked, or those of all topics by name.
    ///
    /// # Errors
    /// `Missing`: one of them does not exist.
    pub async fn topic_replicas(&self, only: Option<&[TopicName]>) -> Result<Vec<TopicReplicas>> {
        let (mut topics, _) = self.call().metadata(only).await?;
        match only {
            Some(names) => topics.sort_by_key(|topic| names.iter().position(|name| *name == topic.name)),
            None => topics.sort_by(|one, other| one.name.cmp(&other.name)),
        }
        Ok(topics)
    }
}

impl Call<'_> {
    /// The node that leads a partition.
    pub(crate) async fn leader(&self, partition: &TopicPartition) -> Result<Node> {
        let (topics, nodes) = self.metadata(Some(std::slice::from_ref(&partition.topic))).await?;
        let missing = |code| check(code, None, || format!("partition {partition}"));
        let Some(found) = topics.iter().flat_map(|topic| &topic.partitions).find(|found| found.partition == partition.partition) else {
            missing(3)?;
            return Err(Error::Invalid { reason: format!("the server did not tell of {partition}") });
        };
        match nodes.into_iter().find(|node| Some(node.id) == found.leader) {
            Some(node) => Ok(node),
            None => {
                missing(5)?;
                Err(Error::Invalid { reason: format!("nobody leads {partition}") })
            }
        }
    }

    async fn metadata(&self, only: Option<&[TopicName]>) -> Result<(Vec<TopicReplicas>, Vec<Node>)> {
        let asked = |name: &TopicName| MetadataRequestTopic { name: Some(name.as_str().to_string().into()), ..Default::default() };
        let request = MetadataRequest {
            topics: only.map(|names| names.iter().map(asked).collect()),
            allow_auto_topic_creation: false,
            ..MetadataRequest::default()
        };
        let answer = self.ask_any(&request).await?;
        let response = answer.read()?;
        check(response.error_code, None, || "the topics were not described".into())?;
        let mut topics = Vec::new();
        for topic in &response.topics {
            let name = topic.name.as_deref().unwrap_or_default();
            check(topic.error_code, None, || format!("topic {name}"))?;
            let Ok(name) = TopicName::new(name) else { continue };
            let mut partitions: Vec<PartitionReplicas> = topic
                .partitions
                .iter()
                .map(|partition| PartitionReplicas {
                    partition: partition.partition_index,
                    leader: Some(partition.leader_id).filter(|leader| *leader >= 0),
                    replicas: partition.replica_nodes.clone(),
                    in_sync: partition.isr_nodes.clone(),
                })
                .collect();
            partitions.sort_by_key(|partition| partition.partition);
            topics.push(TopicReplicas { name, id: TopicId(topic.topic_id), is_internal: topic.is_internal, partitions });
        }
        let nodes = response.brokers.iter().map(|broker| Node {
            id: broker.node_id,
            host: broker.host.to_string(),
            port: port_of(broker.port),
            rack: broker.rack.as_ref().map(ToString::to_string),
            is_fenced: false,
        });
        Ok((topics, nodes.collect()))
    }
}
