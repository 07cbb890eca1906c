//! `ByteArrayConverter`: bytes as they are (Kafka's `org.apache.kafka.connect.converters.ByteArrayConverter`). Text passes as its UTF-8.

use crate::registry::VERSION;
use bytes::Bytes;
use connect_api::{Converter, Data, Error, Plugin, Result, Value};

/// The plugin.
pub fn plugin() -> Plugin {
    Plugin::converter("org.apache.kafka.connect.converters.ByteArrayConverter", VERSION, || Box::new(ByteArrayConverter))
}

/// Bytes as they are.
#[derive(Debug)]
pub struct ByteArrayConverter;

impl Converter for ByteArrayConverter {
    fn to_bytes(&self, _topic: &str, data: &Data) -> Result<Option<Bytes>> {
        match &data.value {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes.clone())),
            Value::String(text) => Ok(Some(Bytes::copy_from_slice(text.as_bytes()))),
            other => Err(Error::data(format!("ByteArrayConverter takes bytes, not a value of type {}", other.type_name()))),
        }
    }

    fn to_data(&self, _topic: &str, bytes: Option<&Bytes>) -> Result<Data> {
        Ok(bytes.map_or_else(Data::null, |bytes| Data::bytes(bytes.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_and_numbers_are_refused() {
        let data = Data::bytes(&b"\x00\xff"[..]);
        let bytes = ByteArrayConverter.to_bytes("t", &data).unwrap();
        assert_eq!(ByteArrayConverter.to_data("t", bytes.as_ref()).unwrap(), data);
        assert!(ByteArrayConverter.to_bytes("t", &Data::schemaless(Value::Int8(1))).is_err());
    }
}
