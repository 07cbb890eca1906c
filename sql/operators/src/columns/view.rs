//! Reading an Arrow column value by value: the type is looked at once a batch, not once a row.

use super::{Cell, Kind};
use crate::{Error, Result};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryViewArray, BooleanArray, LargeBinaryArray, LargeStringArray,
    RecordBatch, StringArray, StringViewArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use std::borrow::Cow;

/// A column ready to be read by row. Cheap to make for 64-bit numbers and text; narrower numbers are widened once.
pub(crate) struct ColumnView {
    values: Values,
    nulls: Option<NullBuffer>,
}

enum Values {
    Null,
    Boolean(BooleanArray),
    Int(ScalarBuffer<i64>),
    Uint(ScalarBuffer<u64>),
    Float(ScalarBuffer<f64>),
    Decimal(ScalarBuffer<i128>),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Binary(BinaryArray),
    LargeBinary(LargeBinaryArray),
    BinaryView(BinaryViewArray),
    Struct(Vec<ColumnView>),
    List(OffsetBuffer<i32>, Box<ColumnView>),
}

/// The columns of a batch, ready to be read by row.
pub(crate) fn views(rows: &RecordBatch) -> Result<Vec<ColumnView>> {
    rows.columns().iter().map(ColumnView::new).collect()
}

impl ColumnView {
    /// Errors: a type outside [`Kind`].
    pub(crate) fn new(array: &ArrayRef) -> Result<ColumnView> {
        if let DataType::Dictionary(_, value_type) = array.data_type() {
            return ColumnView::new(&arrow::compute::cast(array, value_type)?);
        }
        let kind = Kind::of(array.data_type()).ok_or_else(|| Error::unsupported_type(array.data_type(), "a column"))?;
        let values = match kind {
            Kind::Null => Values::Null,
            Kind::Boolean => Values::Boolean(array.as_boolean().clone()),
            Kind::Int => Values::Int(ints(array)?),
            Kind::Uint => Values::Uint(array.as_primitive::<UInt64Type>().values().clone()),
            Kind::Float => Values::Float(floats(array)),
            Kind::Decimal => Values::Decimal(array.as_primitive::<arrow::datatypes::Decimal128Type>().values().clone()),
            Kind::Text | Kind::Binary => byte_values(array),
            Kind::Struct => Values::Struct(array.as_struct().columns().iter().map(ColumnView::new).collect::<Result<_>>()?),
            Kind::List => {
                let list = array.as_list::<i32>();
                Values::List(list.offsets().clone(), Box::new(ColumnView::new(list.values())?))
            }
        };
        Ok(ColumnView { values, nulls: array.nulls().cloned() })
    }

    /// Whether the value at `row` is null.
    #[inline]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The value at `row`.
    #[inline]
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        if self.is_null(row) {
            return Cell::Null;
        }
        match &self.values {
            Values::Null => Cell::Null,
            Values::Boolean(array) => Cell::Boolean(array.value(row)),
            Values::Int(values) => Cell::Int(values[row]),
            Values::Uint(values) => Cell::Uint(values[row]),
            Values::Float(values) => Cell::Float(values[row]),
            Values::Decimal(values) => Cell::Decimal(values[row]),
            Values::Text(array) => Cell::Text(Cow::Borrowed(array.value(row))),
            Values::LargeText(array) => Cell::Text(Cow::Borrowed(array.value(row))),
            Values::TextView(array) => Cell::Text(Cow::Borrowed(array.value(row))),
            Values::Binary(array) => Cell::Binary(Cow::Borrowed(array.value(row))),
            Values::LargeBinary(array) => Cell::Binary(Cow::Borrowed(array.value(row))),
            Values::BinaryView(array) => Cell::Binary(Cow::Borrowed(array.value(row))),
            Values::Struct(members) => Cell::Struct(members.iter().map(|member| member.cell(row)).collect()),
            Values::List(offsets, items) => {
                let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
                Cell::List((from..to).map(|item| items.cell(item)).collect())
            }
        }
    }
}

fn byte_values(array: &ArrayRef) -> Values {
    match array.data_type() {
        DataType::Utf8 => Values::Text(array.as_string::<i32>().clone()),
        DataType::LargeUtf8 => Values::LargeText(array.as_string::<i64>().clone()),
        DataType::Utf8View => Values::TextView(array.as_string_view().clone()),
        DataType::Binary => Values::Binary(array.as_binary::<i32>().clone()),
        DataType::LargeBinary => Values::LargeBinary(array.as_binary::<i64>().clone()),
        _ => Values::BinaryView(array.as_binary_view().clone()),
    }
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef) -> ScalarBuffer<i64>
where
    i64: From<T::Native>,
{
    array.as_primitive::<T>().values().iter().map(|value| i64::from(*value)).collect()
}

fn ints(array: &ArrayRef) -> Result<ScalarBuffer<i64>> {
    Ok(match array.data_type() {
        DataType::Int8 => widened::<Int8Type>(array),
        DataType::Int16 => widened::<Int16Type>(array),
        DataType::UInt8 => widened::<UInt8Type>(array),
        DataType::UInt16 => widened::<UInt16Type>(array),
        DataType::UInt32 => widened::<UInt32Type>(array),
        data_type => {
            let data = array.to_data();
            let buffer = data.buffers().first().ok_or_else(|| Error::bug(format!("a {data_type} column without values")))?;
            match data_type.primitive_width() {
                Some(8) => ScalarBuffer::new(buffer.clone(), data.offset(), data.len()),
                _ => ScalarBuffer::<i32>::new(buffer.clone(), data.offset(), data.len()).iter().map(|value| i64::from(*value)).collect(),
            }
        }
    })
}

fn floats(array: &ArrayRef) -> ScalarBuffer<f64> {
    match array.data_type() {
        DataType::Float32 => array.as_primitive::<Float32Type>().values().iter().map(|value| f64::from(*value)).collect(),
        _ => array.as_primitive::<Float64Type>().values().clone(),
    }
}
