//! Keys of several parts whose bytes order as the parts do.
//!
//! Layout (version 1):
//!
//! ```text
//! key      = 0x01 part*
//! part     = 0x02                              null: before everything
//!          | 0x03 | 0x04                       false, true
//!          | 0x05 8 bytes                      whole number: big-endian, sign bit flipped
//!          | 0x06 8 bytes                      floating point: big-endian; sign bit flipped if positive, all bits if negative
//!          | 0x07 escaped 0x00 0x00            text, as UTF-8
//!          | 0x08 escaped 0x00 0x00            bytes
//!          | 0x09 part* 0x01                   tuple: its parts, then an end below every part
//!          | 0x0a 16 bytes                     wide whole number, as 0x05
//! escaped  = each byte 0x00 as 0x00 0xff, others as they are
//! ```
//!
//! Parts of one type order by value, shorter text and tuples before their extensions; parts of different types order by type. A key is a prefix
//! of another in bytes only if its parts are, so a range over a prefix of parts is a range over bytes. -0.0 is written as 0.0 and every NaN as one
//! NaN above all numbers: equal values have equal keys.

use crate::{Error, Result};
use std::borrow::Cow;

/// The version this module writes.
const VERSION: u8 = 1;

const END: u8 = 0x01;
const NULL: u8 = 0x02;
const FALSE: u8 = 0x03;
const TRUE: u8 = 0x04;
const INT: u8 = 0x05;
const FLOAT: u8 = 0x06;
const TEXT: u8 = 0x07;
const BYTES: u8 = 0x08;
const TUPLE: u8 = 0x09;
const WIDE: u8 = 0x0a;

/// How deep tuples may nest in a key that is read.
const DEPTH_MAX: usize = 32;

/// One part of a key.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum KeyPart<'a> {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// Several parts as one.
    Tuple(Vec<KeyPart<'a>>),
    /// A whole number of 128 bits.
    Wide(i128),
}

/// Writes a key part by part. Reuse it with [`KeyWriter::clear`].
///
/// ```
/// use streams_state::key::{KeyPart, KeyReader, KeyWriter};
///
/// let mut key = KeyWriter::new();
/// key.text("2xx").int(-7).null();
/// let parts = KeyReader::new(key.as_slice()).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
/// assert_eq!(parts, [KeyPart::Text("2xx".into()), KeyPart::Int(-7), KeyPart::Null]);
/// ```
#[derive(Clone, Debug)]
pub struct KeyWriter(Vec<u8>);

impl Default for KeyWriter {
    fn default() -> Self {
        KeyWriter::new()
    }
}

impl KeyWriter {
    /// A key of no parts.
    pub fn new() -> Self {
        KeyWriter(vec![VERSION])
    }

    /// Takes all parts off again.
    pub fn clear(&mut self) -> &mut Self {
        self.0.truncate(1);
        self
    }

    /// The key's bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The key's bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }

    /// The least bytes above every key that begins with the parts written: the end of a range over this prefix.
    pub fn prefix_end(&self) -> Vec<u8> {
        let mut end = self.0.clone();
        end.push(0xff);
        end
    }

    /// Appends null.
    pub fn null(&mut self) -> &mut Self {
        self.0.push(NULL);
        self
    }

    /// Appends a truth value.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.0.push(if value { TRUE } else { FALSE });
        self
    }

    /// Appends a whole number.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.0.push(INT);
        self.0.extend_from_slice(&ordered_int(value));
        self
    }

    /// Appends a whole number of 128 bits.
    pub fn wide(&mut self, value: i128) -> &mut Self {
        self.0.push(WIDE);
        self.0.extend_from_slice(&((value as u128) ^ (1 << 127)).to_be_bytes());
        self
    }

    /// Appends a floating point number.
    pub fn float(&mut self, value: f64) -> &mut Self {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        let bits = value.to_bits();
        let bits = if bits >> 63 == 0 { bits ^ (1 << 63) } else { !bits };
        self.0.push(FLOAT);
        self.0.extend_from_slice(&bits.to_be_bytes());
        self
    }

    /// Appends text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.0.push(TEXT);
        escape(value.as_bytes(), &mut self.0);
        self
    }

    /// Appends bytes.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.push(BYTES);
        escape(value, &mut self.0);
        self
    }

    /// Appends a tuple of the parts that `write` writes.
    pub fn tuple(&mut self, write: impl FnOnce(&mut KeyWriter)) -> &mut Self {
        self.0.push(TUPLE);
        write(self);
        self.0.push(END);
        self
    }

    /// Appends any part.
    pub fn part(&mut self, part: &KeyPart<'_>) -> &mut Self {
        match part {
            KeyPart::Null => self.null(),
            KeyPart::Bool(value) => self.bool(*value),
            KeyPart::Int(value) => self.int(*value),
            KeyPart::Wide(value) => self.wide(*value),
            KeyPart::Float(value) => self.float(*value),
            KeyPart::Text(value) => self.text(value),
            KeyPart::Bytes(value) => self.bytes(value),
            KeyPart::Tuple(parts) => self.tuple(|key| {
                for part in parts {
                    key.part(part);
                }
            }),
        }
    }
}

