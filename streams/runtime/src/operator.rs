//! The contract of an operator: batches in, batches out, state in its own stores, no clock.
//!
//! For one task the runtime calls, in this order and never concurrently:
//! `open` once the stores are restored; then for each batch `process` (possibly several times) and, if the watermark or stream time moved,
//! `advance` (again and again while it `is_closing`); `finish_epoch` before a commit. What an operator emits depends only on its input and state, never on the wall clock.

use crate::{Chunk, Context, Result};
use bytes::Bytes;
use log_model::{Offset, Timestamp, TopicPartition};
use log_record::Header;

/// One step of a topology inside one task. Built anew for each task by its factory.
pub trait Operator: Send {
    /// The stores are restored and may be read; nothing may be forwarded.
    fn open(&mut self, context: &mut Context<'_>) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// Takes one batch from input `port` (the index of the parent in the order given to the builder).
    fn process(&mut self, port: usize, chunk: Chunk, context: &mut Context<'_>) -> Result<()>;

    /// The watermark this node passes on, given the least watermark of its inputs. An event-time operator returns its own.
    fn watermark(&self, inputs: Timestamp) -> Timestamp {
        inputs
    }

    /// The least watermark of the inputs is now `watermark`: every later row at or above it. Windows that end at or before it may close.
    fn advance(&mut self, watermark: Timestamp, context: &mut Context<'_>) -> Result<()> {
        let _ = (watermark, context);
        Ok(())
    }

    /// Whether there is more to do for the watermark it was last told: rows of closed windows to emit, say. An operator does a bounded amount of that in one
    /// call, so that an epoch can end in between; the runtime calls `advance` again until it is done, before it takes more input, and no node behind it is
    /// told the watermark earlier. What is left must follow from the stores, for a restart may come in between: asked also after `open`.
    fn is_closing(&self) -> bool {
        false
    }

    /// All input has been processed and there will be none for a while: returns the watermark that would close everything this operator
    /// still holds open, if any. The runtime then advances to it.
    fn open_until(&self) -> Option<Timestamp> {
        None
    }

    /// The epoch is about to commit: forward what was held back for consolidation.
    fn finish_epoch(&mut self, context: &mut Context<'_>) -> Result<()> {
        let _ = context;
        Ok(())
    }
}

/// A record as a source reads it, not yet decoded.
#[derive(Clone, Debug)]
pub struct ConsumedRecord {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// The key's bytes.
    pub key: Option<Bytes>,
    /// The value's bytes.
    pub value: Option<Bytes>,
    /// In the order they were written, duplicates kept.
    pub headers: Vec<Header>,
}

/// Turns a run of records of one partition into a chunk of rows.
pub trait Decoder: Send {
    /// Decodes `records`, which are in offset order and from one partition. A record that does not decode is handed to
    /// [`Context::dead_letter`] with its reason and left out.
    fn decode(&mut self, partition: &TopicPartition, records: &[ConsumedRecord], context: &mut Context<'_>) -> Result<Chunk>;
}

/// Turns rows into records of a topic.
pub trait Encoder: Send {
    /// Writes each row of `chunk` to `out`, in order.
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> Result<()>;
}

/// Where an [`Encoder`] puts records.
pub trait RecordWriter {
    /// Appends one record. Without a `partition` it goes where Kafka's default partitioner sends its key; without a key, to the task's own partition
    /// modulo the topic's partition count (so that order is kept).
    fn write(
        &mut self,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
        partition: Option<i32>,
    ) -> Result<()>;
}
