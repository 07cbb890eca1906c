//! The bytes of a value: they name its partition, its producer and what it is a copy of, and end in filler that shows damage.

use headwater_integration::history::{ClientId, Key, Value};
use std::fmt::Write;

/// What a record says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) key: Key,
    pub(crate) client: ClientId,
    pub(crate) value: Value,
    /// What it is a copy of.
    pub(crate) source: Option<Value>,
}

impl Payload {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} {} ", self.key, self.client.0, self.value.0);
        match self.source {
            Some(source) => write!(text, "{}", source.0),
            None => write!(text, "-"),
        }
        .expect("a text takes everything");
        // Filler of 0 to 250 bytes that follows from the value.
        let length = self.value.0.wrapping_mul(2_654_435_761) % 251;
        text.push(' ');
        text.extend((0..length).map(|at| char::from(b'a' + ((self.value.0 + at) % 26) as u8)));
        text.into_bytes()
    }

    /// Reads what was found in a partition; the bytes if they are none that this test sent there.
    pub(crate) fn of(key: Key, bytes: &[u8]) -> Result<Payload, String> {
        let text = String::from_utf8_lossy(bytes);
        let parse = || {
            let mut words = text.split(' ');
            if words.next()? != key.to_string() {
                return None;
            }
            let client = ClientId(words.next()?.parse().ok()?);
            let value = Value(words.next()?.parse().ok()?);
            let source = match words.next()? {
                "-" => None,
                source => Some(Value(source.parse().ok()?)),
            };
            Some(Payload { key, client, value, source })
        };
        parse().filter(|payload| payload.bytes() == bytes).ok_or_else(|| format!("{key} holds what nobody sent there: {text}"))
    }
}

#[test]
fn a_payload_is_read_back_and_damage_is_seen() {
    let key = Key { topic: "plain", partition: 2 };
    for source in [None, Some(Value(5))] {
        let payload = Payload { key, client: ClientId(3), value: Value(77), source };
        let bytes = payload.bytes();
        assert_eq!(Payload::of(key, &bytes), Ok(payload));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_ne!(Payload::of(key, &damaged), Ok(payload));
        }
        assert!(Payload::of(Key { topic: "plain", partition: 1 }, &bytes).is_err());
    }
}
