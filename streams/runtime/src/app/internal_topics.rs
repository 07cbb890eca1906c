//! Topics the application needs beside those it reads: repartition and changelog topics, and on demand its sinks.

use super::options::StreamsOptions;
use crate::topology::{NodeKind, PartitionCounts, Topology, TopologyError};
use crate::{Error, Result};
use log_client::{Admin, NewTopic};
use log_model::{CleanupPolicy, TopicConfig, TopicName};
use std::collections::BTreeMap;

/// The partition counts of all topics that the topology names and that exist.
pub(super) async fn existing(admin: &dyn Admin, topology: &Topology, application: &str) -> Result<BTreeMap<String, i32>> {
    let mut wanted: Vec<String> = Vec::new();
    let named = topology.source_topics().into_iter().chain(topology.sink_topics()).chain(topology.dead_letter_topics());
    wanted.extend(named.map(String::from));
    wanted.extend(topology.repartitions().iter().map(|topic| topic.topic(application)));
    wanted.extend(topology.stores().iter().filter(|store| store.changelog.is_some()).map(|store| store.changelog_topic(application)));
    let mut found = BTreeMap::new();
    for topic in wanted {
        let name = legal(&topic)?;
        match admin.describe_topic(&name).await {
            Ok(described) => {
                found.insert(topic, described.partitions.len() as i32);
            }
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
    topics: &mut BTreeMap<String, i32>,
) -> Result<()> {
    let application = &options.application_id;
    for (topic, count) in topology.repartitions().iter().zip(&counts.repartitions) {
        let config = TopicConfig { cleanup_policy: CleanupPolicy::Delete, retention_ms: -1, ..TopicConfig::default() };
        ensure(admin, topics, topic.topic(application), *count, config).await?;
    }
    for store in topology.stores() {
        if let Some(config) = &store.changelog {
            ensure(admin, topics, store.changelog_topic(application), counts.tasks[store.subtopology], config.clone()).await?;
        }
    }
    for node in topology.nodes() {
        let topic = match &node.kind {
            NodeKind::Sink { topic, .. } | NodeKind::Source { dead_letter: Some(topic), .. } => topic.to_string(),
            _ => continue,
        };
        if topics.contains_key(&topic) {
            continue;
        }
        if !options.create_topics {
            return Err(TopologyError::MissingTopic { topic }.into());
        }
        ensure(admin, topics, topic, counts.tasks[node.subtopology], TopicConfig::default()).await?;
    }
    Ok(())
}

async fn ensure(admin: &dyn Admin, topics: &mut BTreeMap<String, i32>, topic: String, wanted: i32, config: TopicConfig) -> Result<()> {
    if let Some(found) = topics.get(&topic) {
        return if *found == wanted { Ok(()) } else { Err(TopologyError::PartitionCountChanged { topic, wanted, found: *found }.into()) };
    }
    let name = legal(&topic)?;
    match admin.create_topic(NewTopic::new(name.clone(), wanted).with_config(config)).await {
        Ok(_) => {}
        // Another instance was faster.
        Err(log_client::Error::TopicExists { .. }) => {
            let found = admin.describe_topic(&name).await?.partitions.len() as i32;
            if found != wanted {
                return Err(TopologyError::PartitionCountChanged { topic, wanted, found }.into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    topics.insert(topic, wanted);
    Ok(())
}
