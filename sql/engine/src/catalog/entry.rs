//! One record of the catalog topic.
//!
//! Key: `relation/<name>` or `connector/<name>`, UTF-8. Value: a JSON object with `version` (1) and the entry; no value: dropped. A reader refuses a
//! version it does not know.

use crate::ConnectorDefinition;
use serde::{Deserialize, Serialize};
use sql_planner::Relation;
use std::sync::Arc;

const VERSION: u32 = 1;

/// A remembered thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Entry {
    Relation(RelationEntry),
    Connector(ConnectorDefinition),
}

/// A relation and what was settled when it was created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RelationEntry {
    /// Its definition.
    pub(crate) relation: Arc<Relation>,
    /// The query's application id: names its state, internal topics and positions. New at each creation, so that nothing of a dropped namesake
    /// is taken over.
    pub(crate) application: Option<String>,
    /// How many partitions the topic that the query reads had: decides whether rows are shuffled.
    pub(crate) input_partition_count: i32,
}

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    version: u32,
    entry: T,
}

impl Entry {
    pub(crate) fn key(&self) -> String {
        match self {
            Entry::Relation(entry) => relation_key(&entry.relation.name),
            Entry::Connector(definition) => connector_key(&definition.name),
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&Stored { version: VERSION, entry: self }).expect("names, numbers and texts are always JSON")
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Entry, String> {
        let version: Stored<serde::de::IgnoredAny> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if version.version != VERSION {
            return Err(format!("its version is {}, and this program knows {VERSION}", version.version));
        }
        let stored: Stored<Entry> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(stored.entry)
    }
}

pub(crate) fn relation_key(name: &str) -> String {
    format!("relation/{name}")
}

pub(crate) fn connector_key(name: &str) -> String {
    format!("connector/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sql_planner::ConnectorKind;

    #[test]
    fn entries_round_trip_and_newer_ones_are_refused() {
        let options = [("connector.class".to_string(), "X".to_string())].into();
        let entry = Entry::Connector(ConnectorDefinition { name: "c".to_string(), kind: ConnectorKind::Sink, options });
        let bytes = entry.to_bytes();
        let text = r#"{"version":1,"entry":{"connector":{"name":"c","kind":"sink","options":{"connector.class":"X"}}}}"#;
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), text);
        assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
        let newer = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(Entry::from_bytes(newer.as_bytes()).unwrap_err(), "its version is 2, and this program knows 1");
        for damaged in ["", "{}", "null", r#"{"version":1,"entry":{"other":{}}}"#] {
            assert!(Entry::from_bytes(damaged.as_bytes()).is_err(), "{damaged}");
        }
    }
}
