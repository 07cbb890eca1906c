//! Values as compact bytes: stored rows and aggregate states.
//!
//! One value: `00` null, or `01` and
//! ```text
//! boolean     00 or 01
//! int         zigzag varint          uint   varint
//! float       8 bytes, little endian
//! decimal     zigzag varint of up to 19 bytes
//! text, bytes varint length, bytes
//! struct      its members            list   varint count, its items
//! ```
//! A stored row begins with [`ROW_VERSION`]. The types come from the query, not from the bytes.

use crate::columns::{Cell, Kind};
use crate::{Error, Result};
use arrow::datatypes::DataType;
use std::borrow::Cow;

/// The first byte of every stored row and state: the version of this layout.
pub(crate) const ROW_VERSION: u8 = 1;

/// Nested values deeper than this do not decode.
const DEPTH_MAX: usize = 128;

fn write_varint(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number as a zigzag varint.
#[inline]
pub(crate) fn write_signed(out: &mut Vec<u8>, value: i64) {
    let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
    while zigzag >= 0x80 {
        out.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    out.push(zigzag as u8);
}

/// Appends a signed 128-bit number as a zigzag varint.
pub(crate) fn write_wide(out: &mut Vec<u8>, value: i128) {
    write_varint(out, ((value << 1) ^ (value >> 127)) as u128);
}

/// Appends a float's 8 bytes.
pub(crate) fn write_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// Appends a length and the bytes.
pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u128);
    out.extend_from_slice(bytes);
}

/// Appends one value.
pub(crate) fn encode_cell(out: &mut Vec<u8>, cell: &Cell<'_>) {
    out.push(u8::from(!matches!(cell, Cell::Null)));
    match cell {
        Cell::Null => {}
        Cell::Boolean(value) => out.push(u8::from(*value)),
        Cell::Int(value) => write_signed(out, *value),
        Cell::Uint(value) => write_varint(out, u128::from(*value)),
        Cell::Float(value) => write_f64(out, *value),
        Cell::Decimal(value) => write_wide(out, *value),
        Cell::Text(text) => write_bytes(out, text.as_bytes()),
        Cell::Binary(bytes) => write_bytes(out, bytes),
        Cell::Struct(members) => members.iter().for_each(|member| encode_cell(out, member)),
        Cell::List(items) => {
            write_varint(out, items.len() as u128);
            items.iter().for_each(|item| encode_cell(out, item));
        }
    }
}

