//! Topics the application needs beside those it reads: repartition and changelog topics, and on demand its sinks.

use super::options::StreamsOptions;
use crate::topology::{NodeKind, PartitionCounts, Topology, TopologyError};
use crate::{Error, Result};
use log_client::{Admin, NewTopic, TopicDescription};
use log_model::{CleanupPolicy, CompressionType, TopicConfig, TopicName};
use log_record::BATCH_BYTES_MAX;
use std::collections::BTreeMap;

/// What is known of the topics that exist, by name.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// Their partition counts.
    pub(super) counts: BTreeMap<String, i32>,
    /// The largest batches they take.
    pub(super) limits: BTreeMap<String, usize>,
}

impl Topics {
    fn note(&mut self, described: &TopicDescription) {
        let name = described.name.to_string();
        let limit = usize::try_from(described.config.max_message_bytes).unwrap_or(0);
        // A codec may make a batch that does not compress a little larger.
        let recompressed = described.config.compression_type.is_some_and(|codec| codec != CompressionType::None);
        let limit = if recompressed { limit.saturating_sub(limit / 64 + 1024) } else { limit };
        self.limits.insert(name.clone(), limit);
        self.counts.insert(name, described.partitions.len() as i32);
    }
}

/// All topics that the topology names and that exist.
pub(super) async fn existing(admin: &dyn Admin, topology: &Topology, application: &str) -> Result<Topics> {
    let mut wanted: Vec<String> = Vec::new();
    let named = topology.source_topics().into_iter().chain(topology.sink_topics()).chain(topology.dead_letter_topics());
    wanted.extend(named.map(String::from));
    wanted.extend(topology.repartitions().iter().map(|topic| topic.topic(application)));
    wanted.extend(topology.stores().iter().filter(|store| store.changelog.is_some()).map(|store| store.changelog_topic(application)));
    let mut found = Topics::default();
    for topic in wanted {
        let name = legal(&topic)?;
        match admin.describe_topic(&name).await {
            Ok(described) => found.note(&described),
            Err(log_client::Error::UnknownTopic { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn legal(topic: &str) -> Result<TopicName> {
    TopicName::new(topic).map_err(|error| Error::failed(error.to_string()))
}

/// Creates what is missing and adds it to `topics`.
///
/// Errors: a topic exists with another partition count than needed, or is missing and may not be created.
pub(super) async fn create(
    admin: &dyn Admin,
    topology: &Topology,
    options: &StreamsOptions,
    counts: &PartitionCounts,
    topics: &mut Topics,
) -> Result<()> {
    let application = &options.application_id;
    for (topic, count) in topology.repartitions().iter().zip(&counts.repartitions) {
        let config = TopicConfig { cleanup_policy: CleanupPolicy::Delete, retention_ms: -1, ..TopicConfig::default() };
        let config = taking_all(config);
        ensure(admin, topics, topic.topic(application), *count, config).await?;
    }
    for store in topology.stores() {
        if let Some(config) = &store.changelog {
            ensure(admin, topics, store.changelog_topic(application), counts.tasks[store.subtopology], taking_all(config.clone())).await?;
        }
    }
    for node in topology.nodes() {
        let topic = match &node.kind {
            NodeKind::Sink { topic, .. } | NodeKind::Source { dead_letter: Some(topic), .. } => topic.to_string(),
            _ => continue,
        };
        if topics.counts.contains_key(&topic) {
            continue;
        }
        if !options.create_topics {
            return Err(TopologyError::MissingTopic { topic }.into());
        }
        ensure(admin, topics, topic, counts.tasks[node.subtopology], TopicConfig::default()).await?;
    }
    Ok(())
}

/// An internal topic takes whatever a batch can hold: a limit there would only turn a record of the user's into a failure. One that the user chose stays.
fn taking_all(config: TopicConfig) -> TopicConfig {
    let is_default = config.max_message_bytes == TopicConfig::default().max_message_bytes;
    TopicConfig { max_message_bytes: if is_default { BATCH_BYTES_MAX as i32 } else { config.max_message_bytes }, ..config }
}

async fn ensure(admin: &dyn Admin, topics: &mut Topics, topic: String, wanted: i32, config: TopicConfig) -> Result<()> {
    if let Some(found) = topics.counts.get(&topic) {
        return if *found == wanted { Ok(()) } else { Err(TopologyError::PartitionCountChanged { topic, wanted, found: *found }.into()) };
    }
    let name = legal(&topic)?;
    let described = match admin.create_topic(NewTopic::new(name.clone(), wanted).with_config(config)).await {
        // Another instance was faster.
        Err(log_client::Error::TopicExists { .. }) => admin.describe_topic(&name).await?,
        created => created?,
    };
    let found = described.partitions.len() as i32;
    if found != wanted {
        return Err(TopologyError::PartitionCountChanged { topic, wanted, found }.into());
    }
    topics.note(&described);
    Ok(())
}
