//! Values into columns of another type, as SQL assigns them: only where the value stays what it is. What would change it needs a CAST.

use crate::Error;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type};
use sql_planner::{Column, Error as SqlError, Insert, SqlType};
use std::sync::Arc;

/// Above this whole numbers have no place of their own in a DOUBLE: what was written may have been changed already.
const WHOLE_DOUBLE_MAX: f64 = 9_007_199_254_740_992.0;

/// What was refused, by row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// No value of this kind goes into such a column.
    Kind(usize),
    /// The value would become another one.
    Changed(usize),
    /// It cannot be converted.
    NoValue(usize),
}

impl Refused {
    /// The error for the user; `place` is the value's place in the row.
    pub(super) fn explain(self, insert: &Insert, place: usize, column: &Column) -> Error {
        let (Refused::Kind(row) | Refused::Changed(row) | Refused::NoValue(row)) = self;
        let (name, data_type) = (&column.name, column.data_type);
        let value = insert.value_text(row, place).unwrap_or_else(|| "a value".to_string());
        let error = SqlError::invalid(format!("{value} is not a value of type {data_type}"));
        let detail = format!("column \"{name}\" is {data_type}");
        let error = match self {
            Refused::NoValue(_) => error.with_detail(detail),
            Refused::Changed(_) => error
                .with_detail(format!("{detail}, which would change the value"))
                .with_hint(format!("write CAST({value} AS {data_type}) if that is meant")),
            Refused::Kind(_) => {
                let hint = match column.data_type {
                    SqlType::Timestamp => "write it as text, for example '2015-05-17T10:05:03Z', or CAST it".to_string(),
                    SqlType::Date => "write it as text, for example '2015-05-17', or CAST it".to_string(),
                    _ => format!("write CAST({value} AS {data_type}) if that is meant"),
                };
                error.with_detail(detail).with_hint(hint)
            }
        };
        Error::Statement(insert.at_value(row, place, error))
    }
}

/// The values in the column's type.
pub(super) fn assign(values: &ArrayRef, column: &Column) -> Result<ArrayRef, Refused> {
    let target = column.data_type.arrow();
    if *values.data_type() == target {
        return Ok(Arc::clone(values));
    }
    if !may_take(column.data_type, values.data_type())
        && let Some(row) = (0..values.len()).find(|row| values.is_valid(*row))
    {
        return Err(Refused::Kind(row));
    }
    let assigned = cast(values, &target).map_err(|()| {
        // The error does not say which row: the first that does not convert alone.
        let row = (0..values.len()).find(|row| cast(&values.slice(*row, 1), &target).is_err()).unwrap_or(0);
        Refused::NoValue(row)
    })?;
    match first_changed(values, &assigned, column.data_type) {
        Some(row) => Err(Refused::Changed(row)),
        None => Ok(assigned),
    }
}

fn cast(values: &dyn Array, target: &DataType) -> Result<ArrayRef, ()> {
    cast_with_options(values, target, &CastOptions { safe: false, ..CastOptions::default() }).map_err(|_| ())
}

