//! The `text` format: the whole value is the one VARCHAR (or BYTEA) column.
//!
//! A null has no text of its own: it is written as the null text. Where there is none the statement that writes is refused if a null may come, because
//! whatever stood for it would be read back as a text.

use super::registry::{Columns, Line, RowReader, RowWriter, utf8};
use super::spec::TextOptions;
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
    null_text: Option<Vec<u8>>,
}

impl TextReader {
    pub(super) fn new(columns: &Columns<'_>, options: &TextOptions) -> Result<TextReader> {
        Ok(TextReader { kind: only_column(columns.declared)?, null_text: null_bytes(options) })
    }
}

fn null_bytes(options: &TextOptions) -> Option<Vec<u8>> {
    options.null_text.as_ref().map(|text| text.as_bytes().to_vec())
}

impl RowReader for TextReader {
    fn read<'a>(&mut self, value: &'a [u8], cells: &mut [Cell<'a>]) -> Result<Line, String> {
        if self.null_text.as_deref() == Some(value) {
            return Ok(Line::Row);
        }
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

pub(super) struct TextWriter {
    null_text: Vec<u8>,
}

impl TextWriter {
    pub(super) fn new(schema: &SchemaRef, options: &TextOptions) -> Result<TextWriter> {
        only_column(schema)?;
        Ok(TextWriter { null_text: null_bytes(options).unwrap_or_default() })
    }
}

impl RowWriter for TextWriter {
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>) {
        match columns[0].cell(row) {
            Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Binary(bytes) => out.extend_from_slice(&bytes),
            _ => out.extend_from_slice(&self.null_text),
        }
    }
}
