//! The connectors' configurations and wanted states, in `connect-configs` (Kafka's `KafkaConfigBackingStore`).
//!
//! `connector-<name>` → `{"properties":{…}}`; `target-state-<name>` → `{"state":"STARTED|PAUSED","state.v2":"STARTED|PAUSED|STOPPED"}`.

use super::KeyedTopic;
use crate::config::Entries;
use crate::state::TargetState;
use bytes::Bytes;
use log_client::Result;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The configurations.
pub(crate) struct ConfigStore {
    topic: KeyedTopic,
}

impl ConfigStore {
    pub(crate) fn new(topic: KeyedTopic) -> ConfigStore {
        ConfigStore { topic }
    }

    /// All connectors with what is wanted of them. Entries that cannot be read are logged and left alone.
    pub(crate) async fn read(&self) -> Result<BTreeMap<String, (Entries, TargetState)>> {
        let table = self.topic.read().await?;
        let mut connectors = BTreeMap::new();
        for (key, value) in &table {
            let Some(name) = std::str::from_utf8(key).ok().and_then(|key| key.strip_prefix("connector-")) else { continue };
            let Some(entries) = properties(value) else {
                tracing::warn!(connector = name, topic = %self.topic.name(), "a stored configuration cannot be read; the connector is not started");
                continue;
            };
            let state = table.get(format!("target-state-{name}").as_bytes()).map_or(TargetState::Running, |value| target_state(value));
            connectors.insert(name.to_string(), (entries, state));
        }
        Ok(connectors)
    }

    /// Writes configuration and wanted state together.
    pub(crate) async fn put(&self, name: &str, entries: &Entries, state: TargetState) -> Result<()> {
        let config = (Bytes::from(format!("connector-{name}")), Some(json!({ "properties": entries }).to_string().into()));
        self.topic.write(vec![config, state_entry(name, state)]).await
    }

    /// Writes the wanted state.
    pub(crate) async fn put_state(&self, name: &str, state: TargetState) -> Result<()> {
        self.topic.write(vec![state_entry(name, state)]).await
    }

    /// Deletes both.
    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        self.topic.write(vec![(format!("connector-{name}").into(), None), (format!("target-state-{name}").into(), None)]).await
    }
}

fn state_entry(name: &str, state: TargetState) -> (Bytes, Option<Bytes>) {
    let (old, new) = state.kafka_names();
    (format!("target-state-{name}").into(), Some(json!({ "state": old, "state.v2": new }).to_string().into()))
}

fn properties(value: &[u8]) -> Option<Entries> {
    let json: Json = serde_json::from_slice(value).ok()?;
    let properties = json.get("properties")?.as_object()?;
    properties.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_string()))).collect()
}

fn target_state(value: &[u8]) -> TargetState {
    let json: Json = serde_json::from_slice(value).unwrap_or_default();
    let name = json.get("state.v2").or_else(|| json.get("state")).and_then(Json::as_str);
    TargetState::from_kafka_name(name.unwrap_or_default())
}
