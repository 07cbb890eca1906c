//! The list of formats.

use super::spec::{Format, FormatSpec};
use super::{csv, json, regex, text};
use crate::Result;
use crate::columns::{Cell, ColumnView};
use arrow::datatypes::SchemaRef;

/// What a value turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A row.
    Row,
    /// A line that names columns.
    Header,
}

/// Reads one value. Prepared once for the columns a query uses.
pub(crate) trait RowReader: Send {
    /// Sets `cells` (one for each column, all null) from a record's value, or says in words for a user why it is no row.
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String>;
}

/// Writes one row. Prepared once for its columns.
pub(crate) trait RowWriter: Send {
    /// Appends row `row` of `columns` as a record's value.
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>);
}

/// The columns to be read: those of the relation and which of them a query uses.
pub(crate) struct Columns<'a> {
    /// All columns, as declared.
    pub(crate) declared: &'a SchemaRef,
    /// The used ones, as indexes into `declared`, in the order of the cells.
    pub(crate) used: &'a [usize],
}

/// The reader of a format.
pub(crate) fn reader(spec: &FormatSpec, columns: &Columns<'_>) -> Result<Box<dyn RowReader>> {
    let timestamp_format = spec.timestamp_format.as_deref();
    Ok(match &spec.format {
        Format::Json => Box::new(json::JsonReader::new(columns, timestamp_format)?),
        Format::Text(options) => Box::new(text::TextReader::new(columns, options)?),
        Format::Regex { pattern, null_text } => {
            Box::new(regex::RegexReader::new(columns, pattern, null_text.as_deref(), timestamp_format)?)
        }
        Format::Csv(options) => Box::new(csv::CsvReader::new(columns, options, timestamp_format)?),
    })
}

/// The writer of a format.
pub(crate) fn writer(spec: &FormatSpec, schema: &SchemaRef) -> Result<Box<dyn RowWriter>> {
    let timestamp_format = spec.timestamp_format.as_deref();
    Ok(match &spec.format {
        Format::Json => Box::new(json::JsonWriter::new(schema, timestamp_format)?),
        Format::Text(options) => Box::new(text::TextWriter::new(schema, options)?),
        Format::Regex { .. } => return Err(regex::cannot_write()),
        Format::Csv(options) => Box::new(csv::CsvWriter::new(schema, options, timestamp_format)?),
    })
}

/// A reader and a writer of keys: JSON objects of the key columns.
pub(crate) fn key_reader(columns: &Columns<'_>) -> Result<Box<dyn RowReader>> {
    Ok(Box::new(json::JsonReader::new(columns, None)?))
}

/// See [`key_reader`].
pub(crate) fn key_writer(schema: &SchemaRef) -> Result<Box<dyn RowWriter>> {
    Ok(Box::new(json::JsonWriter::new(schema, None)?))
}

/// A value as shown in a dead letter's reason: not all of a long one.
pub(crate) fn shown(value: &str) -> String {
    const SHOWN_CHARS: usize = 80;
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

/// The text of a value, or why it is none.
pub(crate) fn utf8(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))
}
