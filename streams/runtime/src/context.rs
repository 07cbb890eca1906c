//! What an operator may do while it works: forward rows, use its stores, account for what it drops.

use crate::{Chunk, ConsumedRecord, DropReason, Result};
use log_model::{Timestamp, TopicPartition};
use streams_state::{CachedStore, Store};

/// Rows on their way to the children: which output of the node, and what.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) output: usize,
    pub(crate) chunk: Chunk,
}

/// A record that could not be processed, on its way to the dead-letter topic.
#[derive(Debug)]
pub struct DeadLetter {
    /// Where it was read.
    pub partition: TopicPartition,
    /// The record as read.
    pub record: ConsumedRecord,
    /// Why, in words for a user.
    pub reason: String,
}

/// The effects of one call of an operator, collected for the runtime.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) forwarded: Vec<Forwarded>,
    pub(crate) dead_letters: Vec<DeadLetter>,
    pub(crate) drops: Vec<(DropReason, u64)>,
}

/// The doors of one operator during one call.
pub struct Context<'a> {
    pub(crate) effects: &'a mut Effects,
    pub(crate) stores: &'a mut [CachedStore],
    /// Which of the task's stores are this node's, in the order declared.
    pub(crate) own_stores: &'a [usize],
    pub(crate) stream_time: Timestamp,
    pub(crate) watermark: Timestamp,
    pub(crate) task_partition: i32,
}

impl Context<'_> {
    /// Sends rows to all children of the first output.
    pub fn forward(&mut self, chunk: Chunk) {
        self.forward_to(0, chunk);
    }

    /// Sends rows to all children of output `output` (an operator with branches has several).
    pub fn forward_to(&mut self, output: usize, chunk: Chunk) {
        if chunk.count() > 0 {
            self.effects.forwarded.push(Forwarded { output, chunk });
        }
    }

    /// The node's store number `index`, in the order declared to the builder.
    pub fn store(&mut self, index: usize) -> &mut dyn Store {
        &mut self.stores[self.own_stores[index]]
    }

    /// The largest record timestamp this task has seen, as of before the batch being processed (an operator that judges row by row keeps its own from
    /// there on); in `advance` and `finish_epoch` that batch is included. [`Timestamp::NONE`] before the first record.
    pub fn stream_time(&self) -> Timestamp {
        self.stream_time
    }

    /// The node's input watermark: every later row is at or above it, or late. [`Timestamp::MIN`] while unknown.
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// The partition this task works on.
    pub fn task_partition(&self) -> i32 {
        self.task_partition
    }

    /// Accounts for rows left out on purpose (late, null key, …): each has a counter by reason.
    pub fn dropped(&mut self, reason: DropReason, count: u64) {
        if count > 0 {
            self.effects.drops.push((reason, count));
        }
    }

    /// A record that cannot be processed. It goes to the source's dead-letter topic; where the source has none, the task fails with the reason.
    pub fn dead_letter(&mut self, partition: &TopicPartition, record: &ConsumedRecord, reason: impl Into<String>) -> Result<()> {
        self.effects.dead_letters.push(DeadLetter { partition: partition.clone(), record: record.clone(), reason: reason.into() });
        Ok(())
    }
}
