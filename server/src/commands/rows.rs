//! Rows of an answer on standard output: an aligned table, JSON lines or CSV.

use crate::interrupt;
use anyhow::Result;
use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use futures::StreamExt;
use headwater::sql::arrow::array::RecordBatch;
use headwater::sql::arrow::datatypes::SchemaRef;
use headwater::sql::arrow::util::display::{ArrayFormatter, FormatOptions};
use headwater::sql::{Rows, arrow};
use std::io::Write;

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

/// A table is cut here, so that a slip does not fill the terminal.
const TABLE_ROWS_MAX: usize = 10_000;

/// Prints rows as they come. A continuous answer ends when the user interrupts. Returns how many rows there were.
pub(crate) async fn print(rows: Rows, format: Format) -> Result<()> {
    let Rows { schema, continuous, mut batches } = rows;
    let mut interrupted = Box::pin(interrupt::requested());
    let mut kept = Vec::new();
    let mut header = true;
    loop {
        let next = tokio::select! {
            biased;
            () = &mut interrupted => None,
            next = batches.next() => next,
        };
        let Some(batch) = next.transpose()? else { break };
        match format {
            Format::Table if !continuous => kept.push(batch),
            Format::Table => println!("{}", table(&schema, &[batch])?),
            Format::Json => json(&batch)?,
            Format::Csv => csv(&batch, std::mem::take(&mut header))?,
        }
    }
    if format == Format::Table && !continuous {
        println!("{}", table(&schema, &kept)?);
    }
    Ok(())
}

fn table(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<String> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(schema.fields().iter().map(|field| field.name().clone()));
    for (index, field) in schema.fields().iter().enumerate() {
        if field.data_type().is_numeric()
            && let Some(column) = table.column_mut(index)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let options = FormatOptions::default().with_null("NULL");
    let total: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut left = TABLE_ROWS_MAX;
    for batch in batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows().min(left) {
            table.add_row(columns.iter().map(|column| column.value(row).to_string()));
        }
        left = left.saturating_sub(batch.num_rows());
    }
    let cut = if total > TABLE_ROWS_MAX { format!(" (the first {TABLE_ROWS_MAX}; -o json or -o csv prints all)") } else { String::new() };
    Ok(format!("{table}\n{total} row{}{cut}", if total == 1 { "" } else { "s" }))
}

fn json(batch: &RecordBatch) -> Result<()> {
    let mut writer = arrow::json::LineDelimitedWriter::new(std::io::stdout().lock());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner().flush()?)
}

fn csv(batch: &RecordBatch, header: bool) -> Result<()> {
    let mut writer = arrow::csv::WriterBuilder::new().with_header(header).build(std::io::stdout().lock());
    Ok(writer.write(batch)?)
}
