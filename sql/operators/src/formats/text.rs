//! The `text` format: the whole value is the one VARCHAR (or BYTEA) column.

use super::registry::{Columns, Line, RowReader, RowWriter, utf8};
use crate::columns::{Cell, ColumnView, Kind};
use crate::{Error, Result};
use arrow::datatypes::SchemaRef;
use std::borrow::Cow;

/// Checks that there is one column of text or bytes and gives its kind.
fn only_column(schema: &SchemaRef) -> Result<Kind> {
    match schema.fields().iter().as_slice() {
        [field] => match Kind::of(field.data_type()) {
            Some(kind @ (Kind::Text | Kind::Binary)) => Ok(kind),
            _ => Err(Error::unsupported_type(field.data_type(), "format text, whose one column is VARCHAR or BYTEA")),
        },
        fields => Err(Error::Format { reason: format!("format text takes one VARCHAR column, {} are declared", fields.len()) }),
    }
}

pub(super) struct TextReader {
    kind: Kind,
}

impl TextReader {
    pub(super) fn new(columns: &Columns<'_>) -> Result<TextReader> {
        Ok(TextReader { kind: only_column(columns.declared)? })
    }
}

impl RowReader for TextReader {
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String> {
        let cell = match self.kind {
            Kind::Text => Cell::Text(Cow::Borrowed(utf8(value)?)),
            _ => Cell::Binary(Cow::Borrowed(value)),
        };
        if let Some(first) = cells.first_mut() {
            *first = cell;
        }
        Ok(Line::Row)
    }
}

pub(super) struct TextWriter;

impl TextWriter {
    pub(super) fn new(schema: &SchemaRef) -> Result<TextWriter> {
        only_column(schema).map(|_| TextWriter)
    }
}

impl RowWriter for TextWriter {
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>) {
        match columns[0].cell(row) {
            Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Binary(bytes) => out.extend_from_slice(&bytes),
            _ => {}
        }
    }
}
