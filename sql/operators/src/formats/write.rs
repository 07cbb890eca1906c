//! Rows to records: the same for all formats.
//!
//! Append: every row becomes a record, a row of weight 2 two. Upsert: the changes of one chunk are netted by key, so that `−old +new` is one record and
//! a key that loses its row gets one record without a value.

use super::registry::{RowWriter, key_writer, writer};
use super::{FormatSpec, SinkMode, WriteOptions};
use crate::codec::Interner;
use crate::columns::{Cell, ColumnView, views};
use crate::{DeltaBatch, Error, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use bytes::Bytes;
use log_model::Timestamp;
use std::sync::Arc;
use streams_runtime::topology::EncoderFactory;
use streams_runtime::{Chunk, Encoder, RecordWriter};

/// A record made of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRecord {
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// The key's bytes.
    pub key: Option<Bytes>,
    /// The value's bytes; none deletes the key.
    pub value: Option<Bytes>,
}

/// Takes one record: its timestamp, key and value.
pub(super) type Emit<'a> = &'a mut dyn FnMut(Timestamp, Option<&[u8]>, Option<&[u8]>) -> Result<()>;

struct RowsWriter {
    schema: SchemaRef,
    value_writer: Box<dyn RowWriter>,
    key_writer: Box<dyn RowWriter>,
    options: WriteOptions,
    /// Where the next batch begins to be netted: scratch.
    keys: Interner,
}

impl RowsWriter {
    fn new(spec: &FormatSpec, schema: &SchemaRef, options: &WriteOptions) -> Result<RowsWriter> {
        if options.mode == SinkMode::Upsert && options.key.is_empty() {
            return Err(Error::Format { reason: "a table is written by key: name its key columns".to_string() });
        }
        if let Some(column) = options.timestamp {
            let data_type = schema.field(column).data_type();
            if !matches!(data_type, DataType::Timestamp(_, _)) {
                return Err(Error::unsupported_type(data_type, format!("timestamp column {:?}", schema.field(column).name())));
            }
        }
        let key_schema = Arc::new(schema.project(&options.key)?);
        Ok(RowsWriter {
            schema: SchemaRef::clone(schema),
            value_writer: writer(spec, schema)?,
            key_writer: key_writer(&key_schema)?,
            options: options.clone(),
            keys: Interner::new(),
        })
    }

    fn write(&mut self, batch: &DeltaBatch, out: Emit<'_>) -> Result<()> {
        match self.options.mode {
            SinkMode::Append => self.append(batch, out),
            SinkMode::Upsert => self.upsert(batch, out),
        }
    }

    fn append(&mut self, batch: &DeltaBatch, out: Emit<'_>) -> Result<()> {
        let columns = views(&batch.rows)?;
        let key_columns = views(&batch.rows.project(&self.options.key)?)?;
        let (mut key, mut value) = (Vec::new(), Vec::new());
        for row in 0..batch.count() {
            let weight = batch.weight(row);
            if weight < 0 {
                return Err(Error::Retraction { place: "a sink in append mode" });
            }
            key.clear();
            value.clear();
            self.value_writer.write(&columns, row, &mut value);
            if !key_columns.is_empty() {
                self.key_writer.write(&key_columns, row, &mut key);
            }
            let key = (!key_columns.is_empty()).then_some(key.as_slice());
            for _ in 0..weight {
                out(self.timestamp(batch, &columns, row), key, Some(&value))?;
            }
        }
        Ok(())
    }

