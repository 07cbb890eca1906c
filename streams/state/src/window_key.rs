//! Keys of windowed state: a key and the start of its window, ordered by key or by time.
//!
//! ```text
//! by key   escaped key 0x00 0x00, start            all windows of a key lie together, in time order
//! by time  start, key                              all keys of a window lie together: windows that close are one range
//! start    8 bytes big-endian, sign bit flipped
//! ```
//!
//! `escaped` is that of the module [`key`](crate::key).

use crate::key::{escape, ordered_int, unescape};
use crate::{Error, Result};
use log_model::Timestamp;
use std::borrow::Cow;

/// Writes the key and window start ordered by key into `out`, which is cleared first.
pub fn encode_by_key(key: &[u8], start: Timestamp, out: &mut Vec<u8>) {
    out.clear();
    escape(key, out);
    out.extend_from_slice(&ordered_int(start.0));
}

/// The key and window start of bytes that [`encode_by_key`] made.
pub fn decode_by_key(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, Timestamp)> {
    let (key, rest) = unescape(bytes)?;
    match <[u8; 8]>::try_from(rest) {
        Ok(start) => Ok((key, start_of(start))),
        Err(_) => Err(Error::damaged(format!("a window start takes 8 bytes, not {}", rest.len()))),
    }
}

/// The range of the windows of `key` with `from ≤ start < to`, ordered by key.
pub fn range_of_key(key: &[u8], from: Timestamp, to: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let (mut low, mut high) = (Vec::new(), Vec::new());
    encode_by_key(key, from, &mut low);
    encode_by_key(key, to, &mut high);
    (low, high)
}

/// Writes the key and window start ordered by time into `out`, which is cleared first.
pub fn encode_by_time(key: &[u8], start: Timestamp, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&ordered_int(start.0));
    out.extend_from_slice(key);
}

/// The key and window start of bytes that [`encode_by_time`] made.
pub fn decode_by_time(bytes: &[u8]) -> Result<(&[u8], Timestamp)> {
    match bytes.split_first_chunk::<8>() {
        Some((start, key)) => Ok((key, start_of(*start))),
        None => Err(Error::damaged(format!("a window key takes at least 8 bytes, not {}", bytes.len()))),
    }
}

/// The range of the windows with `from ≤ start < to`, ordered by time.
pub fn range_of_time(from: Timestamp, to: Timestamp) -> ([u8; 8], [u8; 8]) {
    (ordered_int(from.0), ordered_int(to.0))
}

fn start_of(bytes: [u8; 8]) -> Timestamp {
    Timestamp((u64::from_be_bytes(bytes) ^ (1 << 63)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xff), any::<u8>()], 0..5)
    }

    proptest! {
        #[test]
        fn window_keys_round_trip_and_order(left in key(), left_start in any::<i64>(), right in key(), right_start in -3i64..3) {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let (left_start, right_start) = (Timestamp(left_start), Timestamp(right_start));
            encode_by_key(&left, left_start, &mut a);
            encode_by_key(&right, right_start, &mut b);
            prop_assert_eq!(decode_by_key(&a).unwrap(), (Cow::Borrowed(&left[..]), left_start));
            prop_assert_eq!(a.cmp(&b), (&left, left_start).cmp(&(&right, right_start)));
            encode_by_time(&left, left_start, &mut a);
            encode_by_time(&right, right_start, &mut b);
            prop_assert_eq!(decode_by_time(&a).unwrap(), (&left[..], left_start));
            prop_assert_eq!(a.cmp(&b), (left_start, &left).cmp(&(right_start, &right)));
        }

        #[test]
        fn a_range_of_a_key_holds_its_windows_only(wanted in key(), other in key(), start in -3i64..3, from in -3i64..3, to in -3i64..3) {
            let (low, high) = range_of_key(&wanted, Timestamp(from), Timestamp(to));
            let mut bytes = Vec::new();
            encode_by_key(&other, Timestamp(start), &mut bytes);
            prop_assert_eq!((low..high).contains(&bytes), other == wanted && (from..to).contains(&start));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..32)) {
            let _ = decode_by_key(&bytes);
            let _ = decode_by_time(&bytes);
        }
    }
}
