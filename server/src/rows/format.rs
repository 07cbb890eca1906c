//! The formats, and the two that need nothing but the batch.

use anyhow::{Context, Result};
use clap::ValueEnum;
use headwater::sql::arrow::array::{ArrayRef, RecordBatch};
use headwater::sql::arrow::datatypes::DataType;
use headwater::sql::arrow::json::writer::LineDelimited;
use headwater::sql::{arrow, json_rows};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// A JSON object a line
    Json,
    /// Comma-separated values with a header line
    Csv,
}

/// In the form in which topics hold JSON; columns of types that never are in topics (an interval, say) in Arrow's.
pub(super) fn json(batch: &RecordBatch) -> Result<Vec<u8>> {
    let rows = match json_rows(batch) {
        Ok(rows) => rows,
        Err(_) => by_column(batch)?,
    };
    Ok(rows.into_iter().flat_map(|row| row.into_bytes().into_iter().chain([b'\n'])).collect())
}

/// Every column in the form that it can have, put together: one of a strange type must not change what the others look like.
fn by_column(batch: &RecordBatch) -> Result<Vec<String>> {
    let mut rows = vec![String::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let alone = RecordBatch::try_from_iter_with_nullable([(field.name(), plain(column)?, true)])?;
        let objects = match json_rows(&alone) {
            Ok(objects) => objects,
            Err(_) => arrow_rows(&alone)?,
        };
        for (row, object) in rows.iter_mut().zip(&objects) {
            let inner = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).context("a row is no JSON object")?;
            row.push(if row.is_empty() { '{' } else { ',' });
            row.push_str(inner);
        }
    }
    rows.iter_mut().for_each(|row| row.push('}'));
    Ok(rows)
}

/// The same values as a type that topics can hold, where there is one.
fn plain(column: &ArrayRef) -> Result<ArrayRef> {
    let data_type = match column.data_type() {
        DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Float16 => DataType::Float32,
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        _ => return Ok(column.clone()),
    };
    Ok(arrow::compute::cast(column, &data_type)?)
}

fn arrow_rows(batch: &RecordBatch) -> Result<Vec<String>> {
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(String::from_utf8(writer.into_inner())?.lines().map(str::to_string).collect())
}

pub(super) fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    arrow::csv::WriterBuilder::new().with_header(header).build(&mut text).write(batch)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{BinaryArray, FixedSizeBinaryArray, Float64Array, IntervalYearMonthArray};
    use std::sync::Arc;

    #[test]
    fn a_column_that_no_topic_can_hold_does_not_change_how_the_others_are_printed() {
        let columns: [(&str, ArrayRef); 4] = [
            ("number", Arc::new(Float64Array::from(vec![Some(f64::INFINITY), None]))),
            ("took", Arc::new(IntervalYearMonthArray::from(vec![Some(14), None]))),
            ("bytes", Arc::new(BinaryArray::from(vec![b"ab".as_slice(), b""]))),
            ("two", Arc::new(FixedSizeBinaryArray::try_from_iter([b"ab", b"cd"].into_iter()).expect("two bytes each"))),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("four columns");
        assert!(json_rows(&batch).is_err(), "no topic can hold it");
        let text = String::from_utf8(json(&batch).expect("printed")).expect("text");
        let expected = [
            r#"{"number":"Infinity","took":"1 years 2 mons","bytes":"YWI=","two":"YWI="}"#,
            r#"{"number":null,"took":null,"bytes":"","two":"Y2Q="}"#,
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
