//! The formats, and the two that need nothing but the batch.

use anyhow::Result;
use clap::ValueEnum;
use headwater::sql::arrow::array::RecordBatch;
use headwater::sql::arrow::json::writer::LineDelimited;
use headwater::sql::{arrow, json_rows};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// A JSON object a line
    Json,
    /// Comma-separated values with a header line
    Csv,
}

/// In the form in which topics hold JSON; types that never are in topics (an interval, say) in Arrow's.
pub(super) fn json(batch: &RecordBatch) -> Result<Vec<u8>> {
    if let Ok(rows) = json_rows(batch) {
        return Ok(rows.into_iter().flat_map(|row| row.into_bytes().into_iter().chain([b'\n'])).collect());
    }
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

pub(super) fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    arrow::csv::WriterBuilder::new().with_header(header).build(&mut text).write(batch)?;
    Ok(text)
}