fn may_take(column: SqlType, values: &DataType) -> bool {
    // Text is a value written in quotes, of whatever type its column is.
    if *values == DataType::Null || is_text(values) {
        return true;
    }
    match column {
        SqlType::Varchar => true,
        SqlType::Boolean => *values == DataType::Boolean,
        SqlType::Int | SqlType::BigInt | SqlType::Double | SqlType::Decimal(..) => values.is_numeric(),
        SqlType::Timestamp | SqlType::Date => matches!(values, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64),
        SqlType::Bytes => matches!(values, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)),
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The first row whose value does not come back when it is converted back.
fn first_changed(values: &ArrayRef, assigned: &ArrayRef, column: SqlType) -> Option<usize> {
    if is_text(values.data_type()) && matches!(column, SqlType::Decimal(..)) {
        // Text with more digits than the column has would be rounded.
        return first_changed(&cast(values, &DataType::Float64).ok()?, assigned, column);
    }
    let source = values.data_type();
    let compared =
        source.is_numeric() && column != SqlType::Varchar || column == SqlType::Date && matches!(source, DataType::Timestamp(..));
    if !compared {
        return None;
    }
    let Ok(back) = cast(assigned, source) else { return Some(0) };
    if let (Some(values), Some(back)) = (values.as_primitive_opt::<Float64Type>(), back.as_primitive_opt::<Float64Type>()) {
        let whole = matches!(column, SqlType::Int | SqlType::BigInt);
        return (0..values.len()).filter(|row| values.is_valid(*row)).find(|row| {
            let (value, back) = (values.value(*row), back.value(*row));
            // A DECIMAL comes back with the last bit of its DOUBLE undecided.
            let near = !whole && (value - back).abs() <= value.abs() * 2.0 * f64::EPSILON;
            !(value == back || near) || whole && value.abs() >= WHOLE_DOUBLE_MAX
        });
    }
    let changed = distinct(values, &back).ok()?;
    (0..changed.len()).find(|row| changed.value(*row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampNanosecondArray, UInt64Array};

    fn outcome(values: impl Array + 'static, data_type: SqlType) -> Result<(), Refused> {
        let values: ArrayRef = Arc::new(values);
        assign(&values, &Column { name: "a".to_string(), data_type, nullable: true }).map(|assigned| {
            assert_eq!(*assigned.data_type(), data_type.arrow());
        })
    }

    #[test]
    fn numbers_are_taken_while_they_stay_what_they_are() {
        let decimal = SqlType::Decimal(8, 2);
        for (value, column, expected) in [
            (7, SqlType::Int, Ok(())),
            (7, SqlType::Double, Ok(())),
            (7, decimal, Ok(())),
            (1 << 31, SqlType::Int, Err(Refused::NoValue(2))),
            ((1 << 53) + 1, SqlType::Double, Err(Refused::Changed(2))),
            (10_000_000, decimal, Err(Refused::NoValue(2))),
            (5, SqlType::Varchar, Ok(())),
            (5, SqlType::Boolean, Err(Refused::Kind(1))),
            (5, SqlType::Date, Err(Refused::Kind(1))),
            (5, SqlType::Timestamp, Err(Refused::Kind(1))),
            (5, SqlType::Bytes, Err(Refused::Kind(1))),
        ] {
            assert_eq!(outcome(Int64Array::from(vec![None, Some(1), Some(value)]), column), expected, "{value} into {column}");
        }
        for (value, column, expected) in [
            (2.9, SqlType::Int, Err(Refused::Changed(2))),
            (2.9, SqlType::BigInt, Err(Refused::Changed(2))),
            (1e300, SqlType::BigInt, Err(Refused::NoValue(2))),
            (f64::NAN, SqlType::Int, Err(Refused::NoValue(2))),
            (9_007_199_254_740_992.0, SqlType::BigInt, Err(Refused::Changed(2))),
            (3.0, SqlType::Int, Ok(())),
            (1.1, decimal, Ok(())),
            (19.99, decimal, Ok(())),
            (1.005, decimal, Err(Refused::Changed(2))),
            (1.5, SqlType::Boolean, Err(Refused::Kind(1))),
        ] {
            assert_eq!(outcome(Float64Array::from(vec![None, Some(1.0), Some(value)]), column), expected, "{value} into {column}");
        }
        let tenths = |value: i128| Decimal128Array::from(vec![value]).with_precision_and_scale(20, 1).unwrap();
        assert_eq!(outcome(tenths(29), SqlType::Int), Err(Refused::Changed(0)));
        assert_eq!(outcome(tenths(30), SqlType::Int), Ok(()));
        assert_eq!(outcome(tenths(29), SqlType::Double), Ok(()));
        assert_eq!(outcome(tenths(29), SqlType::Decimal(10, 0)), Err(Refused::Changed(0)));
        assert_eq!(outcome(UInt64Array::from(vec![u64::MAX]), SqlType::BigInt), Err(Refused::NoValue(0)));
    }

    #[test]
    fn text_is_read_and_a_day_takes_no_time_of_day() {
        assert_eq!(outcome(StringArray::from(vec!["7"]), SqlType::Int), Ok(()));
        assert_eq!(outcome(StringArray::from(vec!["7", "x"]), SqlType::Int), Err(Refused::NoValue(1)));
        assert_eq!(outcome(StringArray::from(vec!["2015-05-17"]), SqlType::Date), Ok(()));
        assert_eq!(outcome(StringArray::from(vec![Some("1.25"), None, Some("1.255")]), SqlType::Decimal(8, 2)), Err(Refused::Changed(2)));
        assert_eq!(outcome(StringArray::from(vec!["123456789012345678.25"]), SqlType::Decimal(20, 2)), Ok(()));
        assert_eq!(outcome(BooleanArray::from(vec![true]), SqlType::Int), Err(Refused::Kind(0)));
        let day: i64 = 86_400_000_000_000;
        assert_eq!(outcome(TimestampNanosecondArray::from(vec![day, -day]), SqlType::Date), Ok(()));
        assert_eq!(outcome(TimestampNanosecondArray::from(vec![day, day + 1]), SqlType::Date), Err(Refused::Changed(1)));
        assert_eq!(outcome(TimestampNanosecondArray::from(vec![day + 1]), SqlType::Timestamp), Ok(()));
    }
}
