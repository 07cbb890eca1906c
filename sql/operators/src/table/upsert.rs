//! Records that replace earlier ones of their key, to changes.
//!
//! The store holds the present row of each key: the key's parts → version, event time, all columns.

use crate::codec::{Interner, ROW_VERSION, ValueReader, encode_cell, ensure_key_type, write_key_cell, write_signed};
use crate::columns::{Cell, ColumnView, RowBuilder, views};
use crate::{DeltaBatch, Error, Result};
use arrow::datatypes::SchemaRef;
use std::sync::Arc;
use streams_runtime::topology::OperatorFactory;
use streams_runtime::{Chunk, Context, Operator};
use streams_state::Store;
use streams_state::key::KeyWriter;

/// Takes rows as a table's decoder makes them (weight 1 sets the row of its key, −1 deletes it) and puts out, for each key of a batch whose row changed,
/// the old row with weight −1 and the new one with weight 1. One store.
///
/// Errors: key columns whose values have no order.
pub fn upsert_to_delta(schema: &SchemaRef, key: &[usize]) -> Result<OperatorFactory> {
    if key.is_empty() {
        return Err(Error::Format { reason: "a table needs a primary key: name its columns".to_string() });
    }
    for column in key {
        ensure_key_type(schema.field(*column).data_type(), "a primary key")?;
    }
    RowBuilder::new(SchemaRef::clone(schema))?;
    let (schema, key) = (SchemaRef::clone(schema), key.to_vec());
    Ok(Arc::new(move || Box::new(UpsertToDelta { state: Upserts { schema: SchemaRef::clone(&schema), key: key.clone() } })))
}

/// The operator without its doors.
struct Upserts {
    schema: SchemaRef,
    key: Vec<usize>,
}

impl Upserts {
    fn apply(&self, batch: &DeltaBatch, store: &mut dyn Store) -> Result<DeltaBatch> {
        let columns = views(&batch.rows)?;
        let (keys, last) = self.last_rows(batch, &columns);
        let stored = store.multi_get(&keys.keys().collect::<Vec<_>>())?;
        let mut rows = RowBuilder::new(SchemaRef::clone(&self.schema))?;
        let (mut weights, mut times, mut triggers) = (Vec::new(), Vec::new(), Vec::new());
        for ((key, old), row) in keys.keys().zip(stored).zip(last) {
            let old = old.as_deref().map(|bytes| self.stored_row(bytes)).transpose()?;
            let new = (batch.weight(row) > 0).then(|| columns.iter().map(|column| column.cell(row)).collect::<Vec<_>>());
            self.put(key, new.as_deref(), batch.times[row], store)?;
            if old.as_ref().map(|(cells, _)| cells) == new.as_ref() {
                continue;
            }
            let changes = [old.map(|(cells, time)| (cells, -1, time)), new.map(|cells| (cells, 1, batch.times[row]))];
            for (cells, weight, time) in changes.into_iter().flatten() {
                rows.append(&cells)?;
                weights.push(weight);
                times.push(time);
                triggers.push(row as u32);
            }
        }
        let origin = batch.origin.as_ref().map(|origin| origin.take(&triggers));
        Ok(DeltaBatch::new(rows.finish()?, times).with_weights(weights).with_origin(origin))
    }

    /// The keys of a batch and the last row of each.
    fn last_rows(&self, batch: &DeltaBatch, columns: &[ColumnView]) -> (Interner, Vec<usize>) {
        let mut keys = Interner::new();
        let mut last = Vec::new();
        let mut key = KeyWriter::new();
        for row in 0..batch.count() {
            key.clear();
            self.key.iter().for_each(|column| write_key_cell(&mut key, &columns[*column].cell(row)));
            let (id, new) = keys.intern(key.as_slice());
            if new {
                last.push(row);
            }
            last[id as usize] = row;
        }
        (keys, last)
    }

    fn put(&self, key: &[u8], row: Option<&[Cell<'_>]>, time: i64, store: &mut dyn Store) -> Result<()> {
        let bytes = row.map(|cells| {
            let mut bytes = vec![ROW_VERSION];
            write_signed(&mut bytes, time);
            cells.iter().for_each(|cell| encode_cell(&mut bytes, cell));
            bytes
        });
        Ok(store.put(key, bytes.as_deref())?)
    }

    fn stored_row<'a>(&self, bytes: &'a [u8]) -> Result<(Vec<Cell<'a>>, i64)> {
        let mut reader = ValueReader::versioned(bytes, "table row")?;
        let time = reader.signed()?;
        let cells = self.schema.fields().iter().map(|field| reader.cell(field.data_type())).collect::<Result<_>>()?;
        reader.finish()?;
        Ok((cells, time))
    }
}

struct UpsertToDelta {
    state: Upserts,
}

impl Operator for UpsertToDelta {
    fn process(&mut self, _port: usize, chunk: Chunk, context: &mut Context<'_>) -> streams_runtime::Result<()> {
        let batch = chunk.take::<DeltaBatch>()?;
        let changes = self.state.apply(&batch, context.store(0))?;
        context.forward(Chunk::new(changes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{memory_store, rows_of, text_batch};

    #[test]
    fn each_batch_gives_one_change_a_key_and_restarts_remember() {
        let mut store = memory_store();
        let first = text_batch(&[("a", Some("1")), ("b", Some("1")), ("a", Some("2"))]);
        let upserts = || Upserts { schema: first.rows.schema(), key: vec![0] };
        assert_eq!(rows_of(&upserts().apply(&first, &mut store).unwrap()), ["+a,2", "+b,1"]);
        let again = text_batch(&[("a", Some("2"))]);
        assert!(rows_of(&upserts().apply(&again, &mut store).unwrap()).is_empty());
        let second = text_batch(&[("a", Some("3")), ("b", None), ("c", None)]).with_weights(vec![1, -1, -1]);
        assert_eq!(rows_of(&upserts().apply(&second, &mut store).unwrap()), ["-a,2", "+a,3", "-b,1"]);
    }
}
