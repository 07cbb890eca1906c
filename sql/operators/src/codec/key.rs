//! Values of columns as parts of the ordered keys of `streams_state::key`.
//!
//! Whole numbers, dates and timestamps are whole-number parts, unsigned 64-bit ones with their sign bit flipped; a decimal is a wide part of its
//! unscaled number (values of one column share a scale). Nulls come first, NaN last; -0.0 is 0.0. The types come from the query, not from the bytes.

use crate::columns::{Cell, Kind, sql_name};
use crate::{Error, Result};
use arrow::datatypes::DataType;
use std::borrow::Cow;
use streams_state::key::{KeyPart, KeyReader, KeyWriter};

/// Refuses columns whose values have no order.
pub(crate) fn ensure_key_type(data_type: &DataType, place: &str) -> Result<()> {
    match Kind::of(data_type) {
        Some(kind) if kind.is_key() => Ok(()),
        _ => Err(Error::unsupported_type(data_type, place)),
    }
}

/// Appends one value. Structs and lists are refused by [`ensure_key_type`] before.
#[inline]
pub(crate) fn write_key_cell(key: &mut KeyWriter, cell: &Cell<'_>) {
    match cell {
        Cell::Null | Cell::Struct(_) | Cell::List(_) => key.null(),
        Cell::Boolean(value) => key.bool(*value),
        Cell::Int(value) => key.int(*value),
        Cell::Uint(value) => key.int((*value ^ 1 << 63) as i64),
        Cell::Float(value) => key.float(*value),
        Cell::Decimal(value) => key.wide(*value),
        Cell::Text(text) => key.text(text),
        Cell::Binary(bytes) => key.bytes(bytes),
    };
}

/// Reads one value of a column of type `data_type`.
pub(crate) fn read_key_cell<'a>(key: &mut KeyReader<'a>, data_type: &DataType) -> Result<Cell<'a>> {
    let part = key.next().ok_or_else(|| Error::corrupt("key", "it ends too early"))??;
    Ok(match (Kind::of(data_type), part) {
        (_, KeyPart::Null) => Cell::Null,
        (Some(Kind::Boolean), KeyPart::Bool(value)) => Cell::Boolean(value),
        (Some(Kind::Int), KeyPart::Int(value)) => Cell::Int(value),
        (Some(Kind::Uint), KeyPart::Int(value)) => Cell::Uint(value as u64 ^ 1 << 63),
        (Some(Kind::Float), KeyPart::Float(value)) => Cell::Float(value),
        (Some(Kind::Decimal), KeyPart::Wide(value)) => Cell::Decimal(value),
        (Some(Kind::Text), KeyPart::Text(text)) => Cell::Text(text),
        (Some(Kind::Binary), KeyPart::Bytes(bytes)) => Cell::Binary(bytes),
        (_, part) => return Err(Error::corrupt("key", format!("{part:?} in a column of type {}", sql_name(data_type)))),
    })
}

/// One value as a key of its own: such keys compare as their values do.
pub(crate) fn value_key<'a>(scratch: &'a mut KeyWriter, cell: &Cell<'_>) -> &'a [u8] {
    write_key_cell(scratch.clear(), cell);
    scratch.as_slice()
}

/// The value of a [`value_key`].
pub(crate) fn value_of_key(key: &[u8], data_type: &DataType) -> Result<Cell<'static>> {
    Ok(match read_key_cell(&mut KeyReader::new(key)?, data_type)? {
        Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
        Cell::Binary(bytes) => Cell::Binary(Cow::Owned(bytes.into_owned())),
        Cell::Null => Cell::Null,
        Cell::Boolean(value) => Cell::Boolean(value),
        Cell::Int(value) => Cell::Int(value),
        Cell::Uint(value) => Cell::Uint(value),
        Cell::Float(value) => Cell::Float(value),
        Cell::Decimal(value) => Cell::Decimal(value),
        Cell::Struct(_) | Cell::List(_) => return Err(Error::bug("a nested value in a key")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn typed() -> impl Strategy<Value = (DataType, [Cell<'static>; 2])> {
        let pair = |cells: BoxedStrategy<Cell<'static>>| proptest::array::uniform2(prop_oneof![1 => Just(Cell::Null), 4 => cells]);
        prop_oneof![
            pair(any::<bool>().prop_map(Cell::Boolean).boxed()).prop_map(|cells| (DataType::Boolean, cells)),
            pair(any::<i64>().prop_map(Cell::Int).boxed()).prop_map(|cells| (DataType::Int64, cells)),
            pair(any::<u64>().prop_map(Cell::Uint).boxed()).prop_map(|cells| (DataType::UInt64, cells)),
            pair((-1e9f64..1e9).prop_map(|value| Cell::Float(value + 0.0)).boxed()).prop_map(|cells| (DataType::Float64, cells)),
            pair(any::<i128>().prop_map(Cell::Decimal).boxed()).prop_map(|cells| (DataType::Decimal128(38, 3), cells)),
            pair("[a\u{0}b]{0,4}".prop_map(|text| Cell::Text(text.into())).boxed()).prop_map(|cells| (DataType::Utf8View, cells)),
        ]
    }

    fn compare(a: &Cell<'_>, b: &Cell<'_>) -> Ordering {
        match (a, b) {
            (Cell::Null, Cell::Null) => Ordering::Equal,
            (Cell::Null, _) => Ordering::Less,
            (_, Cell::Null) => Ordering::Greater,
            (Cell::Boolean(a), Cell::Boolean(b)) => a.cmp(b),
            (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
            (Cell::Uint(a), Cell::Uint(b)) => a.cmp(b),
            (Cell::Float(a), Cell::Float(b)) => a.total_cmp(b),
            (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(b),
            (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
            _ => unreachable!("one column has one kind"),
        }
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_values_do_and_read_back((data_type, [a, b]) in typed()) {
            let (mut left, mut right) = (KeyWriter::new(), KeyWriter::new());
            let (left, right) = (value_key(&mut left, &a), value_key(&mut right, &b));
            prop_assert_eq!(left.cmp(right), compare(&a, &b));
            prop_assert_eq!(value_of_key(left, &data_type).unwrap(), a);
            prop_assert_eq!(value_of_key(right, &data_type).unwrap(), b);
        }
    }

    #[test]
    fn a_value_of_another_type_is_damage() {
        let mut key = KeyWriter::new();
        let error = value_of_key(value_key(&mut key, &Cell::Int(1)), &DataType::Utf8).unwrap_err();
        assert_eq!(error.to_string(), "stored key is damaged: Int(1) in a column of type VARCHAR");
    }
}
