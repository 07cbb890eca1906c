//! The rows a table holds after a run of records.

use crate::codec::{Interner, encode_cell};
use crate::columns::views;
use crate::{DeltaBatch, Result};
use arrow::array::RecordBatch;

/// Of rows as a table's decoder makes them (weight −1 deletes a key), the last of each key, in the order the keys first appeared.
///
/// ```
/// use arrow::array::{Int64Array, RecordBatch};
/// use sql_operators::{DeltaBatch, latest_per_key};
/// use std::sync::Arc;
///
/// let column = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as _;
/// let rows = RecordBatch::try_from_iter([("key", column(vec![1, 2, 1, 2])), ("value", column(vec![10, 20, 11, 0]))]).unwrap();
/// let records = DeltaBatch::new(rows, vec![0; 4]).with_weights(vec![1, 1, 1, -1]);
/// assert_eq!(latest_per_key(&records, &[0]).unwrap(), records.rows.slice(2, 1));
/// ```
pub fn latest_per_key(records: &DeltaBatch, key: &[usize]) -> Result<RecordBatch> {
    let columns = views(&records.rows.project(key)?)?;
    let mut interner = Interner::new();
    let mut last: Vec<u32> = Vec::new();
    let mut bytes = Vec::new();
    for row in 0..records.count() {
        bytes.clear();
        columns.iter().for_each(|column| encode_cell(&mut bytes, &column.cell(row)));
        let (id, new) = interner.intern(&bytes);
        if new {
            last.push(row as u32);
        }
        last[id as usize] = row as u32;
    }
    last.retain(|row| records.weight(*row as usize) > 0);
    Ok(records.take(&last)?.rows)
}
