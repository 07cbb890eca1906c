//! Every serde gives back what it was given, keeps Kafka's layouts, and reads any bytes without panic.

use super::{Integer, Json, MessagePack, RawBytes, Serde, Text, TimeWindowed};
use crate::window::{Window, Windowed};
use bytes::Bytes;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    customer: String,
    notes: Vec<Option<String>>,
}

fn bytes_of<T>(serde: &impl Serde<T>, value: &T) -> Vec<u8> {
    let mut out = b"before".to_vec();
    serde.serialize(value, &mut out).unwrap();
    out.split_off(6)
}

fn round_trip<T: PartialEq + Debug>(serde: &impl Serde<T>, value: &T) {
    let bytes = bytes_of(serde, value);
    assert_eq!(serde.deserialize(&bytes).unwrap(), *value);
    assert_eq!(serde.deserialize_shared(&Bytes::from(bytes)).unwrap(), *value);
}

fn order() -> impl Strategy<Value = Order> {
    let notes = proptest::collection::vec(proptest::option::of(".{0,8}"), 0..4);
    (any::<u32>(), ".{0,12}", notes).prop_map(|(id, customer, notes)| Order { id, customer, notes })
}

proptest! {
    #[test]
    fn values_round_trip(text in ".{0,32}", small in any::<i32>(), large in any::<i64>(), natural in any::<u64>(), order in order(), raw: Vec<u8>) {
        round_trip(&Text, &text);
        round_trip(&Integer, &small);
        round_trip(&Integer, &large);
        round_trip(&Integer, &natural);
        round_trip(&Json, &order);
        round_trip(&MessagePack, &order);
        round_trip(&RawBytes, &Bytes::from(raw));
        let start_ms = large.rem_euclid(1 << 40);
        let windowed = Windowed { key: text, window: Window { start_ms, end_ms: start_ms + 60_000 } };
        round_trip(&TimeWindowed::new(Text, Duration::from_secs(60)), &windowed);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _: Result<String, _> = Text.deserialize(&bytes);
        let _: Result<i64, _> = Integer.deserialize(&bytes);
        let _: Result<Order, _> = Json.deserialize(&bytes);
        let _: Result<Order, _> = MessagePack.deserialize(&bytes);
        let _: Result<Windowed<String>, _> = TimeWindowed::new(Text, Duration::MAX).deserialize(&bytes);
    }
}

#[test]
fn layouts_are_kafkas() {
    assert_eq!(bytes_of(&Text, &"hé".to_string()), [0x68, 0xc3, 0xa9]);
    assert_eq!(bytes_of(&Integer, &-2i32), [0xff, 0xff, 0xff, 0xfe]);
    assert_eq!(bytes_of(&Integer, &258i64), [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(bytes_of(&Integer, &u64::MAX), [0xff; 8]);
    let windowed = Windowed { key: "k".to_string(), window: Window { start_ms: 10, end_ms: 20 } };
    assert_eq!(bytes_of(&TimeWindowed::new(Text, Duration::from_millis(10)), &windowed), [b'k', 0, 0, 0, 0, 0, 0, 0, 10]);
}

#[test]
fn what_does_not_fit_is_named() {
    let cases: [(String, &str); 4] = [
        (Serde::<i64>::deserialize(&Integer, b"abc").unwrap_err().to_string(), "not a 64-bit integer: 3 bytes"),
        (Text.deserialize(&[0xff]).unwrap_err().to_string(), "not UTF-8 text: invalid utf-8"),
        (Serde::<Order>::deserialize(&Json, b"{}").unwrap_err().to_string(), "not the expected JSON: missing field `id`"),
        (TimeWindowed::new(Text, Duration::from_secs(1)).deserialize(b"short").unwrap_err().to_string(), "not a windowed key: 5 bytes"),
    ];
    for (message, beginning) in cases {
        assert!(message.starts_with(beginning), "{message}");
    }
}
