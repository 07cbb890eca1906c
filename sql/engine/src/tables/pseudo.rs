//! The columns of every record that no relation declares: `_timestamp`, `_partition`, `_offset`, `_key`.
//!
//! They are part of a table only in queries that name one of them; there `wildcard.rs` keeps them out of `*`, which gives the declared columns.

use arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::sql::sqlparser::ast::{Expr, Visit, Visitor};
use std::ops::ControlFlow;
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

/// A pseudo column: its name, its type and its values for the records of one partition.
struct Pseudo {
    name: &'static str,
    data_type: DataType,
    values: fn(i32, &[&ConsumedRecord]) -> ArrayRef,
}

const COLUMNS: [Pseudo; 4] = [
    Pseudo {
        name: "_timestamp",
        data_type: DataType::Timestamp(TimeUnit::Millisecond, None),
        values: |_, records| Arc::new(records.iter().map(|record| Some(record.timestamp.0)).collect::<TimestampMillisecondArray>()),
    },
    Pseudo {
        name: "_partition",
        data_type: DataType::Int32,
        values: |partition, records| Arc::new(Int32Array::from(vec![partition; records.len()])),
    },
    Pseudo {
        name: "_offset",
        data_type: DataType::Int64,
        values: |_, records| Arc::new(records.iter().map(|record| Some(record.offset.0)).collect::<Int64Array>()),
    },
    Pseudo {
        name: "_key",
        data_type: DataType::Utf8,
        values: |_, records| {
            let key = |record: &&ConsumedRecord| record.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned());
            Arc::new(records.iter().map(key).collect::<StringArray>())
        },
    },
];

/// Their fields, to stand after the declared ones.
pub(super) fn fields() -> Vec<Field> {
    COLUMNS.iter().map(|column| Field::new(column.name, column.data_type.clone(), true)).collect()
}

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.name)
}

/// The values of pseudo column `index` for records of one partition.
pub(super) fn values(index: usize, partition: i32, records: &[&ConsumedRecord]) -> ArrayRef {
    (COLUMNS[index].values)(partition, records)
}

/// Whether a statement names one of them.
pub(super) fn are_named(statement: &datafusion::sql::parser::Statement) -> bool {
    let datafusion::sql::parser::Statement::Statement(statement) = statement else { return false };
    statement.visit(&mut Names).is_break()
}

struct Names;

impl Visitor for Names {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        let ident = match expression {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        match ident {
            Some(ident) if COLUMNS.iter().any(|column| ident.value.eq_ignore_ascii_case(column.name)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
