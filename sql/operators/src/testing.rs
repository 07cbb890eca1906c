//! What the tests of this crate share: batches, expressions from SQL text, a store in memory.

use crate::DeltaBatch;
use crate::columns::{render_text, views};
use arrow::array::{Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchema;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;
use std::sync::Arc;
use streams_state::{CacheLimit, CachedStore, MemoryStore};

pub(crate) fn memory_store() -> CachedStore {
    CachedStore::new("test", Box::new(MemoryStore::new()), CacheLimit::default())
}

pub(crate) fn physical(sql: &str, schema: &SchemaRef) -> Arc<dyn PhysicalExpr> {
    let session = SessionContext::new();
    let schema = DFSchema::try_from(schema.as_ref().clone()).unwrap();
    let expression = session.parse_sql_expr(sql, &schema).unwrap();
    session.create_physical_expr(expression, &schema).unwrap()
}

pub(crate) fn int_batch(name: &str, values: &[Option<i64>]) -> DeltaBatch {
    let column = Arc::new(Int64Array::from(values.to_vec()));
    let rows = RecordBatch::try_from_iter_with_nullable([(name, column as _, true)]).unwrap();
    DeltaBatch::new(rows, vec![0; values.len()])
}

pub(crate) fn time_batch(times: &[i64]) -> DeltaBatch {
    let column = Arc::new(TimestampMillisecondArray::from(times.to_vec()));
    DeltaBatch::new(RecordBatch::try_from_iter([("ts", column as _)]).unwrap(), times.to_vec())
}

pub(crate) fn text_batch(rows: &[(&str, Option<&str>)]) -> DeltaBatch {
    let keys = Arc::new(StringArray::from_iter(rows.iter().map(|(key, _)| Some(*key))));
    let values = Arc::new(StringArray::from_iter(rows.iter().map(|(_, value)| *value)));
    let batch = RecordBatch::try_from_iter_with_nullable([("key", keys as _, true), ("value", values as _, true)]).unwrap();
    DeltaBatch::new(batch, (0..rows.len() as i64).collect::<Vec<_>>())
}

/// Each row as text: its sign (or weight), then its values, nulls empty.
pub(crate) fn rows_of(batch: &DeltaBatch) -> Vec<String> {
    let columns = views(&batch.rows).unwrap();
    let schema = batch.rows.schema();
    let row_text = |row: usize| {
        let mut text = match batch.weight(row) {
            1 => "+".to_string(),
            -1 => "-".to_string(),
            weight => format!("{weight:+}×"),
        }
        .into_bytes();
        for (index, (column, field)) in columns.iter().zip(schema.fields()).enumerate() {
            if index > 0 {
                text.push(b',');
            }
            render_text(&mut text, &column.cell(row), field.data_type());
        }
        String::from_utf8(text).unwrap()
    };
    (0..batch.count()).map(row_text).collect()
}
