//! What a statement answers.

use crate::Result;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use std::fmt;

/// The answer to one statement.
#[derive(Debug)]
pub enum StatementResult {
    /// It has been done; durable when this is returned. The message says what.
    Done(String),
    /// Rows. The statement runs while they are read; dropping them ends it.
    Rows(Rows),
    /// A text of several lines (`EXPLAIN`).
    Text(String),
}

/// Rows as they come.
///
/// Shape: batches of one schema. The stream of a continuous query ends only at its LIMIT or when it is dropped.
pub struct Rows {
    /// The columns.
    pub schema: SchemaRef,
    /// Whether more rows may come at any time.
    pub continuous: bool,
    /// The batches, or what went wrong.
    pub batches: BoxStream<'static, Result<RecordBatch>>,
}

impl Rows {
    /// Rows that are there already.
    pub(crate) fn of(batch: RecordBatch) -> Rows {
        let schema = batch.schema();
        Rows { schema, continuous: false, batches: Box::pin(futures::stream::iter([Ok(batch)])) }
    }

    /// All batches; waits until there are no more.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        futures::TryStreamExt::try_collect(self.batches).await
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).field("continuous", &self.continuous).finish_non_exhaustive()
    }
}
