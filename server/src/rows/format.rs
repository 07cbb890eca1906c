//! The formats, and the two that need nothing but the batch.

use anyhow::Result;
use clap::ValueEnum;
use headwater::sql::arrow;
use headwater::sql::arrow::array::RecordBatch;

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

pub(super) fn json(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

pub(super) fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    arrow::csv::WriterBuilder::new().with_header(header).build(&mut text).write(batch)?;
    Ok(text)
}
