//! Rows of text for SHOW and DESCRIBE.

use crate::Rows;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;

/// A table of texts under these column names; every row has a cell a column.
pub(super) fn texts(columns: &[&str], rows: Vec<Vec<String>>) -> Rows {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
    let arrays = (0..columns.len()).map(|index| {
        let values = rows.iter().map(|row| row.get(index).map_or("", String::as_str));
        Arc::new(StringArray::from_iter_values(values)) as ArrayRef
    });
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect()).expect("every column has a text a row");
    Rows::of(batch)
}
