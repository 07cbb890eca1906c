//! What a statement answers.

use crate::Result;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use futures::stream::BoxStream;
use log_model::Timestamp;
use sql_operators::formats::{Format, FormatSpec, WriteOptions, WrittenRecord, write_rows};
use sql_planner::ParsedStatement;
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

    /// The same rows, whose errors know their place in the script.
    pub(crate) fn located(self, parsed: ParsedStatement) -> Rows {
        let batches = self.batches.map(move |batch| batch.map_err(|error| error.located(&parsed)));
        Rows { batches: Box::pin(batches), ..self }
    }

    /// All batches; waits until there are no more.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        futures::TryStreamExt::try_collect(self.batches).await
    }
}

/// The rows of a batch as JSON objects, in the form in which topics of format `json` hold them: NULL members are there, timestamps are RFC 3339, what is no
/// number is a text.
///
/// Errors: a column of a type that has no such form (an interval, for example).
///
/// ```
/// use sql_engine::arrow::array::{Float64Array, RecordBatch, TimestampMillisecondArray};
/// use std::sync::Arc;
///
/// let at = Arc::new(TimestampMillisecondArray::from(vec![Some(0), None]));
/// let value = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
/// let batch = RecordBatch::try_from_iter_with_nullable([("at", at as _, true), ("value", value as _, true)])?;
/// assert_eq!(sql_engine::json_rows(&batch)?, [r#"{"at":"1970-01-01T00:00:00Z","value":1.0}"#, r#"{"at":null,"value":"NaN"}"#]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn json_rows(batch: &RecordBatch) -> Result<Vec<String>> {
    let records = write_rows(&FormatSpec::new(Format::Json), batch, Timestamp(0), &WriteOptions::append())?;
    let text = |record: WrittenRecord| String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
    Ok(records.into_iter().map(text).collect())
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).field("continuous", &self.continuous).finish_non_exhaustive()
    }
}
