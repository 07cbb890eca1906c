//! Records to rows of CSV.

use crate::converters::json::value_to_json;
use crate::file_sink::{RowFormat, RowWriter};
use connect_api::{Result, Schema, SinkRecord, Value};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The column of a value that has no fields.
const SINGLE: &str = "value";

/// The format.
#[derive(Clone, Debug)]
pub(super) struct CsvRows {
    /// The columns; empty to take them from the data.
    pub(super) columns: Vec<String>,
    /// Whether a header row is written.
    pub(super) header: bool,
}

impl RowFormat for CsvRows {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn begin(&self, first: &SinkRecord) -> Result<Box<dyn RowWriter>> {
        let fixed = !self.columns.is_empty();
        let columns = if fixed { self.columns.clone() } else { names(&first.value.value).map(Cow::into_owned).collect() };
        Ok(Box::new(CsvFile { columns, fixed, header: self.header }))
    }

    fn count_rows(&self, bytes: &[u8], in_quotes: &mut bool) -> u64 {
        let mut rows = 0;
        for byte in bytes {
            match byte {
                b'"' => *in_quotes = !*in_quotes,
                b'\n' if !*in_quotes => rows += 1,
                _ => {}
            }
        }
        rows
    }

    fn header_rows(&self) -> u64 {
        u64::from(self.header)
    }
}

struct CsvFile {
    columns: Vec<String>,
    /// The user chose the columns: fields beside them are left out.
    fixed: bool,
    header: bool,
}

impl RowWriter for CsvFile {
    fn header(&self, out: &mut Vec<u8>) {
        if self.header {
            for (index, column) in self.columns.iter().enumerate() {
                separate(index, out);
                quote(column, out);
            }
            out.push(b'\n');
        }
    }

    fn fits(&self, record: &SinkRecord) -> bool {
        self.fixed || names(&record.value.value).all(|name| self.columns.iter().any(|column| *column == name))
    }

    fn row(&mut self, record: &SinkRecord, out: &mut Vec<u8>) -> Result<()> {
        for (index, column) in self.columns.iter().enumerate() {
            separate(index, out);
            let (schema, value) = field(&record.value.value, record.value.schema.as_deref(), column);
            match value_to_json(schema, value, true)? {
                Json::Null => {}
                Json::String(text) => quote(&text, out),
                other => quote(&other.to_string(), out),
            }
        }
        out.push(b'\n');
        Ok(())
    }
}

/// The names of the columns a value fills.
fn names(value: &Value) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    match value {
        Value::Struct(value) => Box::new(value.schema().fields.iter().map(|field| Cow::from(field.name.as_str()))),
        Value::Map(entries) => Box::new(entries.iter().map(|(key, _)| name(key))),
        Value::Null => Box::new(std::iter::empty()),
        _ => Box::new(std::iter::once(Cow::from(SINGLE))),
    }
}

fn name(key: &Value) -> Cow<'_, str> {
    match key {
        Value::String(text) => Cow::from(text.as_str()),
        other => Cow::from(other.as_i64().map_or_else(|| format!("{other:?}"), |number| number.to_string())),
    }
}

/// The value in a column, with its schema.
fn field<'a>(value: &'a Value, schema: Option<&'a Schema>, column: &str) -> (Option<&'a Schema>, &'a Value) {
    const NULL: &Value = &Value::Null;
    match value {
        Value::Struct(value) => match value.schema().field(column) {
            Some((index, field)) => (Some(field.schema.as_ref()), &value.values()[index]),
            None => (None, NULL),
        },
        Value::Map(entries) => {
            let found = entries.iter().find(|(key, _)| name(key) == column).map(|(_, value)| value);
            (schema.and_then(|schema| schema.value_schema.as_deref()).filter(|_| found.is_some()), found.unwrap_or(NULL))
        }
        Value::Null => (None, NULL),
        other if column == SINGLE => (schema, other),
        _ => (None, NULL),
    }
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

/// Appends a field, quoted where RFC 4180 asks for it; empty text is quoted so that it differs from null.
fn quote(text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() && !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect_api::{Data, TopicName};
    use proptest::prelude::*;

    fn record(value: Value) -> SinkRecord {
        let partition = TopicName::new("t").unwrap().partition(0);
        SinkRecord {
            partition,
            offset: 0.into(),
            timestamp: 0.into(),
            key: Data::null(),
            value: Data::schemaless(value),
            headers: Vec::new(),
        }
    }

    fn map(entries: &[(&str, &str)]) -> Value {
        Value::Map(entries.iter().map(|(key, value)| (Value::from(*key), Value::from(*value))).collect())
    }

    #[test]
    fn columns_come_from_the_first_record_and_another_field_begins_a_new_file() {
        let format = CsvRows { columns: Vec::new(), header: true };
        let first = record(map(&[("a", "1"), ("b", "x,\"y\"\n")]));
        let mut file = format.begin(&first).unwrap();
        let mut out = Vec::new();
        file.header(&mut out);
        file.row(&first, &mut out).unwrap();
        file.row(&record(map(&[("b", "")])), &mut out).unwrap();
        assert_eq!(String::from_utf8(out.clone()).unwrap(), "a,b\n1,\"x,\"\"y\"\"\n\"\n,\"\"\n");
        assert!(file.fits(&record(map(&[("b", "")]))));
        assert!(!file.fits(&record(map(&[("c", "")]))));
        assert_eq!(format.count_rows(&out, &mut false) - format.header_rows(), 2);
    }

    #[test]
    fn chosen_columns_stay_and_plain_values_have_one_column() {
        let format = CsvRows { columns: vec!["b".into()], header: false };
        let mut out = Vec::new();
        let mut file = format.begin(&record(map(&[("a", "1")]))).unwrap();
        file.row(&record(map(&[("a", "1"), ("b", "2")])), &mut out).unwrap();
        assert_eq!(out, b"2\n");

        let format = CsvRows { columns: Vec::new(), header: true };
        let mut file = format.begin(&record(Value::Int64(5))).unwrap();
        let mut out = Vec::new();
        file.header(&mut out);
        file.row(&record(Value::Int64(5)), &mut out).unwrap();
        assert_eq!(out, b"value\n5\n");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_with_a_csv_reader(rows in prop::collection::vec(prop::collection::vec("[a,\"\n\ré ]{0,6}", 3), 1..8)) {
            let format = CsvRows { columns: vec!["a".into(), "b".into(), "c".into()], header: true };
            let mut file = format.begin(&record(Value::Null)).unwrap();
            let mut out = Vec::new();
            file.header(&mut out);
            for row in &rows {
                file.row(&record(map(&[("a", &row[0]), ("b", &row[1]), ("c", &row[2])])), &mut out).unwrap();
            }
            let mut reader = csv::Reader::from_reader(&out[..]);
            let read: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(str::to_string).collect()).collect();
            prop_assert_eq!(format.count_rows(&out, &mut false) - 1, rows.len() as u64);
            prop_assert_eq!(read, rows);
        }
    }
}
