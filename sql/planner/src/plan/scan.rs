//! The leaf of a plan: a relation's topic, decoded to columns.

use super::FormatSpec;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

/// Reads a relation.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The relation's name.
    pub relation: String,
    /// Its topic.
    pub topic: String,
    /// All columns as the format decodes them, whether or not the query uses them.
    pub table_schema: SchemaRef,
    /// The columns the query uses, as indexes into [`Scan::table_schema`], in the order of the node's output.
    pub projection: Vec<usize>,
    /// How records become rows.
    pub format: FormatSpec,
    /// The columns of the records' keys, by name; for a table its primary key, always in the projection.
    pub key: Vec<String>,
    /// Where records go that do not decode.
    pub dead_letter: Option<String>,
    /// The relation's watermark; its column is always in the projection and gives rows their event time.
    pub watermark: Option<Watermark>,
    /// Whether something above waits for the watermark. Only then a row must have an event time; otherwise one without keeps its record's timestamp.
    pub waited_for: bool,
    /// Records only add rows. Otherwise a record replaces the earlier one of its key, and one without a value deletes it.
    pub append_only: bool,
}

/// Event time of a relation: the column that holds it and how late rows may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The column's name, of type timestamp.
    pub column: String,
    /// A row may be this much older than the newest seen before it.
    pub delay_ms: i64,
}
