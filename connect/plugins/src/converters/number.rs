//! `ShortConverter`, `IntegerConverter`, `LongConverter`: whole numbers as 2, 4 or 8 bytes, big-endian (Kafka's `NumberConverter`).

use crate::registry::VERSION;
use bytes::Bytes;
use connect_api::{Converter, Data, Error, Plugin, Result, Schema, Value};

/// 2 bytes.
pub fn short() -> Plugin {
    Plugin::converter("org.apache.kafka.connect.converters.ShortConverter", VERSION, || Box::new(NumberConverter::Short))
}

/// 4 bytes.
pub fn integer() -> Plugin {
    Plugin::converter("org.apache.kafka.connect.converters.IntegerConverter", VERSION, || Box::new(NumberConverter::Integer))
}

/// 8 bytes.
pub fn long() -> Plugin {
    Plugin::converter("org.apache.kafka.connect.converters.LongConverter", VERSION, || Box::new(NumberConverter::Long))
}

/// A whole number of fixed width.
#[derive(Clone, Copy, Debug)]
pub enum NumberConverter {
    /// 2 bytes.
    Short,
    /// 4 bytes.
    Integer,
    /// 8 bytes.
    Long,
}

impl NumberConverter {
    fn width(self) -> usize {
        match self {
            NumberConverter::Short => 2,
            NumberConverter::Integer => 4,
            NumberConverter::Long => 8,
        }
    }
}

impl Converter for NumberConverter {
    fn to_bytes(&self, _topic: &str, data: &Data) -> Result<Option<Bytes>> {
        if data.value.is_null() {
            return Ok(None);
        }
        let width = self.width();
        let number =
            data.value.as_i64().ok_or_else(|| Error::data(format!("a value of type {} is no whole number", data.value.type_name())))?;
        let spare_bits = 64 - 8 * width as u32;
        if number << spare_bits >> spare_bits != number {
            return Err(Error::data(format!("{number} does not fit {width} bytes")));
        }
        Ok(Some(Bytes::copy_from_slice(&number.to_be_bytes()[8 - width..])))
    }

    fn to_data(&self, _topic: &str, bytes: Option<&Bytes>) -> Result<Data> {
        let Some(bytes) = bytes else { return Ok(Data::null()) };
        let wrong = || Error::data(format!("{} bytes where a number of {} bytes is expected", bytes.len(), self.width()));
        let (schema, value) = match self {
            NumberConverter::Short => (Schema::int16(), Value::Int16(i16::from_be_bytes(bytes[..].try_into().map_err(|_| wrong())?))),
            NumberConverter::Integer => (Schema::int32(), Value::Int32(i32::from_be_bytes(bytes[..].try_into().map_err(|_| wrong())?))),
            NumberConverter::Long => (Schema::int64(), Value::Int64(i64::from_be_bytes(bytes[..].try_into().map_err(|_| wrong())?))),
        };
        Ok(Data::of(schema.optional().into(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_too_large_or_bytes_of_another_width_are_refused() {
        let error = NumberConverter::Short.to_bytes("t", &Data::schemaless(Value::Int64(40_000))).unwrap_err();
        assert_eq!(error.to_string(), "40000 does not fit 2 bytes");
        let error = NumberConverter::Integer.to_data("t", Some(&Bytes::from_static(b"abc"))).unwrap_err();
        assert_eq!(error.to_string(), "3 bytes where a number of 4 bytes is expected");
    }

    proptest! {
        #[test]
        fn numbers_round_trip(number: i64) {
            let bytes = NumberConverter::Long.to_bytes("t", &Data::schemaless(Value::Int64(number))).unwrap();
            prop_assert_eq!(NumberConverter::Long.to_data("t", bytes.as_ref()).unwrap().value, Value::Int64(number));
        }
    }
}
