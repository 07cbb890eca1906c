//! MessagePack through serde: smaller and faster than JSON, for state and internal topics.
//!
//! Structs are written as arrays, without field names: a field may be added only at the end, with a default.

use super::{Serde, SerdeError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any serde type as MessagePack.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl<T: Serialize + DeserializeOwned> Serde<T> for MessagePack {
    fn describe(&self) -> String {
        "message-pack".into()
    }

    fn serialize(&self, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        rmp_serde::encode::write(out, value).map_err(|error| SerdeError::new("a value MessagePack can hold", error.to_string()))
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<T, SerdeError> {
        rmp_serde::from_slice(bytes).map_err(|error| SerdeError::new("the expected MessagePack", error.to_string()))
    }
}
