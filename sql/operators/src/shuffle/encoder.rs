//! Rows to records of a repartition topic.

use crate::codec::{ROW_VERSION, encode_cell, ensure_key_type, write_key_cell, write_signed};
use crate::columns::{RowBuilder, views};
use crate::{DeltaBatch, Result};
use arrow::datatypes::SchemaRef;
use log_model::Timestamp;
use std::sync::Arc;
use streams_runtime::topology::EncoderFactory;
use streams_runtime::{Chunk, Encoder, RecordWriter};
use streams_state::key::KeyWriter;

/// Encodes rows keyed by these columns; without any, all rows have one key.
///
/// Errors: a column that has no encoding, a key column whose values have no order.
pub fn shuffle_encoder(schema: &SchemaRef, key: &[usize]) -> Result<EncoderFactory> {
    RowBuilder::new(SchemaRef::clone(schema))?;
    for column in key {
        ensure_key_type(schema.field(*column).data_type(), "a key to distribute rows by")?;
    }
    let key = key.to_vec();
    Ok(Arc::new(move || Box::new(ShuffleEncoder { key: key.clone() })))
}

struct ShuffleEncoder {
    key: Vec<usize>,
}

/// Calls `write` with event time, key and value of each row.
pub(super) fn encode_rows(batch: &DeltaBatch, key_columns: &[usize], mut write: impl FnMut(i64, &[u8], &[u8]) -> Result<()>) -> Result<()> {
    let columns = views(&batch.rows)?;
    let (mut key, mut value) = (KeyWriter::new(), Vec::new());
    for row in 0..batch.count() {
        key.clear();
        key_columns.iter().for_each(|column| write_key_cell(&mut key, &columns[*column].cell(row)));
        value.clear();
        value.push(ROW_VERSION);
        write_signed(&mut value, batch.weight(row));
        write_signed(&mut value, batch.times[row]);
        columns.iter().for_each(|column| encode_cell(&mut value, &column.cell(row)));
        write(batch.times[row], key.as_slice(), &value)?;
    }
    Ok(())
}

impl Encoder for ShuffleEncoder {
    fn encode(&mut self, chunk: Chunk, out: &mut dyn RecordWriter) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let write = |time: i64, key: &[u8], value: &[u8]| Ok(out.write(Timestamp(time.max(0)), Some(key), Some(value), &[], None)?);
        Ok(encode_rows(&batch, &self.key, write)?)
    }
}