/// Reads the parts of a key, in order. Any bytes are safe to read.
#[derive(Clone, Debug)]
pub struct KeyReader<'a> {
    rest: &'a [u8],
}

impl<'a> KeyReader<'a> {
    /// A reader of a key.
    ///
    /// Errors: another version, or no bytes at all.
    pub fn new(key: &'a [u8]) -> Result<Self> {
        match key.split_first() {
            Some((&VERSION, rest)) => Ok(KeyReader { rest }),
            Some((version, _)) => Err(Error::damaged(format!("key version {version} is not supported, only {VERSION} is"))),
            None => Err(Error::damaged("an empty key")),
        }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| Error::damaged("a key ends inside a number"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn escaped(&mut self) -> Result<Cow<'a, [u8]>> {
        let (bytes, rest) = unescape(self.rest)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn part(&mut self, depth: usize) -> Result<KeyPart<'a>> {
        let (tag, rest) = self.rest.split_first().ok_or_else(|| Error::damaged("a key ends inside a tuple"))?;
        self.rest = rest;
        Ok(match *tag {
            NULL => KeyPart::Null,
            FALSE => KeyPart::Bool(false),
            TRUE => KeyPart::Bool(true),
            INT => KeyPart::Int((u64::from_be_bytes(self.fixed()?) ^ (1 << 63)) as i64),
            WIDE => KeyPart::Wide((u128::from_be_bytes(self.fixed()?) ^ (1 << 127)) as i128),
            FLOAT => {
                let bits = u64::from_be_bytes(self.fixed()?);
                KeyPart::Float(f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits }))
            }
            TEXT => KeyPart::Text(utf8(self.escaped()?)?),
            BYTES => KeyPart::Bytes(self.escaped()?),
            TUPLE if depth < DEPTH_MAX => KeyPart::Tuple(self.tuple(depth + 1)?),
            TUPLE => return Err(Error::damaged("a key nests its tuples too deep")),
            tag => return Err(Error::damaged(format!("key part of unknown type {tag:#04x}"))),
        })
    }

    fn tuple(&mut self, depth: usize) -> Result<Vec<KeyPart<'a>>> {
        let mut parts = Vec::new();
        while self.rest.first() != Some(&END) {
            parts.push(self.part(depth)?);
        }
        self.rest = &self.rest[1..];
        Ok(parts)
    }
}

impl<'a> Iterator for KeyReader<'a> {
    type Item = Result<KeyPart<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let part = self.part(0);
        if part.is_err() {
            self.rest = &[];
        }
        Some(part)
    }
}

fn utf8(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>> {
    let wrong = |_| Error::damaged("text in a key is not UTF-8");
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(wrong),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| wrong(error.utf8_error())),
    }
}

/// Eight bytes that order as the number does.
pub(crate) fn ordered_int(value: i64) -> [u8; 8] {
    ((value as u64) ^ (1 << 63)).to_be_bytes()
}

