//! Rows to JSON objects, written straight into the record's bytes.

use crate::columns::{Cell, ColumnView, Kind, TextRenderer};
use crate::formats::RowWriter;
use crate::{Error, Result};
use arrow::datatypes::{DataType, SchemaRef};

pub(in crate::formats) struct JsonWriter {
    /// For each column what stands before its value, as in `,"name":`, and how that is written.
    columns: Vec<(Vec<u8>, ValueWriter)>,
}

/// How the values of one column are written.
struct ValueWriter {
    renderer: TextRenderer,
    /// The members of a struct, the item of a list: their names and how they are written.
    nested: Vec<(String, ValueWriter)>,
}

impl JsonWriter {
    pub(in crate::formats) fn new(schema: &SchemaRef, timestamp_format: Option<&str>) -> Result<JsonWriter> {
        let mut columns = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if Kind::of(field.data_type()).is_none() {
                return Err(Error::unsupported_type(field.data_type(), "format json"));
            }
            let mut before = if index == 0 { Vec::new() } else { vec![b','] };
            write_string(&mut before, field.name());
            before.push(b':');
            columns.push((before, ValueWriter::new(field.data_type(), timestamp_format)?));
        }
        Ok(JsonWriter { columns })
    }
}

impl RowWriter for JsonWriter {
    fn write(&mut self, columns: &[ColumnView], row: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        for ((before, writer), column) in self.columns.iter().zip(columns) {
            out.extend_from_slice(before);
            writer.write(out, &column.cell(row));
        }
        out.push(b'}');
    }
}

impl ValueWriter {
    fn new(data_type: &DataType, timestamp_format: Option<&str>) -> Result<ValueWriter> {
        let member =
            |field: &arrow::datatypes::FieldRef| Ok((field.name().clone(), ValueWriter::new(field.data_type(), timestamp_format)?));
        let nested = match data_type {
            DataType::Struct(fields) => fields.iter().map(member).collect::<Result<_>>()?,
            DataType::List(item) => vec![member(item)?],
            _ => Vec::new(),
        };
        Ok(ValueWriter { renderer: TextRenderer::new(data_type, timestamp_format)?, nested })
    }

    /// Appends a value as JSON.
    fn write(&self, out: &mut Vec<u8>, cell: &Cell<'_>) {
        match cell {
            Cell::Null => out.extend_from_slice(b"null"),
            Cell::Text(text) => write_string(out, text),
            Cell::Struct(members) => {
                out.push(b'{');
                for (index, (member, (name, writer))) in members.iter().zip(&self.nested).enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(out, name);
                    out.push(b':');
                    writer.write(out, member);
                }
                out.push(b'}');
            }
            Cell::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.nested.iter().for_each(|(_, writer)| writer.write(out, item));
                }
                out.push(b']');
            }
            _ if self.renderer.has_timestamp_format() => self.write_formatted(out, cell),
            _ if is_quoted(cell, self.renderer.data_type()) => {
                out.push(b'"');
                self.renderer.render(out, cell);
                out.push(b'"');
            }
            _ => self.renderer.render(out, cell),
        }
    }

    /// A timestamp in a format of the user's, which may hold anything.
    fn write_formatted(&self, out: &mut Vec<u8>, cell: &Cell<'_>) {
        let mut text = Vec::new();
        self.renderer.render(&mut text, cell);
        write_string(out, &String::from_utf8_lossy(&text));
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
