//! The states of connectors and tasks, in `connect-status` (Kafka's `KafkaStatusBackingStore`).
//!
//! `status-connector-<name>` and `status-task-<name>-<id>` → `{"state","trace","worker_id","generation","version"}`. For others to read: a worker takes nothing
//! from it, and a state that cannot be written is only logged.

use super::KeyedTopic;
use crate::state::State;
use bytes::Bytes;
use serde_json::json;

/// The states.
#[derive(Clone)]
pub(crate) struct StatusStore {
    topic: KeyedTopic,
    worker_id: String,
}

impl StatusStore {
    pub(crate) fn new(topic: KeyedTopic, worker_id: &str) -> StatusStore {
        StatusStore { topic, worker_id: worker_id.to_string() }
    }

    pub(crate) async fn put_connector(&self, name: &str, state: State, version: &str) {
        self.put(format!("status-connector-{name}"), state, None, version).await;
    }

    pub(crate) async fn put_task(&self, name: &str, task: usize, state: State, trace: Option<&str>, version: &str) {
        self.put(format!("status-task-{name}-{task}"), state, trace, version).await;
    }

    /// Deletes the states of a connector and its tasks.
    pub(crate) async fn delete(&self, name: &str, task_count: usize) {
        let connector = (Bytes::from(format!("status-connector-{name}")), None);
        let tasks = (0..task_count).map(|task| (Bytes::from(format!("status-task-{name}-{task}")), None));
        self.write(std::iter::once(connector).chain(tasks).collect()).await;
    }

    async fn put(&self, key: String, state: State, trace: Option<&str>, version: &str) {
        let value = json!({ "state": state.to_string(), "trace": trace, "worker_id": self.worker_id, "generation": 1, "version": version });
        self.write(vec![(key.into(), Some(value.to_string().into()))]).await;
    }

    async fn write(&self, entries: Vec<(Bytes, Option<Bytes>)>) {
        if let Err(error) = self.topic.write(entries).await {
            tracing::warn!(%error, topic = %self.topic.name(), "a state could not be written");
        }
    }
}
