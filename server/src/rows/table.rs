//! Tables: one around an answer that ends, and rows under a header for one that goes on.

use anyhow::Result;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use headwater::sql::arrow::array::RecordBatch;
use headwater::sql::arrow::datatypes::SchemaRef;
use headwater::sql::arrow::util::display::{ArrayFormatter, FormatOptions};

/// All batches in one table, as wide as its content, or folded to `width`.
pub(super) fn whole(schema: &SchemaRef, batches: &[RecordBatch], width: Option<usize>) -> Result<String> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(names(schema));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.try_into().unwrap_or(u16::MAX));
    }
    for (index, right) in right_aligned(schema).into_iter().enumerate() {
        if let Some(column) = table.column_mut(index).filter(|_| right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for batch in batches {
        table.add_rows(cells(batch)?);
    }
    Ok(table.to_string())
}

/// An answer without an end: the header stands once, and the columns keep the width that the first rows gave them.
pub(super) struct Running {
    names: Vec<String>,
    right: Vec<bool>,
    widths: Vec<usize>,
}

impl Running {
    pub(super) fn new(schema: &SchemaRef) -> Running {
        Running { names: names(schema), right: right_aligned(schema), widths: Vec::new() }
    }

    /// The lines of a batch, the first time under the header.
    pub(super) fn lines(&mut self, batch: &RecordBatch) -> Result<Vec<String>> {
        let rows = cells(batch)?;
        let mut lines = Vec::with_capacity(rows.len() + 2);
        if self.widths.is_empty() {
            let column = |index: usize| rows.iter().map(move |row| row[index].as_str());
            let widest = |index: usize| column(index).chain([self.names[index].as_str()]).map(|cell| cell.chars().count()).max();
            self.widths = (0..self.names.len()).map(|index| widest(index).unwrap_or_default()).collect();
            lines.push(self.line(&self.names));
            lines.push(self.widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("──"));
        }
        lines.extend(rows.iter().map(|row| self.line(row)));
        Ok(lines)
    }

    fn line(&self, cells: &[String]) -> String {
        let padded = cells.iter().zip(&self.widths).zip(&self.right).map(|((cell, width), right)| match right {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_string()
    }
}

fn names(schema: &SchemaRef) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

fn right_aligned(schema: &SchemaRef) -> Vec<bool> {
    schema.fields().iter().map(|field| field.data_type().is_numeric()).collect()
}

fn cells(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::default().with_null("NULL");
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<Vec<_>, _>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect())
}
