//! Bytes as they are.

use super::{Serde, SerdeError};
use bytes::Bytes;

/// [`Bytes`] as they are; reading a record makes a slice, not a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawBytes;

impl Serde<Bytes> for RawBytes {
    fn describe(&self) -> String {
        "bytes".into()
    }

    fn serialize(&self, value: &Bytes, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(value);
        Ok(())
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<Bytes, SerdeError> {
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn deserialize_shared(&self, bytes: &Bytes) -> Result<Bytes, SerdeError> {
        Ok(bytes.clone())
    }
}
