//! Building Arrow columns value by value.

use super::{Cell, Kind};
use crate::{Error, Result};
use arrow::array::{
    Array, ArrayData, ArrayRef, BinaryArray, BooleanArray, BooleanBufferBuilder, ListArray, NullArray, NullBufferBuilder, RecordBatch,
    RecordBatchOptions, StringArray, StructArray, make_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use std::sync::Arc;

/// A column being built. Every cell given must be null or of the kind of the type.
pub(crate) struct ColumnBuilder {
    data_type: DataType,
    nulls: NullBufferBuilder,
    values: Values,
    len: usize,
}

enum Values {
    Null,
    Boolean(BooleanBufferBuilder),
    Int(Vec<i64>),
    Uint(Vec<u64>),
    Float(Vec<f64>),
    Decimal(Vec<i128>),
    Bytes { bytes: Vec<u8>, ends: Vec<i32> },
    Struct(Vec<ColumnBuilder>),
    List { ends: Vec<i32>, items: Box<ColumnBuilder> },
}

impl ColumnBuilder {
    /// Errors: a type outside [`Kind`].
    pub(crate) fn new(data_type: &DataType) -> Result<ColumnBuilder> {
        let values = match Kind::of(data_type).ok_or_else(|| Error::unsupported_type(data_type, "a column"))? {
            Kind::Null => Values::Null,
            Kind::Boolean => Values::Boolean(BooleanBufferBuilder::new(0)),
            Kind::Int => Values::Int(Vec::new()),
            Kind::Uint => Values::Uint(Vec::new()),
            Kind::Float => Values::Float(Vec::new()),
            Kind::Decimal => Values::Decimal(Vec::new()),
            Kind::Text | Kind::Binary => Values::Bytes { bytes: Vec::new(), ends: vec![0] },
            Kind::Struct => {
                let DataType::Struct(fields) = data_type else { return Err(Error::bug("a struct that is none")) };
                Values::Struct(fields.iter().map(|field| ColumnBuilder::new(field.data_type())).collect::<Result<_>>()?)
            }
            Kind::List => {
                let DataType::List(item) = data_type else { return Err(Error::bug("a list that is none")) };
                Values::List { ends: vec![0], items: Box::new(ColumnBuilder::new(item.data_type())?) }
            }
        };
        Ok(ColumnBuilder { data_type: data_type.clone(), nulls: NullBufferBuilder::new(0), values, len: 0 })
    }

    /// Appends one value.
    ///
    /// Errors: a cell of another kind than the column, or more than 2 GiB of text in one batch.
    pub(crate) fn append(&mut self, cell: &Cell<'_>) -> Result<()> {
        if matches!(cell, Cell::Null) {
            return self.append_null();
        }
        match (&mut self.values, cell) {
            (Values::Boolean(values), Cell::Boolean(value)) => values.append(*value),
            (Values::Int(values), Cell::Int(value)) => values.push(*value),
            (Values::Uint(values), Cell::Uint(value)) => values.push(*value),
            (Values::Float(values), Cell::Float(value)) => values.push(*value),
            (Values::Decimal(values), Cell::Decimal(value)) => values.push(*value),
            (Values::Bytes { bytes, ends }, Cell::Text(text)) => push_bytes(bytes, ends, text.as_bytes())?,
            (Values::Bytes { bytes, ends }, Cell::Binary(value)) => push_bytes(bytes, ends, value)?,
            (Values::Struct(members), Cell::Struct(cells)) if members.len() == cells.len() => {
                for (member, cell) in members.iter_mut().zip(cells) {
                    member.append(cell)?;
                }
            }
            (Values::List { ends, items }, Cell::List(cells)) => {
                for cell in cells {
                    items.append(cell)?;
                }
                ends.push(i32::try_from(items.len).map_err(|_| too_large())?);
            }
            _ => return Err(Error::bug(format!("value {cell:?} in a column of type {}", self.data_type))),
        }
        self.nulls.append_non_null();
        self.len += 1;
        Ok(())
    }

    fn append_null(&mut self) -> Result<()> {
        match &mut self.values {
            Values::Null => {}
            Values::Boolean(values) => values.append(false),
            Values::Int(values) => values.push(0),
            Values::Uint(values) => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Decimal(values) => values.push(0),
            Values::Bytes { ends, .. } | Values::List { ends, .. } => ends.push(ends.last().copied().unwrap_or(0)),
            Values::Struct(members) => {
                for member in members {
                    member.append_null()?;
                }
            }
        }
        self.nulls.append_null();
        self.len += 1;
        Ok(())
    }

    /// The column; the builder is empty again.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        let nulls = self.nulls.finish();
        let len = std::mem::take(&mut self.len);
        match &mut self.values {
            Values::Null => Ok(Arc::new(NullArray::new(len))),
            Values::Boolean(values) => Ok(Arc::new(BooleanArray::new(values.finish(), nulls))),
            Values::Int(values) => int_array(&self.data_type, std::mem::take(values), nulls),
            Values::Uint(values) => primitive(&self.data_type, Buffer::from_vec(std::mem::take(values)), len, nulls),
            Values::Float(values) => float_array(&self.data_type, std::mem::take(values), nulls),
            Values::Decimal(values) => primitive(&self.data_type, Buffer::from_vec(std::mem::take(values)), len, nulls),
            Values::Bytes { bytes, ends } => {
                let ends = std::mem::replace(ends, vec![0]);
                byte_array(&self.data_type, std::mem::take(bytes), ends, nulls)
            }
            Values::Struct(members) => {
                let DataType::Struct(fields) = &self.data_type else { return Err(Error::bug("a struct that is none")) };
                let columns = members.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>>>()?;
                Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, len)?))
            }
            Values::List { ends, items } => {
                let DataType::List(item) = &self.data_type else { return Err(Error::bug("a list that is none")) };
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(ends, vec![0])));
                Ok(Arc::new(ListArray::try_new(FieldRef::clone(item), offsets, items.finish()?, nulls)?))
            }
        }
    }
}

