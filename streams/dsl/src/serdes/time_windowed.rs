//! Keys of time windows in Kafka's layout (`TimeWindowedSerializer`).
//!
//! ```text
//! | key bytes | window start: i64 big-endian, milliseconds |
//! ```
//! The end is not stored: the reader knows the size of the windows.

use super::{Serde, SerdeError, SerdeRef};
use crate::window::{Window, Windowed};
use std::sync::Arc;
use std::time::Duration;

/// [`Windowed`] keys: the key's own bytes and the 8-byte start of the window.
#[derive(Clone)]
pub struct TimeWindowed<K> {
    key: SerdeRef<K>,
    size_ms: i64,
}

impl<K> TimeWindowed<K> {
    /// For keys of serde `key` in windows of length `size`.
    pub fn new(key: impl Serde<K>, size: Duration) -> Self {
        TimeWindowed::shared(Arc::new(key), i64::try_from(size.as_millis()).unwrap_or(i64::MAX))
    }

    pub(crate) fn shared(key: SerdeRef<K>, size_ms: i64) -> Self {
        TimeWindowed { key, size_ms }
    }
}

impl<K: 'static> Serde<Windowed<K>> for TimeWindowed<K> {
    fn describe(&self) -> String {
        format!("windowed({}, {} ms)", self.key.describe(), self.size_ms)
    }

    fn serialize(&self, value: &Windowed<K>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.key.serialize(&value.key, out)?;
        out.extend_from_slice(&value.window.start_ms.to_be_bytes());
        Ok(())
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<Windowed<K>, SerdeError> {
        let Some((key, start)) = bytes.split_last_chunk::<8>() else {
            return Err(SerdeError::new("a windowed key", format!("{} bytes, which has no room for the window's start", bytes.len())));
        };
        let window = Window::starting(i64::from_be_bytes(*start), self.size_ms);
        Ok(Windowed { key: self.key.deserialize(key)?, window })
    }
}
