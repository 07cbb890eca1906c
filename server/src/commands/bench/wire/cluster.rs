//! Who leads which partition of the topic, and connections to them.

use super::connection::{Connection, check};
use super::versions;
use anyhow::{Context, Result, bail};
use headwater::log::{Env, Offset, Position, TopicName, TopicPartition};
use log_wire::messages::metadata_request::MetadataRequestTopic;
use log_wire::messages::{MetadataRequest, MetadataResponse};
use log_wire::{Decode, Reader};
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
    /// Asks the first of the addresses that answers; each is `HOST:PORT`.
    pub(in super::super) async fn discover(env: &Env, addresses: &str, topic: &TopicName) -> Result<Cluster> {
        let mut failure = None;
        for address in addresses.split(',') {
            let (host, port) = address.rsplit_once(':').context("an address is HOST:PORT")?;
            match Connection::open(env, host.trim_matches(['[', ']']), port.parse()?).await {
                Ok(connection) => return Cluster::ask(env.clone(), connection, topic).await,
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.context("no address was named")?)
    }

    async fn ask(env: Env, mut connection: Connection, topic: &TopicName) -> Result<Cluster> {
        let name = Some(topic.as_str().into());
        let request = MetadataRequest {
            topics: Some(vec![MetadataRequestTopic { name, ..MetadataRequestTopic::default() }]),
            allow_auto_topic_creation: false,
            ..MetadataRequest::default()
        };
        let body = connection.ask(versions::METADATA, &request).await?.body();
        let answer = MetadataResponse::decode(&mut Reader::new(&body), versions::METADATA)?;
        let mut leaders = BTreeMap::new();
        for found in &answer.topics {
            check(found.error_code, || format!("topic {topic}"))?;
            for partition in &found.partitions {
                check(partition.error_code, || format!("partition {} of topic {topic}", partition.partition_index))?;
                leaders.insert(partition.partition_index, partition.leader_id);
            }
        }
        let node = |broker: &log_wire::messages::metadata_response::MetadataResponseBroker<'_>| {
            Ok((broker.node_id, (broker.host.clone().into_owned(), u16::try_from(broker.port)?)))
        };
        let nodes = answer.brokers.iter().map(node).collect::<Result<_>>()?;
        Ok(Cluster { env, topic: topic.clone(), nodes, leaders })
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    pub(super) fn topic(&self) -> &TopicName {
        &self.topic
    }

    /// The node that leads a partition.
    pub(super) fn leader(&self, partition: i32) -> Result<i32> {
        let Some(leader) = self.leaders.get(&partition) else { bail!("topic {} has no partition {partition}", self.topic) };
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