fn too_large() -> Error {
    Error::TooLarge { what: "one column of a batch holds more than 2 GiB; lower the batch size".to_string() }
}

fn push_bytes(bytes: &mut Vec<u8>, ends: &mut Vec<i32>, value: &[u8]) -> Result<()> {
    bytes.extend_from_slice(value);
    ends.push(i32::try_from(bytes.len()).map_err(|_| too_large())?);
    Ok(())
}

fn primitive(data_type: &DataType, values: Buffer, len: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    Ok(make_array(ArrayData::builder(data_type.clone()).len(len).add_buffer(values).nulls(nulls).build()?))
}

fn int_array(data_type: &DataType, values: Vec<i64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let len = values.len();
    let buffer = match data_type {
        DataType::Int8 | DataType::UInt8 => values.iter().map(|value| *value as u8).collect(),
        DataType::Int16 | DataType::UInt16 => Buffer::from_vec(values.iter().map(|value| *value as u16).collect::<Vec<_>>()),
        _ if data_type.primitive_width() == Some(4) => Buffer::from_vec(values.iter().map(|value| *value as u32).collect::<Vec<_>>()),
        _ => Buffer::from_vec(values),
    };
    primitive(data_type, buffer, len, nulls)
}

fn float_array(data_type: &DataType, values: Vec<f64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let len = values.len();
    match data_type {
        DataType::Float32 => {
            primitive(data_type, Buffer::from_vec(values.iter().map(|value| *value as f32).collect::<Vec<_>>()), len, nulls)
        }
        _ => primitive(data_type, Buffer::from_vec(values), len, nulls),
    }
}

fn byte_array(data_type: &DataType, bytes: Vec<u8>, ends: Vec<i32>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    let array: ArrayRef = match Kind::of(data_type) {
        Some(Kind::Text) => Arc::new(StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls)?),
        _ => Arc::new(BinaryArray::try_new(offsets, Buffer::from_vec(bytes), nulls)?),
    };
    if array.data_type() == data_type { Ok(array) } else { Ok(arrow::compute::cast(&array, data_type)?) }
}

/// The columns of a schema being built row by row.
pub(crate) struct RowBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    count: usize,
}

impl RowBuilder {
    pub(crate) fn new(schema: SchemaRef) -> Result<RowBuilder> {
        let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.data_type())).collect::<Result<_>>()?;
        Ok(RowBuilder { schema, columns, count: 0 })
    }

    /// The number of rows so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Appends one row: one cell a column.
    pub(crate) fn append(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.append(cell)?;
        }
        self.count += 1;
        Ok(())
    }

    /// The rows; the builder is empty again.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        Ok(RecordBatch::try_new_with_options(SchemaRef::clone(&self.schema), columns, &options)?)
    }
}
