//! The topics a task writes to, numbered.

use crate::{Error, Result};
use log_model::TopicName;

/// Why a task writes to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputTopicKind {
    /// A sink of the user.
    Sink,
    /// Records that could not be processed.
    DeadLetter,
    /// Index of the repartition topic in the topology.
    Repartition(usize),
    /// Index of the store in the task.
    Changelog(usize),
}

/// A topic a task writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputTopic {
    /// Its name.
    pub name: TopicName,
    /// How many partitions it has.
    pub partition_count: i32,
    /// Why.
    pub kind: OutputTopicKind,
    /// The largest batch it takes.
    pub batch_bytes_max: usize,
}

/// The topics of one task; a topic written for several reasons of the same kind is listed once.
#[derive(Debug, Default)]
pub(super) struct Targets(Vec<OutputTopic>);

impl Targets {
    /// The number of a topic; it is added if it is new. `size` is its partition count and the largest batch it takes.
    pub(super) fn add(&mut self, name: String, size: (i32, usize), kind: OutputTopicKind) -> Result<usize> {
        if let Some(known) = self.0.iter().position(|topic| topic.name.as_str() == name && topic.kind == kind) {
            return Ok(known);
        }
        let name = TopicName::new(name).map_err(|error| Error::failed(error.to_string()))?;
        let (partition_count, batch_bytes_max) = size;
        self.0.push(OutputTopic { name, partition_count, kind, batch_bytes_max });
        Ok(self.0.len() - 1)
    }

    pub(super) fn all(&self) -> &[OutputTopic] {
        &self.0
    }
}
