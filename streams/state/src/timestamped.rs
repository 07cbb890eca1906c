//! A value with the timestamp of the record that wrote it: 8 bytes big-endian milliseconds, then the value's bytes.

use crate::{Error, Result};
use log_model::Timestamp;

/// Appends timestamp and value to `out`.
pub fn encode_into(timestamp: Timestamp, value: &[u8], out: &mut Vec<u8>) {
    out.reserve(8 + value.len());
    out.extend_from_slice(&timestamp.0.to_be_bytes());
    out.extend_from_slice(value);
}

/// Timestamp and value of bytes that [`encode_into`] made.
pub fn decode(bytes: &[u8]) -> Result<(Timestamp, &[u8])> {
    match bytes.split_first_chunk::<8>() {
        Some((timestamp, value)) => Ok((Timestamp(i64::from_be_bytes(*timestamp)), value)),
        None => Err(Error::damaged(format!("a timestamped value takes at least 8 bytes, not {}", bytes.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_and_value_round_trip() {
        for (timestamp, value) in [(0, &b"x"[..]), (-1, b""), (i64::MAX, b"abc")] {
            let mut bytes = Vec::new();
            encode_into(Timestamp(timestamp), value, &mut bytes);
            assert_eq!(decode(&bytes).unwrap(), (Timestamp(timestamp), value));
        }
        assert!(decode(b"1234567").is_err());
    }
}
