//! Sources: read the outside world and hand over records with the position after each.
//!
//! The worker commits records and positions in one transaction of the log and hands the last committed positions back at the next start. A source that
//! resumes exactly there is exactly once.

use crate::{Config, ConfigError, JsonMap, Result, SourceOffset, SourcePartition, SourceRecord};
use async_trait::async_trait;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Divides the work of a source among tasks.
pub trait SourceConnector: Send + Sync {
    /// Checks what single options cannot show. Called before anything is created; may look at the outside world but not change it.
    fn validate(&self, _config: &Config) -> Vec<ConfigError> {
        Vec::new()
    }

    /// One configuration per task, at most `tasks_max`. By default one task does everything.
    fn task_configs(&self, config: &Config, _tasks_max: usize) -> Result<Vec<Config>> {
        Ok(vec![config.clone()])
    }

    /// A new task, not yet started.
    fn task(&self) -> Box<dyn SourceTask>;
}

/// Positions that are committed together with the records.
#[derive(Clone, Debug, Default)]
pub struct SourceBatch {
    /// Records, in order.
    pub records: Vec<SourceRecord>,
    /// Positions no record carries, committed with the records and counting after theirs; `None` forgets the partition.
    pub offsets: Vec<(SourcePartition, Option<SourceOffset>)>,
}

impl From<Vec<SourceRecord>> for SourceBatch {
    fn from(records: Vec<SourceRecord>) -> SourceBatch {
        SourceBatch { records, offsets: Vec::new() }
    }
}

/// What a poll found.
#[derive(Clone, Debug)]
pub enum SourcePoll {
    /// Records; polled again at once. An empty batch says that work was done and there may be more.
    Records(SourceBatch),
    /// Nothing now, although the input has not ended: it is throttled, or something is missing.
    Idle {
        /// When to ask again.
        retry_after: Duration,
        /// What it waits for, in words a user understands, if that needs somebody's help: `file /var/log/a.log does not exist`.
        waiting_for: Option<String>,
    },
    /// Everything there is has been handed over. More may come: polled again after `retry_after`.
    EndOfInput {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// Reads a share of the source. Calls never overlap.
#[async_trait]
pub trait SourceTask: Send {
    /// Begins, at the positions in `context`.
    async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()>;

    /// Reads on. Returns within a second or so; waiting is the worker's business, see [`SourcePoll`].
    ///
    /// Errors: after `Retry` or `Full` it is called again; anything else ends the task.
    async fn poll(&mut self) -> Result<SourcePoll>;

    /// Whether what would otherwise wait for more input (a last line without its end) is to be handed over now, because the worker is draining.
    fn set_draining(&mut self, _draining: bool) {}

    /// Everything handed over so far is durably in the log.
    async fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Ends. What was handed over and not committed is handed over again after the next start.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }

    /// How many bytes (or rows) of known input are still to be read, if that can be told cheaply.
    fn remaining(&self) -> Option<u64> {
        None
    }
}

/// What a source task learns at its start.
#[derive(Clone, Debug, Default)]
pub struct SourceContext {
    /// The connector's name.
    pub connector: String,
    /// The task's index, from 0.
    pub task: usize,
    offsets: BTreeMap<String, (SourcePartition, JsonMap)>,
}

impl SourceContext {
    /// A context with the stored positions of the whole connector.
    pub fn new(connector: impl Into<String>, task: usize, stored: impl IntoIterator<Item = (SourcePartition, JsonMap)>) -> SourceContext {
        let offsets = stored.into_iter().map(|(partition, offset)| (partition.to_string(), (partition, offset))).collect();
        SourceContext { connector: connector.into(), task, offsets }
    }

    /// The stored position of a source partition.
    pub fn offset(&self, partition: &SourcePartition) -> Option<&JsonMap> {
        self.offsets.get(&partition.to_string()).map(|(_, offset)| offset)
    }

    /// One number of a stored position.
    pub fn offset_number(&self, partition: &SourcePartition, field: &str) -> Option<i64> {
        self.offset(partition)?.get(field).and_then(Json::as_i64)
    }

    /// All stored positions of the connector.
    pub fn offsets(&self) -> impl Iterator<Item = (&SourcePartition, &JsonMap)> {
        self.offsets.values().map(|(partition, offset)| (partition, offset))
    }
}
