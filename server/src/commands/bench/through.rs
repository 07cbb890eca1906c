//! Which client the load goes through.

use super::ends::{BatchSink, BatchSource, LogSink, LogSource};
use super::wire::{Cluster, WireSink, WireSource};
use crate::place::OpenLog;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use headwater::log::{ConsumerOptions, Env, FetchLimit, Position, ProducerOptions, TopicName, TopicPartition};

const CLIENT_ID: &str = "headwater-bench";

/// The option `--client`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Through {
    /// Who speaks to the servers of --bootstrap: direct sends and takes batches as they are, the cheapest load there is; librdkafka is what the other
    /// commands and most programs in the field use
    #[arg(long, value_enum, default_value_t)]
    client: Client,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Client {
    #[default]
    Direct,
    Librdkafka,
}

/// Makes both ends of a load.
pub(super) enum Seam<'a> {
    /// Through the log's roles.
    Log(&'a Env, &'a OpenLog),
    /// In Kafka's protocol.
    Wire(Cluster),
}

impl Through {
    /// What the load on a topic, which exists, goes through. A log that this process keeps has no other face than its own.
    pub(super) async fn seam<'a>(self, env: &'a Env, log: &'a OpenLog, topic: &TopicName) -> Result<Seam<'a>> {
        match log.servers() {
            Some(servers) if self.client == Client::Direct => Ok(Seam::Wire(Cluster::discover(env, servers, topic).await?)),
            _ => Ok(Seam::Log(env, log)),
        }
    }
}

impl Seam<'_> {
    /// A sink of its own for a worker.
    pub(super) async fn sink(&self) -> Result<Box<dyn BatchSink>> {
        match self {
            Seam::Log(_, log) => {
                let options = ProducerOptions { client_id: CLIENT_ID.into(), transactional_id: None };
                Ok(Box::new(LogSink(log.producer(options).await?)))
            }
            Seam::Wire(cluster) => Ok(Box::new(WireSink::new(cluster.clone()).await?)),
        }
    }

    /// A source of its own for a worker; positions are offsets.
    pub(super) async fn source(&self, positions: &[(TopicPartition, Position)], limit: FetchLimit) -> Result<Box<dyn BatchSource>> {
        if positions.is_empty() {
            bail!("there is no partition to read");
        }
        match self {
            Seam::Log(env, log) => {
                let options = ConsumerOptions { client_id: CLIENT_ID.into(), ..ConsumerOptions::default() };
                let mut consumer = log.consumer(options).await?;
                consumer.assign(positions).await?;
                Ok(Box::new(LogSource { consumer, limit, clock: env.clock.clone() }))
            }
            Seam::Wire(cluster) => Ok(Box::new(WireSource::new(cluster.clone(), positions, limit).await?)),
        }
    }
}
