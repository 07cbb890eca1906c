//! Who leads which partition of the topic, and connections to them.

use super::connection::Connection;
use anyhow::{Context, Result, bail};
use headwater::admin::ClusterAdmin;
use headwater::log::{Env, Offset, Position, TopicName, TopicPartition};
use std::collections::BTreeMap;

/// The leaders of a topic's partitions.
#[derive(Clone)]
pub(in super::super) struct Cluster {
    env: Env,
    topic: TopicName,
    /// Host and port of each node.
    nodes: BTreeMap<i32, (String, u16)>,
    /// The node that leads each partition.
    leaders: BTreeMap<i32, i32>,
}

impl Cluster {
    /// What the servers say of the topic.
    pub(in super::super) async fn discover(env: &Env, servers: &ClusterAdmin, topic: &TopicName) -> Result<Cluster> {
        let nodes = servers.describe_cluster().await?.nodes.into_iter().map(|node| (node.id, (node.host, node.port))).collect();
        let topics = servers.topic_replicas(Some(std::slice::from_ref(topic))).await?;
        let partitions = topics.into_iter().flat_map(|topic| topic.partitions);
        let leaders = partitions.filter_map(|found| Some((found.partition, found.leader?))).collect();
        Ok(Cluster { env: env.clone(), topic: topic.clone(), nodes, leaders })
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    pub(super) fn topic(&self) -> &TopicName {
        &self.topic
    }

    /// The node that leads a partition.
    pub(super) fn leader(&self, partition: i32) -> Result<i32> {
        let Some(leader) = self.leaders.get(&partition) else { bail!("partition {partition} of topic {} has no leader", self.topic) };
        Ok(*leader)
    }

    /// Positions by the node that leads their partitions.
    pub(super) fn by_leader(&self, positions: &[(TopicPartition, Position)]) -> Result<BTreeMap<i32, BTreeMap<i32, Offset>>> {
        let mut by_leader = BTreeMap::<i32, BTreeMap<i32, Offset>>::new();
        for (partition, position) in positions {
            let Position::At(offset) = position else { bail!("positions are offsets here") };
            by_leader.entry(self.leader(partition.partition)?).or_default().insert(partition.partition, *offset);
        }
        Ok(by_leader)
    }

    /// A new connection to a node.
    pub(super) async fn connect(&self, node: i32) -> Result<Connection> {
        let (host, port) = self.nodes.get(&node).with_context(|| format!("the servers do not say where node {node} is"))?;
        Connection::open(&self.env, host, *port).await
    }
}
