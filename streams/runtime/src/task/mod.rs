//! One task: a sub-topology's operators, stores and inputs for one partition, without a log, a clock or a thread.
//!
//! The path of the data: fetched batches wait in a queue for each input partition (`queue`); the core takes the longest run of records of the
//! queue whose head is oldest (`core`), drives the operators with it in the order of the graph (`graph`), lets stream time and watermarks follow,
//! and hands records to a [`TaskOutput`] (`output`). What must survive a restart beside the stores goes into the metadata of the
//! committed offsets (`saved`).

mod build;
mod core;
mod counters;
mod dead_letter;
mod graph;
mod in_band;
mod output;
mod queue;
mod saved;
mod targets;
#[cfg(test)]
mod tests;

pub use core::{TaskCore, TaskSettings};
pub use counters::{NodeCounters, TaskCounters};
pub use output::{CollectedOutput, CollectedRecord, OutputRecord, TaskOutput};
pub use targets::{OutputTopic, OutputTopicKind};
