//! Rows to JSON objects, written straight into the record's bytes.

use crate::columns::{Cell, ColumnView, Kind, render_text};
use crate::formats::RowWriter;
use crate::{Error, Result};
use arrow::datatypes::{DataType, SchemaRef};

pub(in crate::formats) struct JsonWriter {
    /// For each column what stands before its value, as in `,"name":`, and its type.
    columns: Vec<(Vec<u8>, DataType)>,
}

impl JsonWriter {
    pub(in crate::formats) fn new(schema: &SchemaRef) -> Result<JsonWriter> {
        let mut columns = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if Kind::of(field.data_type()).is_none() {
                return Err(Error::unsupported_type(field.data_type(), "format json"));
            }
            let mut before = if index == 0 { Vec::new() } else { vec![b','] };
            write_string(&mut before, field.name());
            before.push(b':');
            columns.push((before, field.data_type().clone()));
        }
        Ok(JsonWriter { columns })
    }
}

impl RowWriter for JsonWriter {
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        for ((before, data_type), column) in self.columns.iter().zip(columns) {
            out.extend_from_slice(before);
            write_value(out, &column.cell(row), data_type);
        }
        out.push(b'}');
    }
}

/// Appends a value as JSON.
fn write_value(out: &mut Vec<u8>, cell: &Cell<'_>, data_type: &DataType) {
    match (cell, data_type) {
        (Cell::Null, _) => out.extend_from_slice(b"null"),
        (Cell::Text(text), _) => write_string(out, text),
        (Cell::Struct(members), DataType::Struct(fields)) => {
            out.push(b'{');
            for (index, (member, field)) in members.iter().zip(fields).enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(out, field.name());
                out.push(b':');
                write_value(out, member, field.data_type());
            }
            out.push(b'}');
        }
        (Cell::List(items), DataType::List(field)) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, item, field.data_type());
            }
            out.push(b']');
        }
        _ if is_quoted(cell, data_type) => {
            out.push(b'"');
            render_text(out, cell, data_type);
            out.push(b'"');
        }
        _ => render_text(out, cell, data_type),
    }
}

/// Whether the text of a value needs quotes. None of these texts needs an escape.
fn is_quoted(cell: &Cell<'_>, data_type: &DataType) -> bool {
    use DataType::{Date32, Date64, Time32, Time64, Timestamp};
    match cell {
        Cell::Binary(_) => true,
        Cell::Float(value) => !value.is_finite(),
        Cell::Int(_) => matches!(data_type, Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(_, _)),
        _ => false,
    }
}

/// Appends a string in quotes, escaping what RFC 8259 wants escaped and nothing else.
fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}