/// Appends `value` so that no extension of it sorts before it and its end is known.
pub(crate) fn escape(value: &[u8], out: &mut Vec<u8>) {
    out.reserve(value.len() + 2);
    for run in value.split_inclusive(|byte| *byte == 0) {
        out.extend_from_slice(run);
        if run.last() == Some(&0) {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

/// What [`escape`] wrote at the start of `bytes`, and what follows.
pub(crate) fn unescape(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8])> {
    let mut value = Cow::Borrowed(&bytes[..0]);
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(|| Error::damaged("a key ends inside text or bytes"))?;
        let (run, after) = (&rest[..end], &rest[end + 1..]);
        let (mark, after) = after.split_first().ok_or_else(|| Error::damaged("a key ends inside text or bytes"))?;
        match mark {
            0 if value.is_empty() => return Ok((Cow::Borrowed(run), after)),
            0 => {
                value.to_mut().extend_from_slice(run);
                return Ok((value, after));
            }
            0xff => {
                value.to_mut().extend_from_slice(run);
                value.to_mut().push(0);
                rest = after;
            }
            other => return Err(Error::damaged(format!("a key holds the unknown escape {other:#04x}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part() -> impl Strategy<Value = KeyPart<'static>> {
        let leaf = prop_oneof![
            Just(KeyPart::Null),
            any::<bool>().prop_map(KeyPart::Bool),
            any::<i64>().prop_map(KeyPart::Int),
            (-2i64..2).prop_map(KeyPart::Int),
            any::<i128>().prop_map(KeyPart::Wide),
            (-1e9..1e9f64).prop_map(|value| KeyPart::Float(value + 0.0)),
            "[a\u{0}é]{0,4}".prop_map(|text| KeyPart::Text(text.into())),
            proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xff)], 0..4).prop_map(|bytes| KeyPart::Bytes(bytes.into())),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| proptest::collection::vec(inner, 0..3).prop_map(KeyPart::Tuple))
    }

    fn encode(parts: &[KeyPart<'_>]) -> Vec<u8> {
        let mut key = KeyWriter::new();
        for part in parts {
            key.part(part);
        }
        key.into_vec()
    }

    proptest! {
        #[test]
        fn keys_round_trip(parts in proptest::collection::vec(part(), 0..4)) {
            let key = encode(&parts);
            let read = KeyReader::new(&key).unwrap().collect::<Result<Vec<_>>>().unwrap();
            prop_assert_eq!(read, parts);
        }

        #[test]
        fn keys_of_the_same_types_order_as_their_parts(left in proptest::collection::vec(part(), 0..3), right in proptest::collection::vec(part(), 0..3)) {
            // `Wide` is listed last, as its tag is, so that the derived order of the enum is the order of the tags.
            prop_assert_eq!(left.partial_cmp(&right).unwrap(), encode(&left).cmp(&encode(&right)));
        }

        #[test]
        fn a_prefix_of_parts_is_a_range_of_bytes(prefix in proptest::collection::vec(part(), 0..3), more in proptest::collection::vec(part(), 0..3), other in proptest::collection::vec(part(), 0..4)) {
            let mut writer = KeyWriter::new();
            prefix.iter().for_each(|part| { writer.part(part); });
            let range = writer.as_slice().to_vec()..writer.prefix_end();
            let longer: Vec<_> = prefix.iter().chain(&more).cloned().collect();
            prop_assert!(range.contains(&encode(&longer)));
            prop_assert_eq!(range.contains(&encode(&other)), other.starts_with(&prefix));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(reader) = KeyReader::new(&bytes) {
                for part in reader {
                    let _ = part;
                }
            }
        }
    }

    #[test]
    fn floats_order_and_equal_values_have_equal_keys() {
        let ordered = [f64::NEG_INFINITY, -1.5, -1e-300, 0.0, 1e-300, 2.0, f64::INFINITY, f64::NAN];
        let keys: Vec<_> = ordered.iter().map(|value| KeyWriter::new().float(*value).as_slice().to_vec()).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(KeyWriter::new().float(-0.0).as_slice(), KeyWriter::new().float(0.0).as_slice());
        assert_eq!(KeyWriter::new().float(-f64::NAN).as_slice(), KeyWriter::new().float(f64::NAN).as_slice());
    }

    #[test]
    fn the_bytes_of_version_1_stay() {
        let mut key = KeyWriter::new();
        key.null().bool(true).int(1).float(1.0).text("a\0").bytes(b"b").tuple(|key| {
            key.int(-1);
        });
        let hex: String = key.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "01020405800000000000000106bff0000000000000076100ff00000862000009057fffffffffffffff01");
    }
}
