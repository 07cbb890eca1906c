//! JSON through serde.

use super::{Serde, SerdeError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any serde type as JSON. As a key only for types whose JSON is always the same (no hash maps).
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl<T: Serialize + DeserializeOwned> Serde<T> for Json {
    fn describe(&self) -> String {
        "json".into()
    }

    fn serialize(&self, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        serde_json::to_writer(out, value).map_err(|error| SerdeError::new("a value JSON can hold", error.to_string()))
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<T, SerdeError> {
        serde_json::from_slice(bytes).map_err(|error| SerdeError::new("the expected JSON", error.to_string()))
    }
}
