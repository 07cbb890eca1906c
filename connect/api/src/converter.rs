//! Converters: Connect's values to the bytes of a record and back.

use crate::{Config, Data, Result};
use bytes::Bytes;

/// Turns values into bytes and back. Shared by nobody: each task has its own.
pub trait Converter: Send + Sync {
    /// Sets it up; `config` holds the options of its plugin, without the prefix `key.converter.` or `value.converter.`.
    fn configure(&mut self, _config: &Config, _is_key: bool) -> Result<()> {
        Ok(())
    }

    /// Value to bytes; `None` is a record without key or a tombstone. Errors: [`crate::Error::Data`] if it cannot be expressed.
    fn to_bytes(&self, topic: &str, data: &Data) -> Result<Option<Bytes>>;

    /// Bytes to value. Errors: [`crate::Error::Data`] if the bytes are not of this format.
    fn to_data(&self, topic: &str, bytes: Option<&Bytes>) -> Result<Data>;
}
