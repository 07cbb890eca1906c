//! `StringConverter`: text as UTF-8 (Kafka's `org.apache.kafka.connect.storage.StringConverter`).
//!
//! Numbers and truth values become their text. Bytes pass as they are, so that lines that are no UTF-8 survive; Kafka writes the name of a Java object instead.

use crate::registry::VERSION;
use bytes::Bytes;
use connect_api::{Converter, Data, Error, Plugin, Result, Value};

/// The plugin.
pub fn plugin() -> Plugin {
    Plugin::converter("org.apache.kafka.connect.storage.StringConverter", VERSION, || Box::new(StringConverter))
}

/// Text as UTF-8.
#[derive(Debug)]
pub struct StringConverter;

impl Converter for StringConverter {
    fn to_bytes(&self, _topic: &str, data: &Data) -> Result<Option<Bytes>> {
        let text = match &data.value {
            Value::Null => return Ok(None),
            Value::Bytes(bytes) => return Ok(Some(bytes.clone())),
            Value::String(text) => return Ok(Some(Bytes::copy_from_slice(text.as_bytes()))),
            Value::Boolean(value) => value.to_string(),
            Value::Float32(value) => value.to_string(),
            Value::Float64(value) => value.to_string(),
            other => match other.as_i64() {
                Some(number) => number.to_string(),
                None => {
                    return Err(Error::data(format!(
                        "StringConverter cannot write a value of type {}; use JsonConverter",
                        other.type_name()
                    )));
                }
            },
        };
        Ok(Some(Bytes::from(text)))
    }

    fn to_data(&self, _topic: &str, bytes: Option<&Bytes>) -> Result<Data> {
        let Some(bytes) = bytes else { return Ok(Data::null()) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Data::text(text)),
            Err(error) => {
                Err(Error::data(format!("not UTF-8 at byte {}; use ByteArrayConverter for other encodings", error.valid_up_to())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_numbers_and_bytes_are_written_and_text_is_read() {
        let cases = [
            (Data::text("é"), Some("é".as_bytes().to_vec())),
            (Data::schemaless(Value::Int32(7)), Some(b"7".to_vec())),
            (Data::bytes(&b"\xff"[..]), Some(vec![0xff])),
            (Data::null(), None),
        ];
        for (data, expected) in cases {
            assert_eq!(StringConverter.to_bytes("t", &data).unwrap().map(|bytes| bytes.to_vec()), expected);
        }
        assert_eq!(StringConverter.to_data("t", Some(&Bytes::from_static(b"x"))).unwrap(), Data::text("x"));
        let error = StringConverter.to_data("t", Some(&Bytes::from_static(b"ab\xff"))).unwrap_err();
        assert_eq!(error.to_string(), "not UTF-8 at byte 2; use ByteArrayConverter for other encodings");
    }
}
