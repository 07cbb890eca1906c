//! The seam to connectors: who runs them is not the engine's business.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sql_planner::ConnectorKind;
use std::collections::BTreeMap;

/// A connector as its statement defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorDefinition {
    /// Its name.
    pub name: String,
    /// Which way it carries records.
    pub kind: ConnectorKind,
    /// Kafka Connect's configuration keys, `connector.class` included, `name` not.
    pub options: BTreeMap<String, String>,
}

/// How a connector is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorStatus {
    /// Its name.
    pub name: String,
    /// Kafka Connect's words: `RUNNING`, `PAUSED`, `FAILED`, `UNASSIGNED`.
    pub state: String,
    /// How many tasks it has.
    pub task_count: usize,
    /// Records carried since its start.
    pub record_count: u64,
    /// Why it or one of its tasks failed.
    pub error: Option<String>,
}

/// Runs connectors.
///
/// The engine's catalog is what remembers definitions: it calls [`ConnectorHost::create`] again for each at every start. Positions are the host's.
#[async_trait]
pub trait ConnectorHost: Send + Sync {
    /// A definition that means the same wherever it is used again, before it is compared with others and remembered: relative paths, say, become
    /// absolute.
    fn complete(&self, definition: ConnectorDefinition) -> ConnectorDefinition {
        definition
    }

    /// Checks the definition and starts the connector where it stopped. Equal definitions may be created again at any time.
    ///
    /// Errors: unknown class, refused options ([`connect_api::Error::Config`] names each); nothing runs then.
    async fn create(&self, definition: &ConnectorDefinition) -> connect_api::Result<()>;

    /// The option that says what a sink of this class does with deletions, where it fails at them without it and the definition leaves it out. A table whose
    /// rows are deleted is then refused as its input. By default there is none.
    fn missing_delete_option(&self, _definition: &ConnectorDefinition) -> Option<&'static str> {
        None
    }

    /// Stops the connector and forgets it; the positions of a source stay: one of the same name goes on from there.
    async fn drop_connector(&self, name: &str) -> connect_api::Result<()>;

    /// All connectors, by name.
    async fn list(&self) -> Vec<ConnectorStatus>;

    /// Returns once the connector has nothing to do: a source has delivered all input there is, a sink has written all records of its topics,
    /// durably in both cases. Errors: it has failed.
    async fn wait_idle(&self, name: &str) -> connect_api::Result<()>;

    /// Stops all connectors; their positions stay.
    async fn stop(&self);
}

/// A host for engines without connectors: refuses every one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoConnectors;

#[async_trait]
impl ConnectorHost for NoConnectors {
    async fn create(&self, definition: &ConnectorDefinition) -> connect_api::Result<()> {
        Err(connect_api::Error::failed(format!("connector {} cannot run: this program was built without connectors", definition.name)))
    }

    async fn drop_connector(&self, _name: &str) -> connect_api::Result<()> {
        Ok(())
    }

    async fn list(&self) -> Vec<ConnectorStatus> {
        Vec::new()
    }

    async fn wait_idle(&self, _name: &str) -> connect_api::Result<()> {
        Ok(())
    }

    async fn stop(&self) {}
}