    fn upsert(&mut self, batch: &DeltaBatch, out: Emit<'_>) -> Result<()> {
        let net;
        let batch = if batch.weights.is_some() {
            net = batch.consolidate()?;
            &net
        } else {
            batch
        };
        let columns = views(&batch.rows)?;
        let key_columns = views(&batch.rows.project(&self.options.key)?)?;
        let mut last: Vec<usize> = Vec::new();
        let mut key = Vec::new();
        self.keys.clear();
        for row in 0..batch.count() {
            key.clear();
            self.key_writer.write(&key_columns, row, &mut key);
            let (id, new) = self.keys.intern(&key);
            if new {
                last.push(row);
            } else if batch.weight(row) > 0 || batch.weight(last[id as usize]) < 0 {
                last[id as usize] = row;
            }
        }
        let mut value = Vec::new();
        for (key, row) in self.keys.keys().zip(last) {
            value.clear();
            let present = batch.weight(row) > 0;
            if present {
                self.value_writer.write(&columns, row, &mut value);
            }
            out(self.timestamp(batch, &columns, row), Some(key), present.then_some(value.as_slice()))?;
        }
        Ok(())
    }

    /// The timestamp of a row's record. A log takes none before 1970, and -1 would mean that there is none: there it is 0. The column keeps the true value.
    fn timestamp(&self, batch: &DeltaBatch, columns: &[ColumnView], row: usize) -> Timestamp {
        let column = self.options.timestamp.map(|column| (columns[column].cell(row), self.schema.field(column).data_type()));
        let time_ms = match column {
            Some((Cell::Int(value), DataType::Timestamp(unit, _))) => to_ms(value, *unit),
            _ => batch.times[row],
        };
        Timestamp(time_ms.max(0))
    }
}

/// A timestamp of any unit in milliseconds, rounded down.
pub(crate) fn to_ms(value: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => value.saturating_mul(1000),
        TimeUnit::Millisecond => value,
        TimeUnit::Microsecond => value.div_euclid(1000),
        TimeUnit::Nanosecond => value.div_euclid(1_000_000),
    }
}

/// Makes records of rows in one go, for `INSERT`. `time` stamps rows without a timestamp column.
///
/// ```
/// use arrow::array::{Int64Array, RecordBatch};
/// use sql_operators::formats::{Format, FormatSpec, WriteOptions, write_rows};
/// use std::sync::Arc;
///
/// let rows = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![7])) as _)]).unwrap();
/// let records = write_rows(&FormatSpec::new(Format::Json), &rows, 0.into(), &WriteOptions::append()).unwrap();
/// assert_eq!(records[0].value.as_deref(), Some(br#"{"a":7}"#.as_slice()));
/// ```
pub fn write_rows(spec: &FormatSpec, rows: &RecordBatch, time: Timestamp, options: &WriteOptions) -> Result<Vec<WrittenRecord>> {
    let mut records = Vec::new();
    let batch = DeltaBatch::new(rows.clone(), vec![time.0; rows.num_rows()]);
    write_changes(spec, &batch, options, &mut |timestamp, key, value| {
        records.push(WrittenRecord { timestamp, key: key.map(Bytes::copy_from_slice), value: value.map(Bytes::copy_from_slice) });
        Ok(())
    })?;
    Ok(records)
}

/// Makes records of changes in one go.
pub(super) fn write_changes(spec: &FormatSpec, batch: &DeltaBatch, options: &WriteOptions, emit: Emit<'_>) -> Result<()> {
    RowsWriter::new(spec, &batch.rows.schema(), options)?.write(batch, emit)
}

/// The encoder of a sink's topic for rows of this schema.
///
/// Errors: settings that do not fit the columns, a format that can only be read.
pub fn encoder(spec: &FormatSpec, schema: &SchemaRef, options: &WriteOptions) -> Result<EncoderFactory> {
    RowsWriter::new(spec, schema, options)?;
    let (spec, schema, options) = (spec.clone(), SchemaRef::clone(schema), options.clone());
    Ok(Arc::new(move || {
        let writer = RowsWriter::new(&spec, &schema, &options).expect("the same settings were accepted before");
        Box::new(FormatEncoder { writer })
    }))
}

struct FormatEncoder {
    writer: RowsWriter,
}

impl Encoder for FormatEncoder {
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        Ok(self.writer.write(&batch, &mut |timestamp, key, value| Ok(out.write(timestamp, key, value, &[], None)?))?)
    }
}
