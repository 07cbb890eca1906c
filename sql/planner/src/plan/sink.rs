//! The root of a plan that fills a relation: rows to records of a topic.

use super::FormatSpec;

/// Writes a topic.
#[derive(Clone, Debug)]
pub struct Sink {
    /// The relation being filled.
    pub relation: String,
    /// Its topic.
    pub topic: String,
    /// How rows become records.
    pub format: FormatSpec,
    /// The columns, as indexes into the input's schema, whose values become the record's key; empty in append mode: no key.
    pub key: Vec<usize>,
    /// The column whose value becomes the record's timestamp; without one it is the row's event time.
    pub timestamp: Option<usize>,
    /// What a row of the topic means.
    pub mode: SinkMode,
}

/// What the records of a sink's topic mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkMode {
    /// Each record is one more row; rows are never taken back.
    Append,
    /// A record replaces the earlier one of its key; a record without a value deletes it.
    Upsert,
}
