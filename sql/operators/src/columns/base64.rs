//! Bytes in JSON and text are base64 with padding, as Kafka Connect's JSON converter writes them. Source: RFC 4648, section 4.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the base64 text of `bytes`.
pub(crate) fn encode_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let symbol = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { symbol } else { b'=' });
        }
    }
}

/// The bytes of a base64 text; `None` if it is none.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|symbol| **symbol == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let symbols = &text[..text.len() - padding];
    for chunk in symbols.chunks(4) {
        let mut group = 0u32;
        for symbol in chunk {
            group = group << 6 | value_of(*symbol)?;
        }
        group <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&group.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

fn value_of(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts_encode_as_the_standard_says() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            let mut out = Vec::new();
            encode_base64(&mut out, bytes.as_bytes());
            assert_eq!(out, text.as_bytes());
        }
        for bad in ["Zg=", "Z===", "Zm9*", "===="] {
            assert_eq!(decode_base64(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn bytes_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..50)) {
            let mut out = Vec::new();
            encode_base64(&mut out, &bytes);
            prop_assert_eq!(decode_base64(std::str::from_utf8(&out).unwrap()), Some(bytes));
        }
    }
}
