//! One value of one row, on its way between bytes and an Arrow column.
//!
//! A cell knows the physical kind of a value, not its SQL type: all whole numbers, dates and timestamps are [`Cell::Int`] in the unit of their
//! column, a decimal is its unscaled number. The column's `DataType` gives the meaning.

use arrow::datatypes::DataType;
use std::borrow::Cow;

/// A value, or its absence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Decimal(i128),
    Text(Cow<'a, str>),
    Binary(Cow<'a, [u8]>),
    /// The members of a struct, in the order of its fields.
    Struct(Vec<Cell<'a>>),
    List(Vec<Cell<'a>>),
}

impl Cell<'_> {
    /// The same value with its own bytes.
    pub(crate) fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Boolean(value) => Cell::Boolean(value),
            Cell::Int(value) => Cell::Int(value),
            Cell::Uint(value) => Cell::Uint(value),
            Cell::Float(value) => Cell::Float(value),
            Cell::Decimal(value) => Cell::Decimal(value),
            Cell::Text(text) => Cell::Text(text.into_owned().into()),
            Cell::Binary(bytes) => Cell::Binary(bytes.into_owned().into()),
            Cell::Struct(members) => Cell::Struct(members.into_iter().map(Cell::into_owned).collect()),
            Cell::List(items) => Cell::List(items.into_iter().map(Cell::into_owned).collect()),
        }
    }
}

/// The physical kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Int,
    Uint,
    Float,
    Decimal,
    Text,
    Binary,
    Struct,
    List,
}

impl Kind {
    /// The kind of columns of type `data_type`; `None` where we do not handle it.
    pub(crate) fn of(data_type: &DataType) -> Option<Kind> {
        Some(match data_type {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Kind::Int,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Kind::Int,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => Kind::Int,
            DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => Kind::Int,
            DataType::UInt64 => Kind::Uint,
            DataType::Float32 | DataType::Float64 => Kind::Float,
            DataType::Decimal128(_, _) => Kind::Decimal,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Kind::Binary,
            DataType::Struct(_) => Kind::Struct,
            DataType::List(_) => Kind::List,
            _ => return None,
        })
    }

    /// Whether values of the kind have an order and an encoding as keys.
    pub(crate) fn is_key(self) -> bool {
        !matches!(self, Kind::Struct | Kind::List)
    }
}

/// The range of the whole numbers a column of this type holds.
pub(crate) fn int_range(data_type: &DataType) -> (i64, i64) {
    match data_type {
        DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 | DataType::Date32 | DataType::Time32(_) => (i64::from(i32::MIN), i64::from(i32::MAX)),
        DataType::UInt8 => (0, i64::from(u8::MAX)),
        DataType::UInt16 => (0, i64::from(u16::MAX)),
        DataType::UInt32 => (0, i64::from(u32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}
