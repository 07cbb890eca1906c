//! Sinks: take records from the log and put them into the outside world.
//!
//! A sink is exactly once if the outside world remembers how far it got: [`SinkTask::open`] answers from where to resume, and what was delivered
//! before is never delivered again, only judged until the group has committed past it. Otherwise the group's committed offsets decide and delivery is at least once.

use crate::{Config, ConfigError, Error, Result, SinkRecord};
use async_trait::async_trait;
use log_model::{Offset, TopicPartition};
use std::collections::BTreeMap;

/// The next offset to deliver, by partition.
pub type SinkOffsets = BTreeMap<TopicPartition, Offset>;

/// Divides the work of a sink among tasks; the worker gives the partitions to the tasks.
pub trait SinkConnector: Send + Sync {
    /// Checks what single options cannot show. Called before anything is created; may look at the outside world but not change it.
    fn validate(&self, _config: &Config) -> Vec<ConfigError> {
        Vec::new()
    }

    /// One configuration per task, at most `tasks_max`. By default `tasks_max` times the same.
    fn task_configs(&self, config: &Config, tasks_max: usize) -> Result<Vec<Config>> {
        Ok(vec![config.clone(); tasks_max])
    }

    /// A new task, not yet started.
    fn task(&self) -> Box<dyn SinkTask>;
}

/// A record the sink cannot take; it goes through the error policy.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Its partition.
    pub partition: TopicPartition,
    /// Its offset.
    pub offset: Offset,
    /// Why.
    pub error: Error,
}

/// Writes a share of the partitions. Calls never overlap.
#[async_trait]
pub trait SinkTask: Send {
    /// Begins.
    async fn start(&mut self, config: &Config, context: SinkContext) -> Result<()>;

    /// Takes these partitions on. Answers where to resume those of which the outside world remembers it; the others resume at the group's offset.
    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<SinkOffsets>;

    /// Judges records below the offset that [`SinkTask::open`] answered: those it took, it must not write again, and of the others it answers the same as
    /// [`SinkTask::put`] would. The worker asks for records that are in the outside world but not yet committed, because what was said of them before
    /// may have been lost with the task that was told.
    ///
    /// A sink that answers offsets from `open` and rejects records must implement it. By default none is rejected.
    async fn judge(&mut self, _records: &[SinkRecord]) -> Result<Vec<Rejected>> {
        Ok(Vec::new())
    }

    /// Takes records, in offset order within a partition. Answers those it cannot take.
    ///
    /// Errors: after `Retry` or `Full` the **same** records come again, so it must recognise those it has already taken (by their offset).
    async fn put(&mut self, records: &[SinkRecord]) -> Result<Vec<Rejected>>;

    /// How many of the records given to [`SinkTask::put`] it left out on purpose since the last call, as its options say: the worker counts them as skipped.
    fn take_passed_over(&mut self) -> u64 {
        0
    }

    /// Called regularly, also without new records. Answers the offsets that are safe to commit: everything below is durable outside.
    /// `positions` are the offsets after everything delivered so far.
    async fn pre_commit(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets>;

    /// Makes everything delivered so far durable and visible outside (a file sink finishes its files) and answers the offsets that are safe, which
    /// should equal `positions`.
    async fn flush(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets>;

    /// Gives partitions up. What was not made durable is dropped: whoever has the partition next gets it again.
    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()>;

    /// Ends, after `close`.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What a sink task learns at its start.
#[derive(Clone, Debug, Default)]
pub struct SinkContext {
    /// The connector's name.
    pub connector: String,
    /// The task's index, from 0.
    pub task: usize,
}
