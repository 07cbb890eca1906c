//! Topologies, tasks and batch-at-a-time operators; epochs, changelogs and restore.
//!
//! # The types
//!
//! - [`topology::TopologyBuilder`] takes sources, [`Operator`]s, stores and sinks and builds a [`topology::Topology`], cut into sub-topologies at
//!   repartition topics. The DSL and the SQL layer are two ways of calling it.
//! - [`task::TaskCore`] is one task, that is, a sub-topology for one partition: operators, stores, queues. It is pure: no log, no clock, no thread.
//! - [`StreamsApp`] runs all tasks of a topology against a log, and gives a [`StreamsHandle`].
//! - Rows flow between operators as [`Chunk`]s, whose type is erased once a batch. A [`Decoder`] makes them of records, an [`Encoder`] makes records of
//!   them. Operators see a [`Context`]: forward, stores, times, drops, dead letters.
//!
//! # The path of a record
//!
//! A worker polls batches (`app::worker`) and feeds them to the tasks that read them; a batch is decoded when it comes to the head of its partition's
//! queue (`task::queue`). The core takes the longest run from the queue whose head is oldest (`task::core`) and drives the operators in topological order
//! (`task::graph`); sinks encode rows straight into the batches of the epoch (`app::epoch`). When the commit interval is over, or an epoch is large, the
//! epoch ends: operators forward what they held back, watermarks go in band behind the rows of repartition topics, changes of the stores go to
//! changelogs, and everything commits in one transaction together with the input offsets (`app::commit`). Then the stores may take the changes.
//!
//! # What always holds
//!
//! 1. The outputs, changelog records, repartition records and input offsets of an epoch commit together or not at all.
//! 2. A store on disk holds committed changes only, up to the changelog offset stored with them. A start replays the changelog from there; without the
//!    state directory it replays all.
//! 3. After a commit that failed or whose outcome is unknown, the task is built anew from what is committed; nothing in memory is trusted.
//! 4. The newest instance of a task fences all older ones before it reads any state.
//! 5. What operators emit depends on their input and state, never on the wall clock. Idleness is the one exception, declared by
//!    [`StreamsOptions::idle_after`].
//! 6. No row is dropped without a reason and a counter; a record that cannot be processed goes to the dead-letter topic within the same transaction or
//!    stops the application.
//! 7. Names of stores, internal topics and transactional ids come from the user or from what a step does, never from a counter.
//!
//! # Not here
//!
//! Typed operators (`streams-dsl`), SQL operators (`sql-operators`), the moving of tasks between processes: one process runs all tasks.

mod app;
mod chunk;
mod context;
mod drops;
mod error;
mod operator;
pub mod task;
#[cfg(test)]
mod testing;
pub mod topology;

pub use app::{NodeMetrics, SourceMetrics, StoreMetrics, StreamsApp, StreamsHandle, StreamsMetrics, StreamsOptions, TaskPhase};
pub use chunk::{Chunk, Payload, WrongPayload};
pub use context::{Context, DeadLetter};
pub use drops::DropReason;
pub use error::{Error, Result};
pub use operator::{ConsumedRecord, Decoder, Encoder, Operator, RecordWriter};
