//! Text as UTF-8 (Kafka's `StringSerializer`).

use super::{Serde, SerdeError};

/// [`String`]s as UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Serde<String> for Text {
    fn describe(&self) -> String {
        "text".into()
    }

    fn serialize(&self, value: &String, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<String, SerdeError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(SerdeError::new("UTF-8 text", error.to_string())),
        }
    }
}
