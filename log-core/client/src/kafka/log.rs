//! The entry to a log kept by a cluster.

use super::admin::KafkaAdmin;
use super::consumer::KafkaConsumer;
use super::hand::Hand;
use super::native::Role;
use super::options::{KafkaOptions, Properties};
use super::producer::KafkaProducer;
use super::topics::Topics;
use crate::{Admin, Consumer, ConsumerOptions, Error, Log, Producer, ProducerOptions, Result};
use async_trait::async_trait;
use std::sync::Arc;

/// What all roles of a log share.
pub(super) struct Cluster {
    bootstrap: String,
    options: KafkaOptions,
    pub(super) topics: Topics,
}

impl Cluster {
    /// The properties of an instance that calls itself `client_id`.
    pub(super) fn properties<'a>(&'a self, client_id: &'a str) -> Properties<'a> {
        Properties { bootstrap: &self.bootstrap, client_id, given: &self.options }
    }
}

/// A log kept by a Kafka cluster; cheap to clone. What differs from a log in this process is listed at [`crate::kafka`].
///
/// ```no_run
/// use log_client::kafka::{KafkaLog, KafkaOptions};
/// use log_client::{Log, NewTopic};
/// use log_model::TopicName;
///
/// # futures::executor::block_on(async {
/// let log = KafkaLog::connect("127.0.0.1:9092", KafkaOptions::default()).await?;
/// log.admin().create_topic(NewTopic::new(TopicName::new("words")?, 1)).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct KafkaLog {
    cluster: Arc<Cluster>,
}

impl KafkaLog {
    /// Connects to the cluster that the brokers of `bootstrap` (`host:port`, separated by commas) belong to.
    ///
    /// Errors: `Invalid` for a property that librdkafka does not take; `Retry` if no broker answered within 30 seconds.
    pub async fn connect(bootstrap: &str, options: KafkaOptions) -> Result<KafkaLog> {
        let properties = Properties { bootstrap, client_id: "headwater-admin", given: &options }.admin();
        let hand = Hand::start(Role::Producer, &properties, |_| {})?;
        let reached = hand.call(|client| client.topics_blocking(None)).await?;
        reached.map_err(|fault| Error::Retry { reason: format!("no broker of {bootstrap} answers: {}", fault.text) })?;
        let cluster = Cluster { bootstrap: bootstrap.to_string(), options, topics: Topics::new(hand) };
        Ok(KafkaLog { cluster: Arc::new(cluster) })
    }
}

#[async_trait]
impl Log for KafkaLog {
    fn admin(&self) -> Arc<dyn Admin> {
        Arc::new(KafkaAdmin { cluster: self.cluster.clone() })
    }

    async fn producer(&self, options: ProducerOptions) -> Result<Arc<dyn Producer>> {
        Ok(Arc::new(KafkaProducer::start(self.cluster.clone(), options).await?))
    }

    async fn consumer(&self, options: ConsumerOptions) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(KafkaConsumer::start(self.cluster.clone(), options)?))
    }
}