/// Reads stored bytes from front to end.
pub(crate) struct ValueReader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> ValueReader<'a> {
    /// `what` names the bytes in errors.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> ValueReader<'a> {
        ValueReader { rest: bytes, what }
    }

    /// The bytes of a stored row or state after its version.
    ///
    /// Errors: another version.
    pub(crate) fn versioned(bytes: &'a [u8], what: &'static str) -> Result<ValueReader<'a>> {
        let mut reader = ValueReader::new(bytes, what);
        match reader.byte()? {
            ROW_VERSION => Ok(reader),
            other => Err(Error::corrupt(what, format!("version {other} of its layout is unknown, this program knows {ROW_VERSION}"))),
        }
    }

    fn cut(&self) -> Error {
        Error::corrupt(self.what, "it ends too early")
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u128> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Error::corrupt(self.what, "a number of more than 128 bits"))
    }

    pub(crate) fn wide(&mut self) -> Result<i128> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i128 ^ -((zigzag & 1) as i128))
    }

    pub(crate) fn signed(&mut self) -> Result<i64> {
        i64::try_from(self.wide()?).map_err(|_| Error::corrupt(self.what, "a number of more than 64 bits"))
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(f64::from_bits(u64::from_le_bytes(*bytes)))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = usize::try_from(self.varint()?).map_err(|_| self.cut())?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Nothing may follow.
    pub(crate) fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::corrupt(self.what, format!("{} bytes too many", self.rest.len()))) }
    }

    /// One value of a column of type `data_type`.
    pub(crate) fn cell(&mut self, data_type: &DataType) -> Result<Cell<'a>> {
        self.nested(data_type, DEPTH_MAX)
    }

    fn nested(&mut self, data_type: &DataType, depth: usize) -> Result<Cell<'a>> {
        if self.byte()? == 0 {
            return Ok(Cell::Null);
        }
        let kind = Kind::of(data_type).ok_or_else(|| Error::unsupported_type(data_type, self.what))?;
        let depth = depth.checked_sub(1).ok_or_else(|| Error::corrupt(self.what, "it is nested too deeply"))?;
        Ok(match kind {
            Kind::Null => Cell::Null,
            Kind::Boolean => Cell::Boolean(self.byte()? != 0),
            Kind::Int => Cell::Int(self.signed()?),
            Kind::Uint => {
                Cell::Uint(u64::try_from(self.varint()?).map_err(|_| Error::corrupt(self.what, "a number of more than 64 bits"))?)
            }
            Kind::Float => Cell::Float(self.f64()?),
            Kind::Decimal => Cell::Decimal(self.wide()?),
            Kind::Text => {
                let what = self.what;
                let text = std::str::from_utf8(self.bytes()?).map_err(|error| Error::corrupt(what, error.to_string()))?;
                Cell::Text(Cow::Borrowed(text))
            }
            Kind::Binary => Cell::Binary(Cow::Borrowed(self.bytes()?)),
            Kind::Struct => {
                let DataType::Struct(fields) = data_type else { return Err(Error::bug("a struct that is none")) };
                Cell::Struct(fields.iter().map(|field| self.nested(field.data_type(), depth)).collect::<Result<_>>()?)
            }
            Kind::List => {
                let DataType::List(item) = data_type else { return Err(Error::bug("a list that is none")) };
                let count = usize::try_from(self.varint()?).map_err(|_| self.cut())?;
                // Every item takes at least a byte: no more is allocated than the bytes can hold.
                if count > self.rest.len() {
                    return Err(self.cut());
                }
                Cell::List((0..count).map(|_| self.nested(item.data_type(), depth)).collect::<Result<_>>()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Field;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn typed() -> impl Strategy<Value = (DataType, Cell<'static>)> {
        let leaf = prop_oneof![
            Just((DataType::Utf8, Cell::Null)),
            any::<bool>().prop_map(|value| (DataType::Boolean, Cell::Boolean(value))),
            any::<i64>().prop_map(|value| (DataType::Int64, Cell::Int(value))),
            any::<u64>().prop_map(|value| (DataType::UInt64, Cell::Uint(value))),
            (-1e300f64..1e300).prop_map(|value| (DataType::Float64, Cell::Float(value))),
            any::<i128>().prop_map(|value| (DataType::Decimal128(38, 2), Cell::Decimal(value))),
            any::<String>().prop_map(|value| (DataType::Utf8, Cell::Text(value.into()))),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(|value| (DataType::Binary, Cell::Binary(value.into()))),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            proptest::collection::vec(inner, 1..3).prop_map(|members| {
                let fields = members.iter().enumerate().map(|(at, (data_type, _))| Field::new(format!("f{at}"), data_type.clone(), true));
                let data_type = DataType::Struct(fields.collect());
                let list = DataType::List(Arc::new(Field::new_list_field(data_type.clone(), true)));
                let cell = Cell::Struct(members.into_iter().map(|(_, cell)| cell).collect());
                (list, Cell::List(vec![cell.clone(), Cell::Null, cell]))
            })
        })
    }

    proptest! {
        #[test]
        fn values_read_back((data_type, cell) in typed(), count in any::<i64>(), sum in any::<i128>()) {
            let mut out = vec![ROW_VERSION];
            encode_cell(&mut out, &cell);
            write_signed(&mut out, count);
            write_wide(&mut out, sum);
            write_f64(&mut out, 0.5);
            let mut reader = ValueReader::versioned(&out, "row").unwrap();
            prop_assert_eq!(reader.cell(&data_type).unwrap(), cell);
            prop_assert_eq!(reader.signed().unwrap(), count);
            prop_assert_eq!(reader.wide().unwrap(), sum);
            prop_assert_eq!(reader.f64().unwrap(), 0.5);
            reader.finish().unwrap();
            prop_assert!(ValueReader::versioned(&out[..out.len() - 1], "row").unwrap().cell(&data_type).is_ok());
        }

        #[test]
        fn damaged_values_are_refused_without_panic((data_type, _) in typed(), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = ValueReader::new(&bytes, "row").cell(&data_type);
        }
    }

    #[test]
    fn another_version_is_refused_by_number() {
        let error = ValueReader::versioned(&[9, 0], "row").err().unwrap();
        assert_eq!(error.to_string(), "stored row is damaged: version 9 of its layout is unknown, this program knows 1");
    }
}
